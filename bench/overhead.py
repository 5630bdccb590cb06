"""What components cost: `pulumi preview` of each stack beside a flat program of the same resources.

The flat program (flat.py) registers every resource of the stack's state with the inputs recorded
there. Both are previewed against an empty state, in turn, so that a drift of the machine's
speed meets both.
"""

import json
import shutil
import statistics
import tempfile
from pathlib import Path

from bench.machine import Machine
from cli.console import out
from cli.stacks import NAMES

RUNS = 3
BUDGET = 1.1


def measure(machine: Machine) -> dict[str, object]:
    """Median ratio component program / flat program of each stack."""
    return {stack: _in_a_folder(machine, stack) for stack in NAMES}


def _in_a_folder(machine: Machine, stack: str) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="openim-cicd-bench-"))
    try:
        return _compare(machine, stack, folder)
    finally:
        shutil.rmtree(folder)


def _compare(machine: Machine, stack: str, folder: Path) -> dict[str, object]:
    count = _write_flat(machine, stack, folder)
    programs = {"components": machine.root, "flat": folder}
    backends = {name: _empty_backend(machine, stack, folder / f"{name}-state", at) for name, at in programs.items()}
    pairs = []
    for _ in range(RUNS):
        seconds = {
            name: machine.timed("preview", "-s", stack, folder=at, PULUMI_BACKEND_URL=backends[name])
            for name, at in programs.items()
        }
        pairs.append((seconds["components"], seconds["flat"]))
    ratio = statistics.median(ours / flat for ours, flat in pairs)
    out.print(f"  {stack}: {count} resources, median ratio {ratio:.2f} (budget {BUDGET})")
    return {"resources": count, "seconds": pairs, "median_ratio": ratio}


def _empty_backend(machine: Machine, stack: str, state: Path, program: Path) -> str:
    state.mkdir()
    url = f"file://{state}"
    machine.pulumi("stack", "init", stack, folder=program, PULUMI_BACKEND_URL=url)
    return url


def _write_flat(machine: Machine, stack: str, folder: Path) -> int:
    exported = json.loads(machine.pulumi("stack", "export", "-s", stack, "--show-secrets"))
    custom = [one for one in exported["deployment"]["resources"] if one.get("custom")]
    recorded = folder / "resources.json"
    recorded.touch(mode=0o600)
    recorded.write_text(json.dumps(custom))
    shutil.copy(Path(__file__).with_name("flat.py"), folder / "__main__.py")
    virtualenv = machine.root / ".venv"
    (folder / "Pulumi.yaml").write_text(
        f"name: flat\nruntime: {{name: python, options: {{virtualenv: {virtualenv}}}}}\n"
    )
    return len(custom)
