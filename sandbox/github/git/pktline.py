"""Git's packet lines, and the one change made to them on their way: a refused ref's reason.

Git names the hook that refused ("pre-receive hook declined"); GitHub names the cause. Source: gitprotocol-pack(5),
"Report Status"; gitprotocol-common(5), "pkt-line Format".
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator

FLUSH = b"0000"
HEADER = 4
REPORT_BAND = b"\x01"
BANDS = (REPORT_BAND, b"\x02", b"\x03")
CHUNK = 990
"""Payload of one side-band packet; fits the oldest clients' limit of 1,000 bytes."""
DECLINED = "push declined due to repository rule violations"


def packet(payload: bytes) -> bytes:
    """The payload with its length in front."""
    return b"%04x%b" % (len(payload) + HEADER, payload)


async def packets(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The payload of each packet until the stream ends, whole or not; empty for a flush."""
    try:
        while True:
            length = int(await stream.readexactly(HEADER), 16)
            yield await stream.readexactly(length - HEADER) if length > HEADER else b""
    except asyncio.IncompleteReadError:
        return


async def explained(stream: asyncio.StreamReader, refused: Collection[str]) -> AsyncIterator[bytes]:
    """The answer of git-receive-pack, with ``DECLINED`` as the reason of each refused ref."""
    report = b""
    async for payload in packets(stream):
        if payload[:1] == REPORT_BAND:
            report += payload[1:]
        elif payload[:1] in BANDS:
            yield packet(payload)
        elif payload:
            yield packet(_line(payload, refused))
        else:
            for piece in _banded(_lines(report, refused)):
                yield piece
            report = b""
            yield FLUSH


def _lines(report: bytes, refused: Collection[str]) -> bytes:
    done = b""
    while report:
        length = int(report[:HEADER], 16) or HEADER
        payload, report = report[HEADER:length], report[length:]
        done += packet(_line(payload, refused)) if payload else FLUSH
    return done


def _line(payload: bytes, refused: Collection[str]) -> bytes:
    status, _, rest = payload.decode(errors="surrogateescape").partition(" ")
    ref = rest.split(" ", 1)[0]
    return f"ng {ref} {DECLINED}\n".encode(errors="surrogateescape") if status == "ng" and ref in refused else payload


def _banded(report: bytes) -> Iterator[bytes]:
    for start in range(0, len(report), CHUNK):
        yield packet(REPORT_BAND + report[start : start + CHUNK])
