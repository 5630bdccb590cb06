"""The whole stand-in as one ASGI application: REST API, git, and the sandbox's own controls."""

import asyncio
import contextlib
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.github import (
    actions_artifacts,
    actions_jobs,
    actions_permissions,
    actions_reviews,
    actions_runs,
    actions_secrets,
    actions_variables,
    actions_workflows,
    assignees,
    check_runs,
    check_suites,
    collaborators,
    commits,
    comparisons,
    contents,
    controls,
    deployments,
    environments,
    forks,
    graphql,
    hooks,
    installations,
    issue_comments,
    issue_labels,
    issues,
    labels,
    meta,
    organization,
    protection,
    pull_merges,
    pulls,
    refs,
    releases,
    repositories,
    review_comments,
    review_requests,
    reviews,
    rulesets,
    statuses,
    tags,
    team_members,
    team_repositories,
    teams,
    topics,
    users,
)
from sandbox.github.api import Api
from sandbox.github.courier import Courier
from sandbox.github.faults import Faults, Faulty
from sandbox.github.gateway import Gateway
from sandbox.github.git import Repositories, smart_http
from sandbox.github.limits import RateLimit
from sandbox.github.seed import seed
from sandbox.github.store import Store
from sandbox.github.workflows import downloads
from sandbox.github.workflows.door import Door
from sandbox.github.world import ORGANIZATION, Places, World

MODULES = (
    meta,
    installations,
    organization,
    users,
    teams,
    team_members,
    team_repositories,
    repositories,
    forks,
    collaborators,
    topics,
    labels,
    issues,
    assignees,
    issue_labels,
    issue_comments,
    rulesets,
    protection,
    hooks,
    environments,
    graphql,
    actions_secrets,
    actions_variables,
    actions_permissions,
    actions_workflows,
    actions_runs,
    actions_jobs,
    actions_artifacts,
    actions_reviews,
    contents,
    comparisons,
    pulls,
    pull_merges,
    review_requests,
    reviews,
    review_comments,
    check_runs,
    check_suites,
    statuses,
    deployments,
    releases,
    tags,
    commits,
    refs,
)
"""Every resource; the order matters only where two patterns match one path."""

API = "/api"


def build(places: Places, base: str, rate_limit: int) -> ASGIApp:
    """The application over the state in ``places``, seeded if need be, answering as ``base``."""
    store, git = Store(places.database), Repositories(places.repositories)
    seed(places, store, git)
    faults = Faults()
    courier = Courier(store, faults)
    limits = RateLimit(rate_limit)
    world = World(base, git, limits)
    table = [route for module in MODULES for route in module.routes.table]
    api = Api(table, store, world, courier, limits)
    gate = Gateway(store, world, courier)
    serving = smart_http(git, ORGANIZATION, gate.authorize, gate.check_update, gate.pushed)
    routes = [
        *_routes(api),
        *controls.routes(api.counts, faults),
        *Door(store, world, courier, places).routes,
        *downloads.routes(store),
        *serving.routes,
    ]
    application = Starlette(routes=routes, lifespan=_lifespan(courier))
    return Recorder(Faulty(application, faults))


def _routes(api: Api) -> list[Route]:
    async def answer(request: Request) -> Response:
        request.state.path = request.scope["raw_path"].decode("ascii")[len(API) :]
        return await api(request)

    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return [Route(f"{API}/{{path:path}}", answer, methods=methods)]


def _lifespan(courier: Courier) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_application: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(courier.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return lifespan


@dataclass
class Recorder:
    """Outermost: gives each request an id, marks each answer as the stand-in's, writes the access log."""

    application: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; lines never contain headers or queries, where tokens could stand."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        number, begun, status = str(uuid.uuid4()).upper(), time.monotonic(), 500
        scope.setdefault("state", {})["request_id"] = number

        async def mark(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update({"X-GitHub-Request-Id": number, "X-Sandbox": meta.STAND_IN})
            await send(message)

        try:
            await self.application(scope, receive, mark)
        finally:
            _log(scope, status, time.monotonic() - begun, number)


def _log(scope: Scope, status: int, seconds: float, number: str) -> None:
    state = scope["state"]
    # The undecoded path: a decoded one could hold a line break.
    line = f"{scope['method']} {scope['raw_path'].decode('latin-1')}"
    if state.get("unsupported") or "endpoint" not in scope:
        sys.stdout.write(f"unsupported: {line}\n")
    sys.stdout.write(f"{line} {status} {seconds * 1000:.0f}ms {state.get('actor') or '-'} {number}\n")
    sys.stdout.flush()
