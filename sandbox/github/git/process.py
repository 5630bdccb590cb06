"""A git process that serves one request: fed and drained as the bytes come, never left behind."""

import asyncio
import os
import signal
import zlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.requests import Request

from sandbox.github.git.plumbing import Git

IDLE = 120.0
"""Seconds without a byte from the client, or from git, after which the request is given up."""
GRACE = 5.0
"""Seconds that git has to tidy up, at the end of its input and after SIGTERM."""
CHUNK = 65536
"""Bytes held at a time, also of a body that was compressed."""


class BadBodyError(Exception):
    """The request's body cannot be decoded."""


@asynccontextmanager
async def running(
    git: Git, *arguments: str, variables: Mapping[str, str] | None = None, descriptors: Sequence[int] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start ``git ARGUMENTS FOLDER`` in a process group of its own, which ends with the block at the latest."""
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        str(git.folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=git.home.environment | dict(variables or {}),
        cwd=git.home.root,
        pass_fds=(git.home.lock, *descriptors),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    # The end of its input lets git tidy up everything, SIGTERM its locks; the rest waits for the next sweep.
    if process.stdin:
        process.stdin.close()
    for name in (None, signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        if name:
            interrupt(process, name)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator["asyncio.Task[None]"]:
    """Do the work while the block runs, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()


def interrupt(process: asyncio.subprocess.Process, name: signal.Signals = signal.SIGTERM) -> None:
    """Signal the process and its children."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, name)


async def feed(process: asyncio.subprocess.Process, request: Request) -> None:
    """Hand the request's body to git, and the end of it, be it early.

    Raises:
        BadBodyError: it is not what its Content-Encoding says.
        ClientDisconnect: the client went away.
        TimeoutError: it went silent.
    """
    stdin = process.stdin
    assert stdin is not None  # noqa: S101 - for the type checker; it was asked for
    try:
        async for chunk in body(request):
            # A git that has seen enough closes its end; the rest of the body is read and dropped.
            with suppress(BrokenPipeError, ConnectionResetError):
                stdin.write(chunk)
                await stdin.drain()
    finally:
        # Half a pack fails its checksum; git then removes what it has of it, which it does not do on a signal.
        stdin.close()


async def interrupt_when_gone(process: asyncio.subprocess.Process, request: Request) -> None:
    """Interrupt git once the client, whose body was read, goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    interrupt(process)


async def body(request: Request) -> AsyncIterator[bytes]:
    """The request's body, decompressed, a bounded piece at a time."""
    if request.headers.get("content-encoding", "identity") == "identity":
        async for chunk in _timely(request.stream()):
            yield chunk
        return
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        async for chunk in _timely(request.stream()):
            rest = chunk
            while rest:
                yield inflater.decompress(rest, CHUNK)
                rest = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise BadBodyError(f"not gzip: {error}") from error
    if not inflater.eof:
        raise BadBodyError("the gzip body ends too early")


async def _timely(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    iterator = aiter(chunks)
    while True:
        try:
            async with asyncio.timeout(IDLE):
                chunk = await anext(iterator)
        except StopAsyncIteration:
            return
        yield chunk


async def output(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    """What git prints, as it comes.

    Raises:
        TimeoutError: nothing for too long.
    """
    while True:
        async with asyncio.timeout(IDLE):
            chunk = await stdout(process).read(CHUNK)
        if not chunk:
            return
        yield chunk


def stdout(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    """The process's standard output."""
    assert process.stdout is not None  # noqa: S101 - for the type checker; it was asked for
    return process.stdout
