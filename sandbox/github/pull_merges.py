"""Merging pull requests, and bringing a pull request's branch up to date with its base.

A merge is made as objects first; then the base moves, if it still is where the merge began. Whoever comes second, be it
another merge or a push, finds it elsewhere and is refused.
"""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from sandbox.github import merge_messages, pull_rows, pull_state, pulls, threads
from sandbox.github.accounts import Role, role_of
from sandbox.github.approvals import proposal
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.commits import identity_of, web_flow
from sandbox.github.errors import RefusalError, conflict, forbidden, not_found, rule_violations
from sandbox.github.git import Commit, Identity, Merger, RefConflictError, Update
from sandbox.github.pull_events import tell
from sandbox.github.pushes import announce
from sandbox.github.rules import HEADS, Change, violations
from sandbox.github.store import Row, load, now

routes = Routes()

Method = Literal["merge", "squash", "rebase"]
NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
ALLOWED = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
MOST_COMMITS = 1000
"""Commits whose messages and authors a squash names."""


class Merge(Body):
    """PUT a merge."""

    commit_title: str | None = None
    commit_message: str | None = None
    sha: str | None = None
    merge_method: Method = "merge"


class BranchUpdate(Body):
    """PUT an update of the branch."""

    expected_head_sha: str | None = Field(default=None, min_length=1)


@routes.add("GET", f"{pulls.PULL}/merge")
def is_merged(call: Call) -> Answer:
    """204 or 404."""
    _, pull = pull_rows.of(call)
    if not pull["merged_at"]:
        raise not_found()
    return NO_CONTENT


@routes.add("PUT", f"{pulls.PULL}/merge")
def merge(call: Call) -> Answer:
    """Merge it as the repository allows, if the rules have nothing against it."""
    repository, pull = pull_rows.of(call, Role.WRITE)
    body = call.body(Merge, "PullRequest")
    _check_mergeable(call, repository, pull, body)
    base = call.world.repositories.branches(repository["git_name"])[pull["base_ref"]]
    made = MAKERS[body.merge_method](call, repository, pull, base, body)
    if made is None or made == base:
        raise RefusalError(405, "Pull Request is not mergeable")
    update = call.world.repositories.update(repository["git_name"], HEADS + pull["base_ref"], base, made)
    proposed = proposal(call.world, call.db, pull, body.merge_method)
    reasons = violations(call.db, repository, Change(update, call.actor, signed=True, proposal=proposed))
    if reasons:
        raise RefusalError(405, "Repository rule violations found\n\n" + "\n\n".join(reasons))
    _finish(call, repository, pull, update)
    return Answer({"sha": made, "merged": True, "message": "Pull Request successfully merged"})


def _check_mergeable(call: Call, repository: Row, pull: Row, body: Merge) -> None:
    if pull["draft"] and pull["state"] == "open":
        raise RefusalError(405, "Pull Request is still a draft")
    if pull["state"] == "closed" or pull["merge_commit_sha"] is None:
        raise RefusalError(405, "Pull Request is not mergeable")
    # A push whose news has not come yet would be merged unseen.
    live = pull_state.live_head(call.world, call.db, pull)
    if live not in {None, pull["head_sha"]} or body.sha not in {None, pull["head_sha"]}:
        raise conflict("Head branch was modified. Review and try the merge again.")
    if not load(repository["settings"])[ALLOWED[body.merge_method]]:
        raise RefusalError(405, f"{NAMES[body.merge_method]} are not allowed on this repository.")


def _commits(call: Call, repository: Row, pull: Row, base: str) -> list[Commit]:
    reader = call.world.repositories.reader(repository["git_name"])
    return list(reversed(reader.introduced(pull["head_sha"], base, MOST_COMMITS)))


def _merged(call: Call, repository: Row, pull: Row, base: str, body: Merge) -> str | None:
    merger = Merger(call.world.repositories.git(repository["git_name"]))
    tree = merger.tree(base, pull["head_sha"])
    title, text = merge_messages.of_merge(load(repository["settings"]), pull)
    message = _message(body, title, text)
    author = identity_of(call.db, call.actor)
    return tree and merger.commit(tree, [base, pull["head_sha"]], message, author, web_flow())


def _squashed(call: Call, repository: Row, pull: Row, base: str, body: Merge) -> str | None:
    merger = Merger(call.world.repositories.git(repository["git_name"]))
    tree, commits = merger.tree(base, pull["head_sha"]), _commits(call, repository, pull, base)
    title, text = merge_messages.of_squash(load(repository["settings"]), pull, commits)
    author = _author(call, pull)
    trailers = merge_messages.co_authors(author, commits)
    message = "\n\n".join(part for part in (_message(body, title, text), trailers) if part)
    return tree and merger.commit(tree, [base], message, author, web_flow())


