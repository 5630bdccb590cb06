"""GitHub API calls of `pulumi preview -s shared --refresh` with nothing to change, by type of resource."""

from collections import Counter
from urllib.parse import urlsplit

import httpx

from bench.machine import Machine
from cli.console import out

CALLS = "/_sandbox/calls"
REPO = "/repos/{owner}/{repo}"
READ_BY = {
    "/orgs/{org}": "Provider",
    REPO: "Repository",
    f"{REPO}/vulnerability-alerts": "Repository",
    f"{REPO}/labels/{{name}}": "IssueLabel",
    f"{REPO}/rulesets/{{ruleset_id:int}}": "RepositoryRuleset",
    f"{REPO}/hooks/{{hook_id:int}}": "RepositoryWebhook",
    f"{REPO}/contents/{{path}}": "RepositoryFile",
    f"{REPO}/commits/{{ref}}": "RepositoryFile",
    f"{REPO}/actions/permissions": "ActionsRepositoryPermissions",
    f"{REPO}/actions/permissions/selected-actions": "ActionsRepositoryPermissions",
    f"{REPO}/actions/permissions/workflow": "WorkflowRepositoryPermissions",
    f"{REPO}/actions/variables/{{name}}": "ActionsVariable",
    f"{REPO}/actions/secrets/{{name}}": "ActionsSecret",
    f"{REPO}/environments/{{environment}}": "RepositoryEnvironment",
    f"{REPO}/environments/{{environment}}/deployment-branch-policies/{{policy_id:int}}": (
        "RepositoryEnvironmentDeploymentPolicy"
    ),
    "/repositories/{repository_id}/environments/{environment}/secrets/{name}": "ActionsEnvironmentSecret",
    "/organizations/{organization_id}/team/{team_id}": "Team",
    "/organizations/{organization_id}/team/{team_id}/repos/{owner}/{repo}": "TeamRepository",
    "/graphql": "TeamMembers",
}
"""Which type of resource the provider reads by each route; a route that is not here is told as it is."""

TWICE = {
    "Repository": "the provider asks for alerts too where GitHub tells it of security settings",
    "RepositoryFile": "the provider reads the file, then its commit",
    "ActionsRepositoryPermissions": "the provider reads the policy, then the list of allowed actions",
}
"""Why a type takes more than one call for each resource: it is fixed in the provider."""


def measure(machine: Machine) -> dict[str, object]:
    """Calls counted at the stand-in; the budget is one for each resource of GitHub plus two."""
    base = urlsplit(machine.environment["GITHUB_BASE_URL"])
    counter = f"{base.scheme}://{base.netloc}{CALLS}"
    httpx.post(f"{counter}/reset").raise_for_status()
    machine.pulumi("preview", "-s", "shared", "--refresh", "--suppress-outputs")
    counted: dict[str, int] = httpx.get(counter).raise_for_status().json()["calls"]
    calls: Counter[str] = Counter()
    for route, count in counted.items():
        calls[READ_BY.get(route.partition(" ")[2], route)] += count
    types = [one["type"] for one in machine.resources("shared") if one["type"].startswith("github:")]
    resources = Counter(one.rpartition(":")[2] for one in types)
    _show(calls, resources)
    total, budget = calls.total(), resources.total() + 2
    out.print(f"  {total} calls for {resources.total()} resources = {total / budget:.2f} x the budget of {budget}")
    ratio = total / budget
    return {"calls": calls, "resources": resources, "routes": counted, "total": total, "ratio_to_budget": ratio}


def _show(calls: Counter[str], resources: Counter[str]) -> None:
    for name, count in calls.most_common():
        reason = TWICE.get(name, "") if count > resources[name] else ""
        out.print(f"  {count:5} for {resources[name]:3} {name}{': ' if reason else ''}{reason}")
