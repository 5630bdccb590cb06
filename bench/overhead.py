"""What components cost: `pulumi preview` of each stack beside a flat program of the same resources.

The flat program (flat.py) registers what the program itself was seen to register, less the
components. Both are previewed against an empty state, in turn, so that a drift of the machine's
speed meets both. The program leaves out the SDK's debugging messages and the flat one, which is
written as by hand, does not; so the program is measured with them too: that is what components
alone cost.
"""

import json
import shutil
import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.machine import Cost, Machine
from cli.console import out
from cli.stacks import NAMES

RUNS = 5
BUDGET = 1.1


@dataclass(frozen=True)
class Run:
    """One round."""

    program: Cost
    flat: Cost
    with_messages: Cost
    """The program once more, with the SDK's debugging messages."""


def measure(machine: Machine) -> dict[str, object]:
    """Median ratios component program / flat program of each stack."""
    return {stack: _in_a_folder(machine, stack) for stack in NAMES}


def _in_a_folder(machine: Machine, stack: str) -> dict[str, object]:
    """The folder is its owner's alone: what was recorded holds secrets in clear."""
    folder = Path(tempfile.mkdtemp(prefix="openim-cicd-bench-"))
    try:
        return _compare(machine, stack, folder)
    finally:
        shutil.rmtree(folder)


def _compare(machine: Machine, stack: str, folder: Path) -> dict[str, object]:
    ours = _empty_backend(machine, stack, folder / "components-state", machine.root)
    recorded = _record(machine, stack, ours, folder / "calls.json")
    _write_flat(machine, recorded, folder)
    flats = _empty_backend(machine, stack, folder / "flat-state", folder)
    runs = [
        Run(
            machine.cost("preview", "-s", stack, PULUMI_BACKEND_URL=ours),
            machine.cost("preview", "-s", stack, folder=folder, PULUMI_BACKEND_URL=flats),
            machine.cost("preview", "-s", stack, PULUMI_BACKEND_URL=ours, OPENIM_CICD_DEBUG="1"),
        )
        for _ in range(RUNS)
    ]
    found = {
        "resources": sum("urn" in one for one in recorded),
        "runs": [asdict(one) for one in runs],
        "median_ratio": statistics.median(one.program.seconds / one.flat.seconds for one in runs),
        "median_cpu_ratio": statistics.median(one.program.cpu / one.flat.cpu for one in runs),
        "median_ratio_with_messages": statistics.median(one.with_messages.seconds / one.flat.seconds for one in runs),
    }
    out.print(
        f"  {stack}: {found['resources']} resources, ratio {found['median_ratio']:.2f} by the clock, "
        f"{found['median_cpu_ratio']:.2f} of CPU (budget {BUDGET}); with the SDK's debugging messages, which the flat "
        f"program sends: {found['median_ratio_with_messages']:.2f}"
    )
    return found


def _empty_backend(machine: Machine, stack: str, state: Path, program: Path) -> str:
    state.mkdir()
    url = f"file://{state}"
    machine.pulumi("stack", "init", stack, folder=program, PULUMI_BACKEND_URL=url)
    return url


def _record(machine: Machine, stack: str, backend: str, log: Path) -> list[dict[str, Any]]:
    """What the program registers and looks up, as the engine hears it, with the engine's answers."""
    machine.pulumi("preview", "-s", stack, PULUMI_BACKEND_URL=backend, PULUMI_DEBUG_GRPC=str(log))
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    log.unlink()
    answered = [call for call in calls if "ResourceMonitor/" in call["method"] and "response" in call]
    return [{**call["request"], **_answer(call)} for call in answered if _is_replayable(call["request"])]


def _is_replayable(request: dict[str, Any]) -> bool:
    """Resources and what a provider looks up; the gate reads other stacks, which only this project can."""
    return bool(request.get("custom") or ("tok" in request and request.get("provider")))


def _answer(call: dict[str, Any]) -> dict[str, Any]:
    if "tok" in call["request"]:
        return {}
    answer = call["response"]
    return {"urn": answer["urn"], "answer": {**answer.get("object", {}), "id": answer.get("id")}}


def _write_flat(machine: Machine, recorded: list[dict[str, Any]], folder: Path) -> None:
    (folder / "registrations.json").write_text(json.dumps(recorded))
    shutil.copy(Path(__file__).with_name("flat.py"), folder / "__main__.py")
    virtualenv = machine.root / ".venv"
    (folder / "Pulumi.yaml").write_text(
        f"name: flat\nruntime: {{name: python, options: {{virtualenv: {virtualenv}}}}}\n"
    )
