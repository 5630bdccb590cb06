"""Smart HTTP: clone, fetch and push for git clients, as gitprotocol-http(5) has it.

Git does the work (``upload-pack`` and ``receive-pack``, stateless); this room lets callers in, streams both ways in
bounded memory, and answers with the status and the words that git clients know from GitHub.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from sandbox.github.git import pktline, process
from sandbox.github.git.access import Access, Authorize, Denial, DeniedError
from sandbox.github.git.plumbing import Git
from sandbox.github.git.push import CheckUpdate, Push, Pushed
from sandbox.github.git.repositories import Repositories

A = TypeVar("A")

SERVICES = ("git-upload-pack", "git-receive-pack")
PROTOCOL = re.compile(r"version=[0-9](:[a-z0-9=-]+)*")
"""What of a Git-Protocol header is passed on."""

log = logging.getLogger(__name__)


def smart_http(
    repositories: Repositories, owner: str, authorize: Authorize[A], check_update: CheckUpdate[A], pushed: Pushed[A]
) -> Router:
    """The ASGI app; mount it at the root, or take its ``routes``.

    All callables are called in worker threads, several at once.

    Args:
        repositories: What is served.
        owner: The organisation in the addresses, ``/{owner}/{repository}.git``; ``.git`` may be left out.
        authorize: Gets the Authorization header (None without one), the repository's name as it was written, and
            whether it is to be written to; returns the caller, which is only handed on, or a ``Denial``.
        check_update: Gets one ref update and the caller while the push's objects are in quarantine; returns every
            reason against it. The ref is refused, the reasons are shown to the pusher. Raising refuses as well.
        pushed: Gets the repository, the updates that were made and the caller, before the pusher hears of success.
    """
    access = Access(owner, repositories, authorize)
    return Router(
        [
            Route("/{owner}/{repository}/info/refs", Advertisement(access), methods=["GET"]),
            Route("/{owner}/{repository}/git-upload-pack", Upload(access), methods=["POST"]),
            Route("/{owner}/{repository}/git-receive-pack", Receipt(access, check_update, pushed), methods=["POST"]),
        ]
    )


class Reply:
    """A response that starts with its first bytes, so that a failure before them still gets a status of its own."""

    def __init__(self, send: Send, media_type: str) -> None:
        self._send, self._media_type = send, media_type
        self.started = False

    async def relay(self, chunks: AsyncIterator[bytes]) -> None:
        """Send all chunks."""
        async for chunk in chunks:
            await self._start()
            await self._write(chunk, more=True)

    async def end(self) -> None:
        """Complete the response."""
        await self._start()
        await self._write(b"", more=False)

    async def _start(self) -> None:
        if not self.started:
            self.started = True
            headers = [(b"content-type", self._media_type.encode()), (b"cache-control", b"no-cache")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _write(self, chunk: bytes, *, more: bool) -> None:
        async with asyncio.timeout(process.IDLE):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": more})


class Endpoint(Generic[A]):
    """What the three addresses have in common: an ASGI app that turns failures into answers."""

    def __init__(self, access: Access[A]) -> None:
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            reply = await self._answer(request, send)
            await reply.end()
        except DeniedError as refused:
            await _denied(refused.denial)(scope, receive, send)
        except (ClientDisconnect, TimeoutError) as error:
            # Nobody is there to be answered; a response that was begun is cut off, which git clients notice.
            log.info("%s was given up: %s", request.url.path, type(error).__name__)

    async def _answer(self, request: Request, send: Send) -> Reply:
        raise NotImplementedError

    async def _enter(self, request: Request, *, write: bool) -> tuple[str, Git, A]:
        return await asyncio.to_thread(self._access.enter, request, write=write)


def _denied(denial: Denial) -> PlainTextResponse:
    # Without the challenge git does not look for credentials.
    headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if denial.status == 401 else None
    return PlainTextResponse(f"{denial.message}\n", denial.status, headers)


def _variables(request: Request) -> dict[str, str]:
    wanted = request.headers.get("git-protocol", "")
    return {"GIT_PROTOCOL": wanted} if PROTOCOL.fullmatch(wanted) else {}


class Advertisement(Endpoint[A]):
    """GET info/refs: what the repository has and can."""

    async def _answer(self, request: Request, send: Send) -> Reply:
        service = request.query_params.get("service", "")
        if service not in SERVICES:
            raise DeniedError(403, "Dumb HTTP is not served: please upgrade your git client.")
        _, git, _ = await self._enter(request, write=service == "git-receive-pack")
        reply = Reply(send, f"application/x-{service}-advertisement")
        variables = _variables(request)
        if "version=2" not in variables.get("GIT_PROTOCOL", "") or service == "git-receive-pack":
            await reply.relay(_once(pktline.packet(f"# service={service}\n".encode()) + pktline.FLUSH))
        arguments = (service.removeprefix("git-"), "--stateless-rpc", "--advertise-refs")
        async with process.running(git, *arguments, variables=variables) as running:
            await reply.relay(process.output(running))
        return reply


async def _once(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


def _check_type(request: Request, service: str) -> None:
    expected = f"application/x-{service}-request"
    if request.headers.get("content-type") != expected:
        raise DeniedError(415, f"The Content-Type must be {expected}.")
    if (encoding := request.headers.get("content-encoding", "identity")) not in ("identity", "gzip", "x-gzip"):
        raise DeniedError(415, f"The Content-Encoding {encoding} is not understood; use gzip.")


def _settle(feeding: "asyncio.Task[None]", reply: Reply) -> None:
    # Git has ended. Was it because the body failed, then the caller hears of it while that is still possible.
    if not feeding.done():
        return
    try:
        feeding.result()
    except process.BadBodyError as error:
        if not reply.started:
            raise DeniedError(400, str(error)) from error


class Upload(Endpoint[A]):
    """POST git-upload-pack: one round of a clone or fetch."""

    async def _answer(self, request: Request, send: Send) -> Reply:
        _check_type(request, "git-upload-pack")
        _, git, _ = await self._enter(request, write=False)
        reply = Reply(send, "application/x-git-upload-pack-result")
        arguments = ("upload-pack", "--strict", "--stateless-rpc")
        async with (
            process.running(git, *arguments, variables=_variables(request)) as running,
            process.alongside(self._feed(running, request)) as feeding,
        ):
            await reply.relay(process.output(running))
            _settle(feeding, reply)
        return reply

    @staticmethod
    async def _feed(running: asyncio.subprocess.Process, request: Request) -> None:
        await process.feed(running, request)
        # Nobody reads on: packing the rest would be wasted.
        await process.interrupt_when_gone(running, request)


class Receipt(Endpoint[A]):
    """POST git-receive-pack: a push."""

    def __init__(self, access: Access[A], check_update: CheckUpdate[A], pushed: Pushed[A]) -> None:
        super().__init__(access)
        self._check_update, self._pushed = check_update, pushed

    async def _answer(self, request: Request, send: Send) -> Reply:
        _check_type(request, "git-receive-pack")
        name, git, caller = await self._enter(request, write=True)
        reply = Reply(send, "application/x-git-receive-pack-result")
        push = Push(name, git, caller, self._check_update, self._pushed)
        async with (
            push.receiving(_variables(request)) as running,
            process.alongside(process.feed(running, request)) as feeding,
        ):
            await reply.relay(pktline.explained(process.stdout(running), push.refused))
            await running.wait()
            _settle(feeding, reply)
        return reply
