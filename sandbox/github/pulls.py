"""Pull requests: propose a branch, of the repository or of a fork; list, read, change, close, reopen.

Left out: turning an issue into one, maintainers pushing to a fork's branch, merging automatically later, stacks.
"""

from typing import Any, Literal

from pydantic import Field

from sandbox.github import commit_views, diff_views, find, pull_rows, pull_state, pull_views, threads
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden, invalid, unsupported
from sandbox.github.git import Differences
from sandbox.github.pagination import page
from sandbox.github.pull_events import tell
from sandbox.github.review_requests import ask_owners
from sandbox.github.store import Row

routes = Routes()

PULLS = "/repos/{owner}/{repo}/pulls"
PULL = f"{PULLS}/{{number:int}}"
LONGEST = 65_536
"""Characters of a text."""
MOST_COMMITS = 250
"""Commits that a pull request lists."""
SORTS = {"created": "created_at", "updated": "updated_at"}


class NewPull(Body):
    """POST a pull request."""

    refused = frozenset({"issue", "head_repo"})

    title: str = Field(min_length=1, max_length=256)
    head: str = Field(min_length=1)
    base: str = Field(min_length=1)
    body: str | None = Field(default=None, max_length=LONGEST)
    draft: bool = False
    maintainer_can_modify: bool | None = None


class PullChange(Body):
    """PATCH a pull request."""

    refused = frozenset({"draft"})

    title: str | None = Field(default=None, min_length=1, max_length=256)
    body: str | None = Field(default=None, max_length=LONGEST)
    state: Literal["open", "closed"] | None = None
    base: str | None = Field(default=None, min_length=1)
    maintainer_can_modify: bool | None = None


@routes.add("GET", PULLS)
def list_pulls(call: Call) -> Answer:
    """Open ones and newest first unless asked otherwise."""
    repository = find.repository(call)
    rows = [row for row in pull_rows.of_repository(call.db, repository) if _is_wanted(call, row)]
    shown = page(call, _ordered(call, rows))
    return Answer([pull_views.simple(call.world, call.db, row) for row in shown.body], headers=shown.headers)


def _ordered(call: Call, rows: list[Row]) -> list[Row]:
    wanted = call.query.get("sort", "created")
    if wanted not in SORTS:
        call.refuse_queries("sort")
    usual = "desc" if wanted == "created" else "asc"
    newest_first = call.query.get("direction", usual) == "desc"
    return sorted(rows, key=lambda row: (row[SORTS[wanted]], row["number"]), reverse=newest_first)


def _is_wanted(call: Call, pull: Row) -> bool:
    query = call.query
    return (
        query.get("state", "open") in {"all", pull["state"]}
        and query.get("base", pull["base_ref"]) == pull["base_ref"]
        and query.get("head", _label(pull)).lower() == _label(pull).lower()
    )


def _label(pull: Row) -> str:
    return f"{pull['head_owner']}:{pull['head_ref']}"


@routes.add("POST", PULLS)
def create_pull(call: Call) -> Answer:
    """Propose a branch; whoever writes to it may."""
    repository = find.writable(call, Role.READ)
    body = call.body(NewPull, "PullRequest")
    _refuse_modifying(body.maintainer_can_modify)
    source, branch = _head(call, repository, body.head)
    head = call.world.repositories.branches(source["git_name"])[branch]
    base = _base(call, repository, body.base)
    call.world.repositories.fetch(repository["git_name"], source["git_name"], head)
    _check_new(call, repository, body, (base, head), f"{source['owner']}:{branch}")
    thread = threads.add(call.db, repository, "pull", call.actor.id, title=body.title, body=body.body)
    call.db.insert(
        "pulls",
        thread_id=thread["id"],
        head_repository_id=source["id"],
        head_owner=source["owner"],
        head_ref=branch,
        head_sha=head,
        pusher_id=call.actor.id,
        base_ref=body.base,
        base_sha=base,
        draft=body.draft,
    )
    pull = pull_state.refresh(call.world, call.db, pull_rows.by_id(call.db, thread["id"]))
    tell(call.world, call.db, pull, "opened", call.actor)
    ask_owners(call.world, call.db, pull, call.actor)
    return Answer(pull_views.full(call.world, call.db, pull), 201)


