"""Carries webhook deliveries to their receivers: signed, once each, ten seconds at most.

A delivery is a row of the database from the moment of the event, so that one still waiting when the process dies goes
out after the restart. One that was tried is never tried again by itself, just as GitHub never does.
"""

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from sandbox.github.faults import Faults, deliver
from sandbox.github.store import Database, Row, Store, dump, load, now

PATIENCE = 10.0
"""Seconds that a receiver has for its answer, all in all."""
MOST_BODY = 25 * 1024 * 1024
"""Bytes; GitHub drops a larger payload without a delivery."""
SIDE_BY_SIDE = 8
"""Deliveries under way at a time."""
KEPT = 4096
"""Characters of a receiver's answer that are kept."""


def enqueue(db: Database, hook: Row, event: str, payload: Mapping[str, object]) -> None:
    """Record a delivery to ``hook``; the courier takes it after the transaction."""
    _insert(db, hook, str(uuid.uuid4()), event, dump(payload), redelivery=False)


def enqueue_again(db: Database, hook: Row, delivery: Row) -> None:
    """Record a redelivery: the same GUID and the same payload."""
    _insert(db, hook, delivery["guid"], delivery["event"], delivery["payload"], redelivery=True)


def _insert(db: Database, hook: Row, guid: str, event: str, payload: str, *, redelivery: bool) -> None:
    if len(payload.encode()) > MOST_BODY:
        return
    config = load(hook["config"])
    db.insert(
        "deliveries",
        hook_id=hook["id"],
        guid=guid,
        event=event,
        action=load(payload).get("action"),
        redelivery=redelivery,
        url=config["url"],
        request_headers=dump(_headers(hook, guid, event, payload)),
        payload=payload,
        queued_at=now(),
    )


CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def _encoded(content_type: str, payload: str) -> bytes:
    """The request's body: what is sent, and what is signed."""
    return (urlencode({"payload": payload}) if content_type == "form" else payload).encode()


def _headers(hook: Row, guid: str, event: str, payload: str) -> dict[str, str]:
    content_type = load(hook["config"])["content_type"]
    headers = {
        "Accept": "*/*",
        "Content-Type": CONTENT_TYPES[content_type],
        "User-Agent": f"GitHub-Hookshot/{guid[:7]}",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook["id"]),
        "X-GitHub-Hook-Installation-Target-ID": str(hook["repository_id"]),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    if hook["secret"]:
        mac = hmac.new(hook["secret"].encode(), _encoded(content_type, payload), hashlib.sha256)
        headers["X-Hub-Signature-256"] = f"sha256={mac.hexdigest()}"
    return headers


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery."""

    status: str
    code: int
    headers: Mapping[str, str]
    body: str
    duration: float


def _outcome(answers: list[httpx.Response], took: float) -> Outcome:
    if not answers:
        return Outcome("failed to connect to host: lost by a fault of the sandbox", 0, {}, "", took)
    answer = answers[-1]
    reason = "OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}"
    return Outcome(reason, answer.status_code, answer.headers, answer.text[:KEPT], took)


@dataclass
class Courier:
    """Runs on the server's event loop for as long as the server does."""

    store: Store
    faults: Faults = field(default_factory=Faults)
    others: list[asyncio.Event] = field(default_factory=list)
    """Set whenever something was written, for whoever else waits for that."""
    _loop: asyncio.AbstractEventLoop | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Say, from any thread, that there may be something to deliver."""
        if self._loop is not None:
            for event in (self._news, *self.others):
                self._loop.call_soon_threadsafe(event.set)

    async def run(self) -> None:
        """Deliver until cancelled; what waits then is delivered after the next start."""
        self._loop = asyncio.get_running_loop()
        slots = asyncio.Semaphore(SIDE_BY_SIDE)
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client, asyncio.TaskGroup() as group:
            while True:
                await slots.acquire()
                delivery = await asyncio.to_thread(self._next)
                if delivery is None:
                    slots.release()
                    await self._news.wait()
                    self._news.clear()
                else:
                    task = group.create_task(self._deliver(client, delivery))
                    task.add_done_callback(lambda _: slots.release())

    def _next(self) -> Row | None:
        """The oldest delivery not tried yet; it counts as tried from here on."""
        with self.store.transaction(write=False) as db:
            if db.one("SELECT 1 AS yes FROM deliveries WHERE delivered_at IS NULL") is None:
                return None
        with self.store.transaction(write=True) as db:
            row = db.one("SELECT * FROM deliveries WHERE delivered_at IS NULL ORDER BY id")
            if row:
                db.update("deliveries", row["id"], delivered_at=now(), status="pending", status_code=0, duration=0.0)
        return row

    async def _deliver(self, client: httpx.AsyncClient, delivery: Row) -> None:
        begun = time.monotonic()
        headers = load(delivery["request_headers"])
        form = headers["Content-Type"] == CONTENT_TYPES["form"]
        body = _encoded("form" if form else "json", delivery["payload"])
        answers: list[httpx.Response] = []

        async def post() -> None:
            answers.append(await client.post(delivery["url"], content=body, headers=headers))

        try:
            async with asyncio.timeout(PATIENCE):
                await deliver(self.faults.strike("delivery", delivery["event"]), post)
            outcome = _outcome(answers, time.monotonic() - begun)
        except (TimeoutError, httpx.TimeoutException):
            outcome = Outcome("timed out", 0, {}, "", time.monotonic() - begun)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome = Outcome(f"failed to connect to host: {type(error).__name__}", 0, {}, "", time.monotonic() - begun)
        await asyncio.to_thread(self._record, delivery, outcome)

    def _record(self, delivery: Row, outcome: Outcome) -> None:
        last = {"code": outcome.code, "status": "active" if outcome.code else "failed", "message": outcome.status}
        with self.store.transaction(write=True) as db:
            db.update(
                "deliveries",
                delivery["id"],
                duration=round(outcome.duration, 3),
                status=outcome.status,
                status_code=outcome.code,
                response_headers=dump(dict(outcome.headers)),
                response_body=outcome.body,
            )
            db.update("hooks", delivery["hook_id"], last_response=dump(last))
