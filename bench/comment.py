"""From the engine's preview to the comment on GitHub: the whole command, on a preview of a whole organisation.

The preview is the engine's own, of the stack ``shared`` against an empty state: several hundred resources to create.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, astuple
from pathlib import Path

import httpx

from bench.machine import Cost, Machine, children
from cli.console import out
from sandbox.github.world import ORGANIZATION

RUNS = 5
BUDGET = 2.0
"""Seconds from the engine's end to the comment, for 300 resources."""
REPOSITORY = "openim-cicd"


def measure(machine: Machine) -> dict[str, object]:
    """Seconds of ``openim-cicd diff --comment``, start of the process and call of GitHub included."""
    folder = Path(tempfile.mkdtemp(prefix="openim-cicd-bench-"))
    try:
        return _measured(machine, folder)
    finally:
        shutil.rmtree(folder)


def _measured(machine: Machine, folder: Path) -> dict[str, object]:
    (folder / "state").mkdir()
    backend = f"file://{folder / 'state'}"
    machine.pulumi("stack", "init", "shared", PULUMI_BACKEND_URL=backend)
    text = machine.pulumi("preview", "-s", "shared", "--json", PULUMI_BACKEND_URL=backend)
    (folder / "preview.json").write_text(text)
    clone = _clone(machine, folder / "clone")
    number = _issue(machine)
    costs = [_comment(machine, clone, folder / "preview.json", number) for _ in range(RUNS)]
    clock, cpu = (statistics.median(values) for values in zip(*map(astuple, costs), strict=True))
    resources = len(json.loads(text)["steps"])
    out.print(f"  {resources} resources: {clock:.2f} s by the clock, {cpu:.2f} s of CPU (budget {BUDGET} s)")
    runs = [asdict(cost) for cost in costs]
    return {"resources": resources, "runs": runs, "median_seconds": clock, "median_cpu_seconds": cpu}


def _clone(machine: Machine, folder: Path) -> Path:
    """What the command takes for the infrastructure clone."""
    (folder / "estate").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: openim-cicd\n")
    base = machine.environment["GITHUB_BASE_URL"].removesuffix("/api/v3/")
    for arguments in (["init", "-q"], ["remote", "add", "origin", f"{base}/{ORGANIZATION}/{REPOSITORY}.git"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def _issue(machine: Machine) -> int:
    headers = {"Authorization": f"Bearer {machine.environment['GITHUB_TOKEN']}"}
    url = f"{machine.environment['GITHUB_BASE_URL']}repos/{ORGANIZATION}/{REPOSITORY}/issues"
    made = httpx.post(url, headers=headers, json={"title": "Benchmark of the preview's comment"})
    number: int = made.raise_for_status().json()["number"]
    return number


def _comment(machine: Machine, clone: Path, preview: Path, number: int) -> Cost:
    command = [str(Path(sys.executable).parent / "openim-cicd"), "diff", "shared", "--json", str(preview)]
    environment = {"HOME": str(Path.home()), **machine.environment}
    started, before = time.perf_counter(), children()
    subprocess.run(
        [*command, "--comment", str(number)], cwd=clone, env=environment, check=True, capture_output=True, timeout=120
    )
    return Cost(time.perf_counter() - started, children() - before)
