"""Look up the workflow, run or job that a path names."""

from sandbox.github.calls import Call
from sandbox.github.errors import not_found
from sandbox.github.store import Row
from sandbox.github.workflows.document import FOLDER


def workflow(call: Call, repository: Row) -> Row:
    """The workflow of ``{workflow}``: an id, a file's name or its path.

    Raises:
        RefusalError: 404.
    """
    named = call.parameters["workflow"]
    column, value = ("id", named) if named.isdecimal() else ("path", f"{FOLDER}/{named.removeprefix(f'{FOLDER}/')}")
    row = call.db.one(
        f"SELECT * FROM workflows WHERE repository_id = ? AND {column} = ?",  # noqa: S608 - from the line above
        repository["id"],
        value,
    )
    if row is None:
        raise not_found()
    return row


def run(call: Call, repository: Row) -> Row:
    """The run of ``{run_id}``.

    Raises:
        RefusalError: 404.
    """
    sql = "SELECT * FROM workflow_runs WHERE repository_id = ? AND id = ?"
    row = call.db.one(sql, repository["id"], call.parameters["run_id"])
    if row is None:
        raise not_found()
    return row


def job(call: Call, repository: Row) -> tuple[Row, Row]:
    """The job of ``{job_id}`` and its run.

    Raises:
        RefusalError: 404.
    """
    row = call.db.one("SELECT * FROM workflow_jobs WHERE id = ?", call.parameters["job_id"])
    sql = "SELECT * FROM workflow_runs WHERE repository_id = ? AND id = ?"
    owner = call.db.one(sql, repository["id"], row["run_id"]) if row else None
    if row is None or owner is None:
        raise not_found()
    return row, owner
