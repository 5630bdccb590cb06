"""Faults on request: what GitHub does on a bad day, done to chosen calls, git transfers and webhook deliveries.

They are held in memory: a restart heals everything.
"""

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.github.errors import DOCUMENTATION

REST = "/api/v3"
CONTROLS = "/_sandbox/"
FOREVER = 3600.0
"""Seconds that a hanging answer is held back, unless somebody says otherwise."""
MESSAGES = {
    500: "Server Error",
    502: "Server Error",
    503: "Service unavailable",
    403: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    429: "API rate limit exceeded.",
}


class Fault(BaseModel):
    """What is to go wrong, where, and how often."""

    model_config = ConfigDict(extra="forbid")

    match: str = Field(pattern=r"^(delivery( \S+)?|(\*|[A-Z]+) /\S*)$")
    """``delivery``, ``delivery EVENT``, or a method and a path below /api/v3, e.g. ``GET /repos/*/pulls*``; git's are
    ``/openimsdk/chat.git/*``. ``*`` stands for anything."""
    kind: Literal["status", "rate-limit", "secondary", "latency", "hang", "lost", "doubled"]
    status: Literal[403, 429, 500, 502, 503] | None = None
    """Of the answer; ``status`` gives 500, ``rate-limit`` 429 and ``secondary`` 403 unless it is said."""
    count: int = Field(default=1, ge=1)
    """How often."""
    seconds: float | None = Field(default=None, ge=0, le=FOREVER)
    """How long ``latency`` and ``hang`` hold back; what ``rate-limit`` and ``secondary`` ask for in Retry-After."""
    after: bool = False
    """Do what was asked first, and lose the answer."""
    id: int = 0
    done: int = 0
    """How often it struck."""


@dataclass
class Faults:
    """Those that are to come."""

    _faults: list[Fault] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> Fault:
        """Let it strike from now on."""
        with self._lock:
            fault.id = next(self._numbers)
            self._faults.append(fault)
            return fault

    def all(self) -> list[Fault]:
        """Every fault, those included that have struck as often as they should."""
        with self._lock:
            return [fault.model_copy() for fault in self._faults]

    def clear(self) -> None:
        """Heal everything."""
        with self._lock:
            self._faults.clear()

    def strike(self, what: str, path: str) -> Fault | None:
        """The first fault meant for a call (its method and path) or a delivery (its event); it is used up once."""
        with self._lock:
            for fault in self._faults:
                if fault.done < fault.count and _fits(fault.match, what, path):
                    fault.done += 1
                    return fault.model_copy()
        return None


def _fits(match: str, what: str, path: str) -> bool:
    wanted, _, pattern = match.partition(" ")
    return wanted in {"*", what} and fnmatchcase(path, pattern or "*") and (wanted != "*" or what != "delivery")


@dataclass
class Faulty:
    """An ASGI application that goes wrong where a fault says so; the sandbox's own controls never do."""

    application: ASGIApp
    faults: Faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or fail to."""
        path = scope.get("path", "")
        own = scope["type"] != "http" or path.startswith(CONTROLS)
        fault = None if own else self.faults.strike(scope["method"], path.removeprefix(REST))
        if fault is None:
            await self.application(scope, receive, send)
            return
        scope["endpoint"] = self
        if fault.after:
            await self.application(scope, receive, _nowhere)
        await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind in {"latency", "hang"}:
            await asyncio.sleep(_wait(fault))
        if fault.kind == "latency" and not fault.after:
            await self.application(scope, receive, send)
            return
        await _answer(fault)(scope, receive, send)


async def _nowhere(_message: Message) -> None:
    """Lose an answer."""


def _answer(fault: Fault) -> Response:
    status = fault.status or {"secondary": 403, "rate-limit": 429}.get(fault.kind, 500)
    headers: dict[str, str] = {}
    if fault.kind in {"secondary", "rate-limit"}:
        wait = int(fault.seconds if fault.seconds is not None else 60)
        headers = {"Retry-After": str(wait)}
        if fault.kind == "rate-limit":
            headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + wait)}
    message = MESSAGES[403] if fault.kind == "secondary" else MESSAGES[status]
    document = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return JSONResponse(document, status, headers)


Post = Callable[[], Awaitable[None]]


async def deliver(fault: Fault | None, post: Post) -> None:
    """Post a delivery as a fault has it: late, twice, or not at all."""
    if fault is None:
        await post()
    elif fault.kind == "doubled":
        await post()
        await post()
    elif fault.kind in {"latency", "hang"}:
        await asyncio.sleep(_wait(fault))
        await post()


def _wait(fault: Fault) -> float:
    if fault.seconds is not None:
        return fault.seconds
    return FOREVER if fault.kind == "hang" else 1.0
