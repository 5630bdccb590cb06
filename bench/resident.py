"""What the idle sandbox keeps in memory."""

from pathlib import Path

from bench.machine import Machine
from cli import world
from cli.console import out

MIB = 1024 * 1024
BUDGET = 2048
"""MiB that all services together may keep resident."""


def measure(_: Machine) -> dict[str, object]:
    """Proportional set size of every service (shared pages counted once), in MiB."""
    processes, _layout = world.services()
    sizes = {name: _proportional(process.pid) / MIB for name, process in processes.items()}
    total = sum(sizes.values())
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        out.print(f"  {name:40} {size:7.0f} MiB")
    out.print(f"  together {total:.0f} MiB = {total / BUDGET:.2f} x the budget of {BUDGET} MiB")
    return {"services": sizes, "total_mib": total, "ratio_to_budget": total / BUDGET}


def _proportional(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
