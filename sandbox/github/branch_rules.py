"""Branch protection rules through GraphQL: the same rules as those of ``protection``, but for patterns too."""

from collections.abc import Callable
from typing import Any

from sandbox.github import find, pull_graphql, pull_rows, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Call
from sandbox.github.errors import RefusalError, forbidden
from sandbox.github.nodes import Node, app_node, team_node, unresolved, user_node, window
from sandbox.github.store import Row, dump, load
from sandbox.github.world import APP_ID, APP_SLUG

Document = dict[str, Any]
Input = dict[str, Any]

SWITCHES = {
    "allowsDeletions": "allow_deletions",
    "allowsForcePushes": "allow_force_pushes",
    "blocksCreations": "block_creations",
    "isAdminEnforced": "enforce_admins",
    "lockBranch": "lock_branch",
    "requiresCommitSignatures": "required_signatures",
    "requiresConversationResolution": "required_conversation_resolution",
    "requiresLinearHistory": "required_linear_history",
}
REVIEWS = {
    "dismissesStaleReviews": "dismiss_stale_reviews",
    "requiresCodeOwnerReviews": "require_code_owner_reviews",
    "requireLastPushApproval": "require_last_push_approval",
}
"""GraphQL's names of switches, and how the document spells them."""

NOBODY: dict[str, list[str]] = {"users": [], "teams": [], "apps": []}


def mutations(call: Call) -> dict[str, Callable[..., Any]]:
    """The fields of ``Mutation``."""

    def create(_: object, input: Input) -> Node:  # noqa: A002 - the field's argument
        repository = _repository(call, views.node_parts(input["repositoryId"])[1])
        pattern = input["pattern"]
        if call.db.one("SELECT id FROM protections WHERE repository_id = ? AND pattern = ?", repository["id"], pattern):
            raise RefusalError(422, f"Name already protected: {pattern}")
        number = call.db.insert(
            "protections", repository_id=repository["id"], pattern=pattern, document=dump(_document(call, input))
        )
        return _payload(call, number, input)

    def update(_: object, input: Input) -> Node:  # noqa: A002
        row = _rule(call, input["branchProtectionRuleId"])
        document = _document(call, _fields(call, row) | input)
        pattern = input.get("pattern") or row["pattern"]
        call.db.update("protections", row["id"], pattern=pattern, document=dump(document))
        return _payload(call, row["id"], input)

    def delete(_: object, input: Input) -> Node:  # noqa: A002
        call.db.run("DELETE FROM protections WHERE id = ?", _rule(call, input["branchProtectionRuleId"])["id"])
        return {"clientMutationId": input.get("clientMutationId")}

    return {
        "createBranchProtectionRule": create,
        "updateBranchProtectionRule": update,
        "deleteBranchProtectionRule": delete,
    }


def repository_node(call: Call, row: Row) -> Node:
    """A repository with its rules and its pull requests."""

    def rules(_: object, first: int | None = None, after: str | None = None) -> Node:
        rows = call.db.all("SELECT * FROM protections WHERE repository_id = ? ORDER BY id", row["id"])
        shown, page_info = window([rule_node(call, rule) for rule in rows], first, after)
        return {"nodes": shown, "pageInfo": page_info}

    def pull_request(_: object, number: int) -> Node:
        return pull_graphql.pull_node(call, pull_rows.by_number(call.db, row, number))

    return {
        "__typename": "Repository",
        "id": views.node_id("R", row["id"]),
        "name": row["name"],
        "branchProtectionRules": rules,
        "pullRequest": pull_request,
    }


def rule_node(call: Call, row: Row) -> Node:
    """A rule; who may see the repository's settings may see it."""
    repository = call.db.one("SELECT * FROM repositories WHERE id = ?", row["repository_id"]) or {}
    if role_of(call.db, call.actor, repository) < Role.ADMIN:
        raise unresolved(f"a node with the global id of '{views.node_id('BPR', row['id'])}'")
    document = load(row["document"])
    reviews = document["required_pull_request_reviews"] or {}
    return {
        "__typename": "BranchProtectionRule",
        "id": views.node_id("BPR", row["id"]),
        "repository": lambda _: repository_node(call, repository),
        **{name: value for name, value in _fields(call, row).items() if not name.endswith("ActorIds")},
        "pushAllowances": _allowances(call, document["restrictions"]),
        "reviewDismissalAllowances": _allowances(call, reviews.get("dismissal_restrictions")),
        "bypassPullRequestAllowances": _allowances(call, reviews.get("bypass_pull_request_allowances")),
        "bypassForcePushAllowances": _allowances(call, document["force_push_allowances"]),
    }


