"""Where a pull request stands in git: its refs, and the trial merge that tells whether it could be merged."""

from sandbox.github import pull_rows
from sandbox.github.commits import web_flow
from sandbox.github.git import Differences, Merger
from sandbox.github.store import Database, Row
from sandbox.github.world import World


def ref(pull: Row, end: str) -> str:
    """``refs/pull/N/head`` or ``refs/pull/N/merge``."""
    return f"refs/pull/{pull['number']}/{end}"


def refresh(world: World, db: Database, pull: Row) -> Row:
    """Bring both refs up to date with the branches; the pull request as it is then."""
    repository = pull_rows.base_repository(db, pull)
    name, git = repository["git_name"], world.repositories
    base = git.branches(name)[pull["base_ref"]]
    git.mark(name, ref(pull, "head"), pull["head_sha"])
    merger = Merger(git.git(name))
    tree = merger.tree(base, pull["head_sha"])
    if tree is None:
        git.unmark(name, ref(pull, "merge"))
        return pull_rows.change(db, pull, base_sha=base, merge_commit_sha=None)
    message = f"Merge {pull['head_sha']} into {base}"
    trial = merger.commit(tree, [base, pull["head_sha"]], message, web_flow(), web_flow())
    git.mark(name, ref(pull, "merge"), trial)
    return pull_rows.change(db, pull, base_sha=base, merge_commit_sha=trial)


def live_head(world: World, db: Database, pull: Row) -> str | None:
    """Where its branch is now; None if that is gone."""
    source = pull_rows.head_repository(db, pull)
    return world.repositories.branches(source["git_name"]).get(pull["head_ref"]) if source else None


def behind(world: World, db: Database, pull: Row) -> bool:
    """Whether the base has commits that the head lacks."""
    name = pull_rows.base_repository(db, pull)["git_name"]
    return not world.repositories.is_ancestor(name, pull["base_sha"], pull["head_sha"])


def ancestor(world: World, db: Database, pull: Row, head: str = "") -> str:
    """The commit that its changes are counted from."""
    name = pull_rows.base_repository(db, pull)["git_name"]
    found = Differences(world.repositories.git(name)).merge_base(pull["base_sha"], head or pull["head_sha"])
    return found or pull["base_sha"]
