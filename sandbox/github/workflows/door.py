"""The way in for runners, and for what runs in their jobs: not a part of GitHub's API, and kept narrow.

A runner shows the key of ``tokens/runner``, a job its own token, which opens that job's artifacts only, and vouches for
it where it may ask for that.
"""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.github.courier import Courier
from sandbox.github.store import Database, Row, Store
from sandbox.github.workflows import artifacts, claim, progress
from sandbox.github.workflows.sources import take_stock
from sandbox.github.workflows.tick import is_time, tick
from sandbox.github.workflows.vouching import vouch
from sandbox.github.world import Places, World

LONGEST_WAIT = 25.0
"""Seconds that a question for the next job is kept open."""
LOOK_AT_CLOCK = 1.0
T = TypeVar("T")


@dataclass(frozen=True)
class Door:
    """The routes below ``/_sandbox/runner`` and ``/_sandbox/job``."""

    store: Store
    world: World
    courier: Courier
    places: Places

    @property
    def routes(self) -> list[Route]:
        """What the application serves."""
        runner, job = "/_sandbox/runner", "/_sandbox/job/artifacts"
        return [
            Route(f"{runner}/start", self._start, methods=["POST"]),
            Route(f"{runner}/next", self._next, methods=["POST"]),
            Route(f"{runner}/jobs/{{job_id:int}}/report", self._report, methods=["POST"]),
            Route(f"{runner}/jobs/{{job_id:int}}/end", self._end, methods=["POST"]),
            Route(job, self._list, methods=["GET"]),
            Route(f"{job}/{{name}}", self._artifact, methods=["GET", "PUT"]),
            Route("/_sandbox/job/vouch", self._vouch, methods=["POST"]),
        ]

    async def _start(self, request: Request) -> Response:
        body = await self._opened(request)
        return JSONResponse({"abandoned": await self._write(lambda db: self._begin(db, body["runner"]))})

    async def _next(self, request: Request) -> Response:
        body = await self._opened(request)
        news = asyncio.Event()
        news.set()
        self.courier.others.append(news)
        try:
            order = await self._wait(request, news, body)
        finally:
            self.courier.others.remove(news)
        return JSONResponse(order) if order else Response(status_code=204)

    async def _wait(self, request: Request, news: asyncio.Event, body: dict[str, Any]) -> dict[str, Any] | None:
        runner, deadline = body["runner"], time.monotonic() + min(float(body.get("wait", 0)), LONGEST_WAIT)
        while not await request.is_disconnected():  # a job must not go to a runner that went away
            if news.is_set() or await self._read(is_time):
                news.clear()
                if order := await self._write(lambda db: self._due(db, runner)):
                    return order
            if (left := deadline - time.monotonic()) <= 0:
                return None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), min(left, LOOK_AT_CLOCK))
        return None

    def _begin(self, db: Database, runner: str) -> int:
        for repository in db.all("SELECT * FROM repositories"):
            take_stock(db, self.world, repository)
        return claim.abandon(db, self.world, runner)

    def _due(self, db: Database, runner: str) -> dict[str, Any] | None:
        tick(db, self.world)
        return claim.next_job(db, self.world, runner)

    async def _report(self, request: Request) -> Response:
        body, number = await self._opened(request), request.path_params["job_id"]
        stop = await self._write(lambda db: claim.report(db, progress.job_row(db, number), body["log"], body["steps"]))
        return JSONResponse({"stop": stop})

    async def _end(self, request: Request) -> Response:
        body, number = await self._opened(request), request.path_params["job_id"]

        def end(db: Database) -> None:
            job = progress.job_row(db, number)
            claim.report(db, job, body["log"], body["steps"])
            claim.end(db, self.world, job, claim.Ending(body["conclusion"], body["outputs"], body["problem"]))

        await self._write(end)
        return Response(status_code=204)

    async def _list(self, request: Request) -> Response:
        job = await self._job(request)
        return JSONResponse(await self._read(lambda db: artifacts.names(db, job["run_id"])))

    async def _artifact(self, request: Request) -> Response:
        job, name = await self._job(request), request.path_params["name"]
        if request.method == "GET":
            content = await self._read(lambda db: artifacts.content(db, job["run_id"], name))
            return Response(content, 200 if content else 404, media_type="application/zip")
        body, days = await request.body(), int(request.query_params.get("days", "90"))
        kept = await self._write(lambda db: artifacts.keep(db, job["run_id"], name, body, days))
        return Response(status_code=201 if kept else 409)

    async def _vouch(self, request: Request) -> Response:
        job, asked = await self._job(request), await request.json()
        return JSONResponse(await self._read(lambda db: vouch(db, self.world, self.places.root, job, asked)))

    async def _opened(self, request: Request) -> dict[str, Any]:
        key = self.places.runner_key.read_text().strip()
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {key}".encode()):
            raise HTTPException(401)
        body: dict[str, Any] = await request.json()
        return body

    async def _job(self, request: Request) -> Row:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        row = await self._read(lambda db: claim.running(db, token))
        if row is None:
            raise HTTPException(401)
        return row

    async def _read(self, work: Callable[[Database], T]) -> T:
        return await run_in_threadpool(self._transact, work, write=False)

    async def _write(self, work: Callable[[Database], T]) -> T:
        return await run_in_threadpool(self._transact, work, write=True)

    def _transact(self, work: Callable[[Database], T], *, write: bool) -> T:
        with self.store.transaction(write=write) as db:
            found, changed = work(db), db.changed
        # Who only looked has no news: telling would make every waiting runner look again, and that one tell in turn.
        if changed:
            self.courier.wake()
        return found
