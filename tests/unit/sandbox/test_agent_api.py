"""The node agent's client of the API server, against a slow server of this test's own."""

import asyncio
import random
import ssl

import pytest

from sandbox.kubernetes.agent import api

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CONNECTIONS = 4
SLOWNESS = 0.02
"""Seconds that an answer takes at most, so that callers leave in the middle of one."""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read requests, and answer each with an empty object."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
            await asyncio.sleep(SLOWNESS * random.random())  # noqa: S311 no secret
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def abandon_many(client: api.Api) -> None:
    """Cancel callers at every stage of their calls, also while they wait for one of the few connections."""
    for step in range(40):
        calls = [asyncio.create_task(client.patch("/x", {})) for _ in range(3 * CONNECTIONS)]
        await asyncio.sleep(step * SLOWNESS / 10)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.sleep(4 * SLOWNESS)


def test_abandoned_calls_leave_connections_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods that go in the middle of a call do not, one by one, bring the whole node to a stop."""
    monkeypatch.setattr(api, "CONNECTIONS", CONNECTIONS)

    async def scene() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        client = api.Api(f"http://{host}:{port}", ssl.create_default_context())
        await abandon_many(client)
        assert await asyncio.wait_for(client.get("/x"), 20) == {}
        server.close()

    # asyncio.run would leave no loop behind for the engine's SDK, which other tests of this process use.
    loop = asyncio.new_event_loop()
    loop.run_until_complete(scene())
    loop.close()
