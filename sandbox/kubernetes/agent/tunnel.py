"""The way from the API server to pods: it asks here to be connected, as it asks konnectivity in a real cluster.

So the proxy of Services and pods (``…/services/<name>:<port>/proxy/…``) answers with nothing but a kubeconfig.
What is reached is the program of one container, not the Service: the API server has chosen the pod already.
(Kubernetes documents: Set up Konnectivity service; KEP 1281, Network Proxy: HTTP CONNECT over mutual TLS.)
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from sandbox.kubernetes.agent.listener import REQUEST_WITHIN, Answer, say
from sandbox.ports import LOOPBACK

Reach = Callable[[str, int], Answer | None]
"""What the program on a port of a pod's address says; None where nothing listens there."""


async def tunnel(port: int, reach: Reach, trust: ssl.SSLContext) -> asyncio.Server:
    """Connect whoever shows a certificate of this cluster to pods, on a loopback port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that says nothing, too much, or goes away in the middle is no news.
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await _serve(reader, writer, reach)
        writer.close()

    return await asyncio.start_server(serve, LOOPBACK, port, ssl=trust)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reach: Reach) -> None:
    request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_WITHIN)
    method, _, rest = request.decode("latin-1").partition(" ")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    answer = reach(host.strip("[]"), int(port)) if method == "CONNECT" and port.isdecimal() else None
    status = HTTPStatus.OK if answer else HTTPStatus.BAD_GATEWAY
    writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n\r\n".encode())
    await writer.drain()
    if answer:
        await say(reader, writer, answer)
