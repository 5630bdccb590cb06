"""A loopback listener that answers each connection with one JSON document; no more HTTP than that needs."""

import asyncio
import http
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox.ports import LOOPBACK

REQUEST_WITHIN = 5.0
"""Seconds for a client to send its request."""
HELD_FOR = 60.0
"""Seconds for which a connection that is not HTTP stays open, unless its client closes it."""


@dataclass(frozen=True)
class Answer:
    """What a connection is told."""

    status: http.HTTPStatus
    body: dict[str, Any]
    speaks_http: bool = True
    """If not: held open while the status is OK, closed at once otherwise."""


async def listen(port: int, respond: Callable[[], Answer]) -> asyncio.Server:
    """Answer on a loopback port; ``respond`` is asked anew for each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that says nothing, too much, or goes away in the middle is no news.
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await say(reader, writer, respond())
        writer.close()

    return await asyncio.start_server(serve, LOOPBACK, port)


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Give one answer on a connection that has just been opened."""
    if answer.speaks_http:
        request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_WITHIN)
        writer.write(_response(answer, with_body=not request.startswith(b"HEAD ")))
        await writer.drain()
    elif answer.status == http.HTTPStatus.OK:
        async with asyncio.timeout(HELD_FOR):
            while await reader.read(4096):
                continue


def _response(answer: Answer, *, with_body: bool) -> bytes:
    body = json.dumps(answer.body, indent=2).encode() + b"\n"
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")
