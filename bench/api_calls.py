"""GitHub API calls of `pulumi preview -s shared --refresh` with nothing to change, by route."""

from urllib.parse import urlsplit

import httpx

from bench.machine import Machine
from cli.console import out

CALLS = "/_sandbox/calls"


def measure(machine: Machine) -> dict[str, object]:
    """Calls counted at the stand-in; the budget is one for each resource of GitHub plus two."""
    base = urlsplit(machine.environment["GITHUB_BASE_URL"])
    counter = f"{base.scheme}://{base.netloc}{CALLS}"
    httpx.post(f"{counter}/reset").raise_for_status()
    machine.pulumi("preview", "-s", "shared", "--refresh", "--suppress-outputs")
    calls: dict[str, int] = httpx.get(counter).raise_for_status().json()["calls"]
    resources = [r for r in machine.resources("shared") if r["type"].startswith("github:")]
    total, budget = sum(calls.values()), len(resources) + 2
    for route, count in sorted(calls.items(), key=lambda item: -item[1]):
        out.print(f"  {count:5} {route}")
    out.print(f"  {total} calls for {len(resources)} resources = {total / budget:.2f} x the budget of {budget}")
    return {"calls": calls, "total": total, "resources": len(resources), "ratio_to_budget": total / budget}