def _refuse_modifying(wanted: bool | None) -> None:
    if wanted:
        raise unsupported("PullRequest", "maintainer_can_modify", "Letting maintainers push to a fork's branch")


def _head(call: Call, repository: Row, name: str) -> tuple[Row, str]:
    """The repository and the branch of ``branch`` or ``owner:branch``."""
    owner, colon, branch = name.partition(":")
    source = find.in_network(call.db, repository, owner) if colon else repository
    branch = branch if colon else name
    if source is None or branch not in call.world.repositories.branches(source["git_name"]):
        raise invalid("PullRequest", "head")
    if role_of(call.db, call.actor, source) < Role.WRITE:
        raise forbidden(f"Proposing a branch needs push access to {source['full_name']}.")
    return source, branch


def _base(call: Call, repository: Row, branch: str) -> str:
    sha = call.world.repositories.branches(repository["git_name"]).get(branch)
    if sha is None:
        raise invalid("PullRequest", "base")
    return sha


def _check_new(call: Call, repository: Row, body: NewPull, ends: tuple[str, str], label: str) -> None:
    base, head = ends
    found = Differences(call.world.repositories.git(repository["git_name"]))
    branch = label.partition(":")[2]
    if found.merge_base(base, head) is None:
        raise _custom(f"The {branch} branch has no history in common with {body.base}")
    if found.counts(base, head)[0] == 0:
        raise _custom(f"No commits between {body.base} and {branch}")
    if label.lower() in {_label(row).lower() for row in pull_rows.open_into(call.db, repository, body.base)}:
        raise _custom(f"A pull request already exists for {label}.")


def _custom(message: str) -> RefusalError:
    entry: dict[str, Any] = {"resource": "PullRequest", "code": "custom", "message": message}
    return RefusalError(422, "Validation Failed", [entry])


@routes.add("GET", PULL)
def get_pull(call: Call) -> Answer:
    """One with its state, or its difference as text."""
    repository, pull = pull_rows.of(call)
    kind = diff_views.media(call)
    found = Differences(call.world.repositories.git(repository["git_name"]))
    if kind == "diff":
        return diff_views.text(kind, found.diff(pull_state.ancestor(call.world, call.db, pull), pull["head_sha"]))
    if kind == "patch":
        return diff_views.text(kind, found.patches(pull["base_sha"], pull["head_sha"]))
    return Answer(pull_views.full(call.world, call.db, pull))


@routes.add("PATCH", PULL)
def update_pull(call: Call) -> Answer:
    """For its author and for those who triage."""
    repository, pull = pull_rows.of(call)
    body = call.body(PullChange, "PullRequest")
    _refuse_modifying(body.maintainer_can_modify)
    if pull["author_id"] != call.actor.id and role_of(call.db, call.actor, repository) < Role.TRIAGE:
        raise forbidden("Must have push access to Repository.")
    pull = set_state(call, repository, _edit(call, repository, pull, body), body.state)
    return Answer(pull_views.full(call.world, call.db, pull))


def _edit(call: Call, repository: Row, pull: Row, body: PullChange) -> Row:
    texts = {name: value for name, value in body.given().items() if name == "body" or (name == "title" and value)}
    changed = {name: value for name, value in texts.items() if value != pull[name]}
    changes: dict[str, Any] = {name: {"from": pull[name] or ""} for name in changed}
    if changed:
        threads.change(call.db, pull, **changed)
    if body.base and body.base != pull["base_ref"]:
        if pull["state"] == "closed":
            raise _custom("Cannot change the base branch of a closed pull request.")
        changes["base"] = {"ref": {"from": pull["base_ref"]}, "sha": {"from": pull["base_sha"]}}
        pull_rows.change(call.db, pull, base_ref=body.base, base_sha=_base(call, repository, body.base))
        pull_state.refresh(call.world, call.db, pull_rows.by_id(call.db, pull["id"]))
    edited = pull_rows.by_id(call.db, pull["id"])
    if changes:
        tell(call.world, call.db, edited, "edited", call.actor, changes=changes)
    return edited