def _fields(call: Call, row: Row) -> Input:
    """A rule as the input that would make it."""
    document = load(row["document"])
    reviews, checks = document["required_pull_request_reviews"] or {}, document["required_status_checks"] or {}
    return {
        "pattern": row["pattern"],
        **{name: bool(document[key]) for name, key in SWITCHES.items()},
        **{name: bool(reviews.get(key)) for name, key in REVIEWS.items()},
        "requiresApprovingReviews": bool(reviews),
        "requiredApprovingReviewCount": reviews.get("required_approving_review_count", 0),
        "restrictsReviewDismissals": bool(reviews.get("dismissal_restrictions")),
        "reviewDismissalActorIds": _ids(call, reviews.get("dismissal_restrictions")),
        "bypassPullRequestActorIds": _ids(call, reviews.get("bypass_pull_request_allowances")),
        "requiresStatusChecks": bool(checks),
        "requiresStrictStatusChecks": bool(checks.get("strict")),
        "requiredStatusCheckContexts": [check["context"] for check in checks.get("checks", [])],
        "restrictsPushes": document["restrictions"] is not None,
        "pushActorIds": _ids(call, document["restrictions"]),
        "bypassForcePushActorIds": _ids(call, document["force_push_allowances"]),
    }


def _document(call: Call, given: Input) -> Document:
    checks = [{"context": context, "app_id": None} for context in given.get("requiredStatusCheckContexts") or []]
    strict = bool(given.get("requiresStrictStatusChecks"))
    return {
        **{key: bool(given.get(name)) for name, key in SWITCHES.items()},
        "allow_fork_syncing": False,
        "required_pull_request_reviews": _reviews(call, given) if given.get("requiresApprovingReviews") else None,
        "required_status_checks": {"strict": strict, "checks": checks} if given.get("requiresStatusChecks") else None,
        "restrictions": _actors(call, given.get("pushActorIds")) if given.get("restrictsPushes") else None,
        "force_push_allowances": _actors(call, given.get("bypassForcePushActorIds")),
    }


def _reviews(call: Call, given: Input) -> Document:
    restricted = given.get("restrictsReviewDismissals")
    count = given.get("requiredApprovingReviewCount")
    return {
        **{key: bool(given.get(name)) for name, key in REVIEWS.items()},
        "required_approving_review_count": 1 if count is None else count,
        "dismissal_restrictions": _actors(call, given.get("reviewDismissalActorIds")) if restricted else None,
        "bypass_pull_request_allowances": _actors(call, given.get("bypassPullRequestActorIds")),
    }


def _actors(call: Call, identifiers: list[str] | None) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {name: [] for name in NOBODY}
    for identifier in identifiers or []:
        kind, number = views.node_parts(identifier)
        user = call.db.one("SELECT login FROM accounts WHERE id = ?", number) if kind == "U" else None
        team = call.db.one("SELECT slug FROM teams WHERE id = ?", number) if kind == "T" else None
        if user:
            lists["users"].append(user["login"])
        elif team:
            lists["teams"].append(team["slug"])
        elif kind == "A" and number == APP_ID:
            lists["apps"].append(APP_SLUG)
        else:
            raise unresolved(f"a node with the global id of '{identifier}'")
    return lists


def _nodes(call: Call, lists: dict[str, list[str]] | None) -> list[Node]:
    listed = lists or NOBODY
    users = [user_node(find.account(call.db, login)) for login in listed["users"]]
    teams = [call.db.one("SELECT * FROM teams WHERE slug = ?", slug) for slug in listed["teams"]]
    return [*users, *(team_node(call, team) for team in teams if team), *(app_node() for _ in listed["apps"])]


def _ids(call: Call, lists: dict[str, list[str]] | None) -> list[str]:
    return [node["id"] for node in _nodes(call, lists)]


def _allowances(call: Call, lists: dict[str, list[str]] | None) -> Callable[..., Node]:
    return lambda _, first=None: {"nodes": [{"actor": node} for node in _nodes(call, lists)[:first]]}


def _repository(call: Call, number: int) -> Row:
    """The repository, for one who may change its settings."""
    row = call.db.one("SELECT * FROM repositories WHERE id = ?", number)
    role = role_of(call.db, call.actor, row) if row else Role.NONE
    if row is None or role < Role.READ:
        raise unresolved(f"a node with the global id of '{views.node_id('R', number)}'")
    call.actor.must_write()
    _check_token(call)
    if role < Role.ADMIN or load(row["settings"])["archived"]:
        raise forbidden("Resource not accessible: needs admin rights to a repository that is not archived.")
    return row


def _check_token(call: Call) -> None:
    if not call.actor.may("administration", "write"):
        raise call.actor.refusal


def _rule(call: Call, identifier: str) -> Row:
    _check_token(call)
    kind, number = views.node_parts(identifier)
    row = call.db.one("SELECT * FROM protections WHERE id = ?", number) if kind == "BPR" else None
    if row is None:
        raise unresolved(f"a node with the global id of '{identifier}'")
    _repository(call, row["repository_id"])
    return row


def _payload(call: Call, number: int, given: Input) -> Node:
    row = call.db.one("SELECT * FROM protections WHERE id = ?", number) or {}
    return {"clientMutationId": given.get("clientMutationId"), "branchProtectionRule": rule_node(call, row)}
