"""What GitHub answers about a repository or team, as an estate entry says it: only what differs from the defaults."""

from collections.abc import Iterable, Mapping
from typing import Any

from model.estate.labels import Label
from model.estate.repositories import RepositorySettings

LIVE_KEYS = (
    "description",
    "homepage",
    "topics",
    "visibility",
    "archived",
    "template",
    "defaultBranch",
    "features",
    "merging",
    "signoff",
)
"""The keys of an entry that GitHub knows; the others are the estate's own words."""

FEATURES = {"issues": "has_issues", "wiki": "has_wiki", "projects": "has_projects", "discussions": "has_discussions"}
MERGING = {
    "mergeCommits": "allow_merge_commit",
    "squash": "allow_squash_merge",
    "rebase": "allow_rebase_merge",
    "autoMerge": "allow_auto_merge",
    "suggestUpdate": "allow_update_branch",
    "deleteBranch": "delete_branch_on_merge",
    "squashTitle": "squash_merge_commit_title",
    "squashMessage": "squash_merge_commit_message",
    "mergeTitle": "merge_commit_title",
    "mergeMessage": "merge_commit_message",
}


def live_repository(answer: Mapping[str, Any], defaults: RepositorySettings) -> dict[str, Any]:
    """The live keys of an entry, from GitHub's answer (GitHub REST API: get a repository).

    A key that only people with more rights are shown is left out, as one that equals the default.
    """
    live = {
        "description": answer["description"] or "",
        "homepage": answer["homepage"] or "",
        "topics": list(answer["topics"]),
        "visibility": answer["visibility"],
        "archived": answer["archived"],
        "template": answer["is_template"],
        "defaultBranch": answer["default_branch"],
        "features": _picked(answer, FEATURES),
        "merging": _picked(answer, MERGING),
        "signoff": answer.get("web_commit_signoff_required", False),
    }
    return _differing(live, {"archived": False, **defaults.model_dump(by_alias=True, mode="json")})


def present_labels(answers: Iterable[Mapping[str, Any]], wanted: Iterable[Label]) -> list[str]:
    """Names of the wanted labels that the repository has already, with the same colour and description."""
    have = {(one["name"], one["color"].lower(), one["description"] or "") for one in answers}
    return [label.name for label in wanted if (label.name, label.color.lower(), label.description) in have]


def live_team(answer: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, Any]:
    """A team's entry, from GitHub's answer and its members' roles by login (GitHub REST API: get a team)."""
    entry: dict[str, Any] = {"name": answer["name"], "adopt": {"id": answer["id"]}}
    if answer["description"]:
        entry["description"] = answer["description"]
    if answer["privacy"] != "closed":
        entry["privacy"] = answer["privacy"]
    if members:
        entry["members"] = [
            {"login": login} if role == "member" else {"login": login, "role": role} for login, role in members.items()
        ]
    return entry


def _picked(answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {ours: answer[theirs] for ours, theirs in names.items() if answer.get(theirs) is not None}


def _differing(live: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in live.items():
        common = defaults.get(key)
        if isinstance(value, dict) and isinstance(common, dict):
            value = {k: v for k, v in value.items() if v != common.get(k)}  # noqa: PLW2901 - the part that differs
            if value:
                found[key] = value
        elif value != common:
            found[key] = value
    return found
