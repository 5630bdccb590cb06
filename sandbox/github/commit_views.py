"""What commits look like in answers: bare, as git has them, and with GitHub's accounts around them."""

from sandbox.github import views
from sandbox.github.emails import account_of
from sandbox.github.git import Commit, Identity
from sandbox.github.store import Database, Row
from sandbox.github.world import World

UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def bare(world: World, repository: Row, commit: Commit) -> views.Json:
    """GitHub's "git commit"."""
    api = f"{world.api}/repos/{repository['full_name']}"
    html = f"{world.base}/{repository['full_name']}/commit"
    return {
        "sha": commit.sha,
        "node_id": f"C_{repository['id']}_{commit.sha}",
        "url": f"{api}/git/commits/{commit.sha}",
        "html_url": f"{html}/{commit.sha}",
        "author": _identity(commit.author),
        "committer": _identity(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": f"{api}/git/trees/{commit.tree}"},
        "parents": [
            {"sha": parent, "url": f"{api}/git/commits/{parent}", "html_url": f"{html}/{parent}"}
            for parent in commit.parents
        ],
        "verification": UNSIGNED,
    }


def full(world: World, db: Database, repository: Row, commit: Commit) -> views.Json:
    """GitHub's "commit"."""
    address = f"{world.api}/repos/{repository['full_name']}/commits/{commit.sha}"
    inner = bare(world, repository, commit)
    named = ("author", "committer", "message", "tree", "url", "verification")
    return {
        "url": address,
        "sha": commit.sha,
        "node_id": inner["node_id"],
        "html_url": inner["html_url"],
        "comments_url": f"{address}/comments",
        "commit": {name: inner[name] for name in named} | {"comment_count": 0},
        "author": _account(world, db, commit.author),
        "committer": _account(world, db, commit.committer),
        "parents": inner["parents"],
    }


def _identity(identity: Identity) -> views.Json:
    return {"name": identity.name, "email": identity.email, "date": identity.when.isoformat()}


def _account(world: World, db: Database, identity: Identity) -> views.Json | None:
    row = account_of(db, identity.email)
    return views.user(world, row) if row else None


def simple(commit: Commit) -> views.Json:
    """GitHub's "simple commit"."""
    who = {"author": commit.author, "committer": commit.committer}
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.when.isoformat(),
        **{name: {"name": identity.name, "email": identity.email} for name, identity in who.items()},
    }
