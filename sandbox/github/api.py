"""The API's way from a request to an answer: who, how often, which route, one transaction, headers.

Also keeps the counts by route pattern, from which budgets of API calls are measured.
"""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.routing import Route as StarletteRoute

from sandbox.github.accounts import ANONYMOUS, Actor, authenticate
from sandbox.github.calls import Answer, Call, Route
from sandbox.github.courier import Courier
from sandbox.github.errors import RefusalError
from sandbox.github.find import READS
from sandbox.github.git import InvalidNameError
from sandbox.github.grants import check
from sandbox.github.limits import RateLimit
from sandbox.github.store import Store
from sandbox.github.world import World

VERSIONS = {"2022-11-28", "2026-03-10"}
MARKED = {200, 201}
"""Statuses whose answers carry an ETag: that of a thing just made is good for its first GET."""
UNCOUNTED = "/v3/rate_limit"
"""Asking how much is left costs nothing."""


@dataclass
class Counts:
    """Calls by ``METHOD pattern``; held in memory, so a restart starts afresh."""

    _calls: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, pattern: str) -> None:
        """Count one call."""
        with self._lock:
            self._calls[pattern] += 1

    def all(self) -> dict[str, int]:
        """Every pattern that was called."""
        with self._lock:
            return dict(sorted(self._calls.items()))

    def reset(self) -> None:
        """Start afresh."""
        with self._lock:
            self._calls.clear()


async def _unanswered(_request: Request) -> Response:
    raise NotImplementedError("the router only matches; Api answers")


@dataclass
class Api:
    """Answers every request below ``/api``."""

    table: Sequence[Route]
    store: Store
    world: World
    courier: Courier
    limits: RateLimit
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._routes = [
            (StarletteRoute(route.prefix + route.path, _unanswered, methods=[route.method]), route)
            for route in self.table
        ]

    async def __call__(self, request: Request) -> Response:
        """The answer to ``request``; ``request.state`` tells the access log who and what it was."""
        body = await request.body()
        return await run_in_threadpool(self._respond, request, body)

    def _respond(self, request: Request, body: bytes) -> Response:
        actor = ANONYMOUS
        try:
            actor = self._authenticate(request)
            if request.state.path != UNCOUNTED:
                self.limits.take(actor.login)
            answer = self._answer(request, body, actor)
        except RefusalError as refusal:
            answer = Answer(refusal.document(), refusal.status)
        except InvalidNameError as error:
            answer = Answer(RefusalError(422, str(error)).document(), 422)
        return self._response(request, actor, answer)

    def _authenticate(self, request: Request) -> Actor:
        with self.store.transaction(write=False) as db:
            actor = authenticate(db, request.headers.get("authorization"))
        request.state.actor = actor.login
        return actor

    def _answer(self, request: Request, body: bytes, actor: Actor) -> Answer:
        route, parameters = self._match(request)
        self.counts.add(route.pattern)
        _check_version(request.headers)
        data = _decoded(body)
        with self.store.transaction(write=request.method not in READS) as db:
            call = Call(
                method=request.method,
                url=f"{self.world.base}/api{request.state.path}",
                parameters=parameters,
                query=dict(request.query_params),
                headers=request.headers,
                data=data,
                actor=actor,
                db=db,
                world=self.world,
            )
            check(call, route.path)
            answer = route.handler(call)
        if request.method not in READS:
            self.courier.wake()
        return answer

    def _match(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        """The route of a request. Matching the undecoded path keeps ``%2F`` inside one segment."""
        scope = {"type": "http", "path": request.state.path, "method": _method(request), "root_path": ""}
        for pattern, route in self._routes:
            match, child = pattern.matches(scope)
            if match is Match.FULL:
                return route, {name: unquote(str(value)) for name, value in child["path_params"].items()}
        request.state.unsupported = True
        raise RefusalError(404, "Not Found")

    def _response(self, request: Request, actor: Actor, answer: Answer) -> Response:
        content = _encoded(answer.body)
        headers = dict(answer.headers) | _about(actor)
        if answer.status in MARKED:
            headers["ETag"] = f'W/"{hashlib.sha256(content).hexdigest()}"'
            headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
            headers["Vary"] = "Accept, Authorization, Cookie"
        unchanged = request.method in READS and _known(request.headers, headers.get("ETag", ""))
        if unchanged:
            self.limits.give_back(actor.login)
        headers |= self.limits.headers(actor.login)
        if unchanged:
            return Response(status_code=304, headers=headers)
        return Response(content, answer.status, headers, answer.media_type if content else None)


def _encoded(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, ensure_ascii=False).encode()


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else request.method


def _known(headers: Headers, etag: str) -> bool:
    """Whether the caller has this very answer; weak and strong marks compare alike (RFC 9110, 13.1.2)."""
    wanted = {mark.strip().removeprefix("W/") for mark in headers.get("if-none-match", "").split(",")}
    return bool(etag) and etag.removeprefix("W/") in wanted


def _about(actor: Actor) -> dict[str, str]:
    headers = {"X-GitHub-Media-Type": "github.v3; format=json", "X-GitHub-Enterprise-Version": "3.18.0"}
    if actor.kind == "classic":
        headers |= {"X-OAuth-Scopes": "admin:org, admin:repo_hook, delete_repo, repo, workflow"}
    return headers


def _check_version(headers: Headers) -> None:
    version = headers.get("x-github-api-version")
    if version and version not in VERSIONS:
        raise RefusalError(400, f"{version} is not a supported API version.")


def _decoded(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise RefusalError(400, "Problems parsing JSON") from None