def _rebased(call: Call, repository: Row, pull: Row, base: str, _: Merge) -> str | None:
    merger = Merger(call.world.repositories.git(repository["git_name"]))
    return merger.rebase(base, pull["head_sha"], identity_of(call.db, call.actor))


MAKERS: dict[str, Callable[[Call, Row, Row, str, Merge], str | None]] = {
    "merge": _merged,
    "squash": _squashed,
    "rebase": _rebased,
}
"""How each method makes its commit; None for a conflict."""


def _message(body: Merge, title: str, text: str) -> str:
    chosen = text if body.commit_message is None else body.commit_message
    return merge_messages.message(body.commit_title or title, chosen)


def _author(call: Call, pull: Row) -> Identity:
    row = call.db.one("SELECT * FROM accounts WHERE id = ?", pull["author_id"]) or {}
    return Identity(row["name"] or row["login"], row["email"], web_flow().when)


def _finish(call: Call, repository: Row, pull: Row, update: Update) -> None:
    """Record it, move the base, tell; all of it or nothing."""
    threads.close(call.db, pull, call.actor.id)
    facts = {"base_sha": update.old, "merge_commit_sha": update.new}
    merged = pull_rows.change(call.db, pull, merged_at=now(), merged_by=call.actor.id, **facts)
    try:
        call.world.repositories.move(repository["git_name"], update.ref, update.old, update.new)
    except RefConflictError:
        raise RefusalError(405, "Base branch was modified. Review and try the merge again.") from None
    announce(call.world, call.db, repository, [update], call.actor)
    tell(call.world, call.db, merged, "closed", call.actor)
    if load(repository["settings"])["delete_branch_on_merge"] and pull["head_repository_id"] == repository["id"]:
        _delete_head(call, repository, pull)


def _delete_head(call: Call, repository: Row, pull: Row) -> None:
    """Unless a rule keeps it. What was to go into it goes into the base instead."""
    ref = HEADS + pull["head_ref"]
    update = call.world.repositories.update(repository["git_name"], ref, pull["head_sha"], None)
    default = load(repository["settings"])["default_branch"]
    if pull["head_ref"] == default or violations(call.db, repository, Change(update, call.actor, signed=True)):
        return
    for other in pull_rows.open_into(call.db, repository, pull["head_ref"]):
        pulls.retarget(call, other, pull["base_ref"])
    try:
        call.world.repositories.move(repository["git_name"], ref, pull["head_sha"], None)
    except RefConflictError:
        return  # pushed to meanwhile: that must not be lost
    announce(call.world, call.db, repository, [update], call.actor)


@routes.add("PUT", f"{pulls.PULL}/update-branch")
def update_branch(call: Call) -> Answer:
    """Merge the base into the branch."""
    repository, pull = pull_rows.of(call)
    body = call.body(BranchUpdate, "PullRequest")
    source = pull_rows.head_repository(call.db, pull)
    if source is None or pull["state"] == "closed" or pull_state.live_head(call.world, call.db, pull) is None:
        raise RefusalError(422, "The branch of this pull request cannot be updated.")
    if role_of(call.db, call.actor, source) < Role.WRITE:
        raise forbidden(f"Updating the branch needs push access to {source['full_name']}.")
    if body.expected_head_sha not in {None, pull["head_sha"]}:
        raise RefusalError(422, "expected head sha didn't match current head ref.")
    if not pull_state.behind(call.world, call.db, pull):
        raise RefusalError(422, "There are no new commits on the base branch.")
    _move_head(call, repository, source, pull)
    message = {"message": "Updating pull request branch.", "url": f"{call.url.removesuffix('/update-branch')}"}
    return Answer(message, 202)


def _move_head(call: Call, repository: Row, source: Row, pull: Row) -> None:
    git, ref = call.world.repositories, HEADS + pull["head_ref"]
    git.fetch(source["git_name"], repository["git_name"], pull["base_sha"])
    merger = Merger(git.git(source["git_name"]))
    tree = merger.tree(pull["head_sha"], pull["base_sha"])
    if tree is None:
        raise RefusalError(422, "merge conflict between base and head")
    message = f"Merge branch '{pull['base_ref']}' into {pull['head_ref']}"
    parents = [pull["head_sha"], pull["base_sha"]]
    made = merger.commit(tree, parents, message, identity_of(call.db, call.actor), web_flow())
    update = git.update(source["git_name"], ref, pull["head_sha"], made)
    reasons = violations(call.db, source, Change(update, call.actor, signed=True))
    if reasons:
        raise rule_violations(reasons)
    try:
        git.move(source["git_name"], ref, pull["head_sha"], made)
    except RefConflictError:
        raise RefusalError(422, "expected head sha didn't match current head ref.") from None
    announce(call.world, call.db, source, [update], call.actor)
