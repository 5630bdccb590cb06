"""A repository whose workflows are declared has a ruleset for its default branch, which is built and deployed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.rule import Resource, StackRule
from policies.workflows import RULESET, workflows

WANTED = {"deletion": "deletes it", "nonFastForward": "rewrites it"}


def check(resources: Sequence[Resource]) -> Iterator[str]:
    """Repositories with a declared workflow, against active rulesets of branches."""
    return (told for _, told in unprotected(resources))


def unprotected(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """Each repository with a declared workflow whose branches are open, and how."""
    for repository in sorted({name for name, _ in workflows(resources)}):
        mine = [
            one.properties
            for one in resources
            if one.type == RULESET and one.properties.get("repository") == repository
        ]
        branches = [one for one in mine if one.get("target") == "branch" and one.get("enforcement") == "active"]
        if not branches:
            yield repository, f"{repository} has no active ruleset of branches: name one in estate/repositories.yaml"
        elif missing := _missing(branches):
            yield repository, f"{repository}: its rules let somebody through who {' or '.join(missing)}"


def _missing(rulesets: Sequence[Mapping[str, Any]]) -> list[str]:
    rules = [one.get("rules") or {} for one in rulesets]
    lacking = [text for key, text in WANTED.items() if not any(one.get(key) for one in rules)]
    reviewed = any((one.get("pullRequest") or {}).get("requiredApprovingReviewCount", 0) > 0 for one in rules)
    return lacking if reviewed else [*lacking, "pushes without a review"]


RULE = StackRule("protected-branches", "Whoever pushes to such a branch is built and deployed.", check)
