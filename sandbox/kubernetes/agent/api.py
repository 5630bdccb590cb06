"""A small asynchronous client of the API server.

A call outlives restarts of the server: it is repeated until an answer comes. An answer that refuses is raised.
A caller may be cancelled at any moment; the request that is under way then still comes to its end, because httpcore
never gives a connection back whose request was cut off, until no connection is left for anybody.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Object = dict[str, Any]
"""A Kubernetes object as its JSON."""

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"

CONNECTIONS = 32
"""Open at once; watches keep one each."""
RETRY_AFTER = 0.5
"""Seconds between two tries of a call that got no answer."""
WATCH_SECONDS = 280
"""A watch is renewed after so long, below the five minutes at which servers like to end it."""

_log = logging.getLogger(__name__)


@dataclass
class RefusedError(Exception):
    """The API server answered, and the answer is no."""

    status: int
    message: str

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"


class Api:
    """One cluster's API server."""

    def __init__(self, url: str, trust: ssl.SSLContext) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS // 4)
        self._client = httpx.AsyncClient(base_url=url, verify=trust, timeout=10, limits=limits, trust_env=False)
        self._under_way: set[asyncio.Task[httpx.Response]] = set()
        """Held here: the loop itself keeps no task alive."""

    async def get(self, path: str, **parameters: str) -> Object:
        """Read an object or a collection."""
        return await self._call("GET", path, params=parameters)

    async def find(self, path: str) -> Object | None:
        """Read an object that may not exist."""
        try:
            return await self.get(path)
        except RefusedError as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def create(self, path: str, manifest: Object) -> Object:
        """Create an object in the collection ``path``."""
        return await self._call("POST", path, json=manifest)

    async def patch(self, path: str, change: Object, kind: str = STRATEGIC) -> Object:
        """Change an object."""
        content = json.dumps(change)
        return await self._call("PATCH", path, content=content, headers={"Content-Type": kind})

    async def delete(self, path: str, options: Object) -> None:
        """Delete an object; one that is gone already counts as deleted."""
        try:
            await self._call("DELETE", path, json=options)
        except RefusedError as refused:
            if refused.status not in {httpx.codes.NOT_FOUND, httpx.codes.CONFLICT}:
                raise

    async def watch(self, path: str, version: str, parameters: Mapping[str, str]) -> AsyncIterator[Object]:
        """The changes of a collection after ``version``, until the server or the network ends the stream."""
        query = {**parameters, "watch": "1", "resourceVersion": version, "allowWatchBookmarks": "1"}
        query["timeoutSeconds"] = str(WATCH_SECONDS)
        patience = httpx.Timeout(10, read=WATCH_SECONDS + 20)
        async with self._client.stream("GET", path, params=query, timeout=patience) as answer:
            if answer.is_error:
                raise RefusedError(answer.status_code, "the watch was refused")
            async for line in answer.aiter_lines():
                yield json.loads(line)

    async def _call(self, method: str, path: str, **content: Any) -> Object:
        while True:
            try:
                answer = await asyncio.shield(self._request(method, path, **content))
            except httpx.TransportError as error:
                _log.debug("%s %s: %s", method, path, error)
            else:
                if not _is_passing_trouble(answer):
                    return _accepted(answer)
            await asyncio.sleep(RETRY_AFTER)

    def _request(self, method: str, path: str, **content: Any) -> "asyncio.Task[httpx.Response]":
        task = asyncio.create_task(self._client.request(method, path, **content))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[httpx.Response]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Read, since whoever asked may have gone; asyncio complains of errors that nobody has read.
            task.exception()


def _is_passing_trouble(answer: httpx.Response) -> bool:
    return answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS


def _accepted(answer: httpx.Response) -> Object:
    if answer.is_error:
        is_status = answer.headers.get("Content-Type", "").startswith("application/json")
        raise RefusedError(answer.status_code, answer.json()["message"] if is_status else answer.text)
    body: Object = answer.json()
    return body
