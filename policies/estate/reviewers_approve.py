"""Who may let a job into a deployment environment is who may approve for that stage, and nobody else."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.estate.whole import Estate, EstateRule, Stack

ENVIRONMENT = "github:index/repositoryEnvironment:RepositoryEnvironment"
TEAM = "github:index/team:Team"
PREFIX = "team/"


def check(estate: Estate) -> Iterator[str]:
    """Each stage's approvers, by the policy that it puts out, against the reviewers of the environment of its name."""
    teams = {name: number for stack in estate.values() for name, number in _teams(stack).items()}
    environments = {str(one.get("environment")): one for stack in estate.values() for one in stack.of_type(ENVIRONMENT)}
    for name, stack in estate.items():
        approval = (stack.outputs.get("policy") or {}).get("approval")
        if approval is None:
            continue
        if name not in environments:
            yield f"{name} has no deployment environment: any job could take its credentials; name it in environments"
            continue
        wanted = {one.removeprefix(PREFIX) for one in approval.get("approvers") or () if one.startswith(PREFIX)}
        found = _reviewing(environments[name], teams)
        for team in sorted(wanted - found):
            yield f"{name} is approved by team {team}, which is no reviewer of its environment: bring shared up"
        for team in sorted(found - wanted):
            yield f"environment {name} is reviewed by team {team}, which is no approver of {name}: bring shared up"


def _teams(stack: Stack) -> dict[str, str]:
    """Each team's id by its slug."""
    return {
        str(one.properties.get("name")).lower().replace(" ", "-"): one.identity
        for one in stack.resources
        if one.type == TEAM
    }


def _reviewing(environment: Mapping[str, Any], teams: Mapping[str, str]) -> set[str]:
    names = {number: name for name, number in teams.items()}
    numbers = {str(one) for found in environment.get("reviewers") or () for one in found.get("teams") or ()}
    return {names.get(one, f"number {one}") for one in numbers}


RULE = EstateRule(
    "reviewers-approve", "GitHub would let in whom the gate does not ask, or hold back whom it does.", check
)
