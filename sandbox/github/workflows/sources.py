"""The workflow files of a repository, and the record of each."""

from functools import lru_cache

from sandbox.github.git import Repositories
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.workflows.document import FOLDER, InvalidWorkflowError, read
from sandbox.github.world import World

SUFFIXES = (".yml", ".yaml")


def files(world: World, repository: Row, commit: str) -> dict[str, str]:
    """The text of each workflow file at a commit, by its path."""
    return dict(_files(world.repositories, repository["git_name"], commit))


@lru_cache(maxsize=512)
def _files(git: Repositories, name: str, commit: str) -> tuple[tuple[str, str], ...]:
    listed = git.listing(name, commit, FOLDER) or []
    paths = [entry.path for entry in listed if entry.type == "blob" and entry.path.endswith(SUFFIXES)]
    found = [(path, git.read(name, commit, path)) for path in paths]
    return tuple((path, blob.content.decode(errors="replace")) for path, blob in found if blob)


def name_of(path: str, text: str) -> str:
    """What a workflow calls itself; a file that is none goes by its path."""
    try:
        return read(path, text).name
    except InvalidWorkflowError:
        return path


def record(db: Database, repository: Row, path: str, text: str) -> Row:
    """The workflow's row, made or renamed if need be."""
    name = name_of(path, text)
    row = _row(db, repository, path)
    if row is None:
        moment = now()
        db.insert(
            "workflows", repository_id=repository["id"], path=path, name=name, created_at=moment, updated_at=moment
        )
    elif row["name"] != name:
        db.update("workflows", row["id"], name=name, updated_at=now())
    return _row(db, repository, path) or {}


def _row(db: Database, repository: Row, path: str) -> Row | None:
    return db.one("SELECT * FROM workflows WHERE repository_id = ? AND path = ?", repository["id"], path)


def default_branch(repository: Row) -> str:
    """The branch whose workflows answer events that have no branch of their own."""
    return str(load(repository["settings"])["default_branch"])


def take_stock(db: Database, world: World, repository: Row) -> None:
    """Record the workflows of the default branch, and when each is scheduled."""
    commit = world.repositories.head(repository["git_name"], f"refs/heads/{default_branch(repository)}")
    db.run("UPDATE workflows SET times = '[]' WHERE repository_id = ?", repository["id"])
    for path, text in (files(world, repository, commit) if commit else {}).items():
        row = record(db, repository, path, text)
        db.update("workflows", row["id"], times=dump(_times(path, text)))


def _times(path: str, text: str) -> list[str]:
    try:
        listed = read(path, text).triggers.get("schedule", {}).get("times", [])
    except InvalidWorkflowError:
        return []
    return [str(each["cron"]) for each in listed if isinstance(each, dict) and "cron" in each]