def retarget(call: Call, pull: Row, base: str) -> None:
    """Let it go into another branch, because its own goes away."""
    repository = pull_rows.base_repository(call.db, pull)
    _edit(call, repository, pull, PullChange(base=base))


def set_state(call: Call, repository: Row, pull: Row, wanted: str | None) -> Row:
    """Close it, or open it again, if that is wanted and not so already."""
    if wanted == "closed" and pull["state"] == "open":
        return _close(call, pull)
    if wanted == "open" and pull["state"] == "closed":
        return _reopen(call, repository, pull)
    return pull


def _close(call: Call, pull: Row) -> Row:
    threads.close(call.db, pull, call.actor.id)
    closed = pull_rows.by_id(call.db, pull["id"])
    tell(call.world, call.db, closed, "closed", call.actor)
    return closed


def _reopen(call: Call, repository: Row, pull: Row) -> Row:
    head = pull_state.live_head(call.world, call.db, pull)
    if pull["merged_at"]:
        raise _custom("A merged pull request cannot be reopened.")
    if head is None:
        raise _custom(f"state cannot be changed. The {pull['head_ref']} branch has been deleted.")
    _base(call, repository, pull["base_ref"])
    source = pull_rows.head_repository(call.db, pull) or repository
    call.world.repositories.fetch(repository["git_name"], source["git_name"], head)
    threads.reopen(call.db, pull)
    opened = pull_state.refresh(call.world, call.db, pull_rows.change(call.db, pull, head_sha=head))
    tell(call.world, call.db, opened, "reopened", call.actor)
    return opened


@routes.add("GET", f"{PULL}/commits")
def list_commits(call: Call) -> Answer:
    """Oldest first."""
    repository, pull = pull_rows.of(call)
    reader = call.world.repositories.reader(repository["git_name"])
    commits = list(reversed(reader.introduced(pull["head_sha"], pull["base_sha"], MOST_COMMITS)))
    return page(call, [commit_views.full(call.world, call.db, repository, commit) for commit in commits])


@routes.add("GET", f"{PULL}/files")
def list_files(call: Call) -> Answer:
    """As they differ from the common ancestor of both branches."""
    repository, pull = pull_rows.of(call)
    found = Differences(call.world.repositories.git(repository["git_name"]))
    files = found.files(pull_state.ancestor(call.world, call.db, pull), pull["head_sha"])
    shown = page(call, files)
    return Answer(
        diff_views.files(call.world, repository, pull["head_sha"], shown.body),
        headers=shown.headers,
    )


@routes.add("GET", "/repos/{owner}/{repo}/commits/{sha}/pulls")
def list_of_commit(call: Call) -> Answer:
    """The pull requests that brought a commit, or are to bring it."""
    repository = find.repository(call)
    sha = call.world.repositories.head(repository["git_name"], call.parameters["sha"])
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {call.parameters['sha']}")
    rows = [row for row in pull_rows.of_repository(call.db, repository) if _brings(call, repository, row, sha)]
    return page(call, [pull_views.simple(call.world, call.db, row) for row in rows])


def _brings(call: Call, repository: Row, pull: Row, sha: str) -> bool:
    """Whether the commit is among its own, or among those that its merge made."""
    if pull["state"] == "closed" and not pull["merged_at"]:
        return False
    name, git = repository["git_name"], call.world.repositories
    ends = [pull["head_sha"]] + ([pull["merge_commit_sha"]] if pull["merged_at"] else [])
    return not git.is_ancestor(name, sha, pull["base_sha"]) and any(git.is_ancestor(name, sha, end) for end in ends)
