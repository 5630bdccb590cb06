"""Run every benchmark against the running sandbox, print what was measured, keep it in bench/results/."""

import json
import sys
from pathlib import Path

from bench import api_calls, comment, decisions, demo, fidelity, histories, overhead, planning, resident
from bench.machine import Machine
from cli.console import out
from delivery.errors import Refused

RESULTS = Path(__file__).parent / "results"
BENCHMARKS = {
    "demo": demo.measure,
    "overhead": overhead.measure,
    "api_calls": api_calls.measure,
    "resident": resident.measure,
    "comment": comment.measure,
    "decisions": decisions.measure,
    "planning": planning.measure,
    "fidelity": fidelity.measure,
    "histories": histories.measure,
    "commands": histories.by_commands,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 2 for a name that is none."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        out.print(f"unknown benchmarks {unknown}; known: {sorted(BENCHMARKS)}")
        return 2
    try:
        machine = Machine.of_the_checkout()
    except Refused as error:
        out.print(str(error))
        return 1
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        out.print(f"[bold]{name}[/bold]")
        result = BENCHMARKS[name](machine)
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
