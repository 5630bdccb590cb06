"""What components cost: `pulumi preview` of each stack beside a flat program of the same resources.

The flat program registers every resource of the stack's state with the inputs recorded there,
without components, models or settings. Both are previewed against an empty state, in turn, so
that a drift of the machine's speed meets both.
"""

import json
import shutil
import statistics
import tempfile
from pathlib import Path

from bench.machine import Machine
from cli.console import out
from cli.stacks import NAMES

RUNS = 5
BUDGET = 1.1
PROGRAM = '''"""Every resource of a recorded state, flat."""
import json, pathlib, pulumi
class Flat(pulumi.CustomResource):
    pass
class Provider(pulumi.ProviderResource):
    pass
made = {}
for r in json.loads(pathlib.Path("resources.json").read_text()):
    name = r["urn"].rpartition("::")[2]
    options = pulumi.ResourceOptions(provider=made.get(r.get("provider", "").rpartition("::")[0]), version=r.get("version"))
    inputs = {k: v for k, v in r.get("inputs", {}).items() if not k.startswith("__")}
    if r["type"].startswith("pulumi:providers:"):
        made[r["urn"]] = Provider(r["type"].rpartition(":")[2], name, inputs, pulumi.ResourceOptions(version=inputs.pop("version", None)))
    else:
        Flat(r["type"], name + "-" + str(len(made)) , inputs, options)
        made[r["urn"]] = None
'''


def measure(machine: Machine) -> dict[str, object]:
    """Median ratio component program / flat program of each stack."""
    ratios: dict[str, object] = {}
    for stack in NAMES:
        folder = Path(tempfile.mkdtemp(prefix="openim-cicd-bench-"))
        try:
            ratios[stack] = _compare(machine, stack, folder)
        finally:
            shutil.rmtree(folder)
    return ratios


def _compare(machine: Machine, stack: str, folder: Path) -> dict[str, object]:
    count = _write_flat(machine, stack, folder)
    backend = {"PULUMI_BACKEND_URL": f"file://{folder}/state"}
    (folder / "state").mkdir()
    machine.pulumi("stack", "init", stack, folder=folder, **backend)
    pairs = []
    for _ in range(RUNS):
        ours = machine.timed("preview", "-s", stack, "--suppress-outputs")
        flat = machine.timed("preview", "-s", stack, "--suppress-outputs", folder=folder, **backend)
        pairs.append((ours, flat))
    ratio = statistics.median(ours / flat for ours, flat in pairs)
    out.print(f"  {stack}: {count} resources, median ratio {ratio:.2f} (budget {BUDGET})")
    return {"resources": count, "pairs": pairs, "median_ratio": ratio}


def _write_flat(machine: Machine, stack: str, folder: Path) -> int:
    """Custom resources in the order of the state, which is the order of their dependencies."""
    exported = json.loads(machine.pulumi("stack", "export", "-s", stack, "--show-secrets"))
    custom = [r for r in exported["deployment"]["resources"] if r.get("custom")]
    (folder / "resources.json").write_text(json.dumps(custom))
    (folder / "resources.json").chmod(0o600)
    (folder / "__main__.py").write_text(PROGRAM)
    virtualenv = machine.root / ".venv"
    (folder / "Pulumi.yaml").write_text(
        f"name: flat\nruntime: {{name: python, options: {{virtualenv: {virtualenv}}}}}\n"
    )
    return len(custom)
