"""What the signed addresses give: a job's log as text, a run's logs and artifacts as zip archives."""

import io
import zipfile

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.store import Database, Store
from sandbox.github.workflows import signing


def routes(store: Store) -> list[Route]:
    """What the application serves."""

    async def download(request: Request) -> Response:
        kind, number, signature = (request.path_params[name] for name in ("kind", "number", "signature"))
        if kind not in _CONTENTS or not signing.is_genuine(kind, number, signature):
            return Response(status_code=404)
        return await run_in_threadpool(_download, store, kind, number)

    return [Route("/_sandbox/downloads/{kind}/{number:int}/{signature}", download)]


def _download(store: Store, kind: str, number: int) -> Response:
    with store.transaction(write=False) as db:
        content = _CONTENTS[kind](db, number)
    media_type = "text/plain; charset=utf-8" if kind == "jobs" else "application/zip"
    return Response(status_code=404) if content is None else Response(content, media_type=media_type)


def job_log(db: Database, job_id: int) -> bytes:
    """Everything that a job said."""
    rows = db.all("SELECT text FROM workflow_logs WHERE job_id = ? ORDER BY id", job_id)
    return "".join(row["text"] for row in rows).encode()


def _run_logs(db: Database, run_id: int) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        for place, row in enumerate(db.all("SELECT * FROM workflow_jobs WHERE run_id = ? ORDER BY id", run_id)):
            writing.writestr(f"{place}_{row['name'].replace('/', '_')}.txt", job_log(db, row["id"]))
    return archive.getvalue()


def _artifact(db: Database, number: int) -> bytes | None:
    row = db.one("SELECT content FROM workflow_artifacts WHERE id = ?", number)
    return row["content"] if row else None


_CONTENTS = {"jobs": job_log, "runs": _run_logs, "artifacts": _artifact}
