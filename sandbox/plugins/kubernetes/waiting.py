"""Waiting for an object to become ready, and to be gone."""

import asyncio
from dataclasses import dataclass

from sandbox.plugins.kubernetes.api import NOT_FOUND, Api, ApiError
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.errors import OperationError
from sandbox.plugins.kubernetes.informer import Informer, Informers
from sandbox.plugins.kubernetes.objects import Kind, kind_of, name_of, namespace_of, pluck
from sandbox.plugins.kubernetes.readiness.decision import Decision, Done, Failed, Observation, Readiness, Waiting
from sandbox.plugins.kubernetes.values import JsonObject

SETTLING_SECONDS = 1.0
"""Endpoints must have been quiet for this long. The official plugin takes ten."""
DEBOUNCE_SECONDS = 0.1
"""Events come in bursts; one decision per burst is enough."""
REPORT_SECONDS = 10.0
"""Between two reports of what goes wrong meanwhile."""
GONE_POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Between two looks whether an object is gone; the last one repeats."""


class UnreadyError(Exception):
    """The object exists and is not ready; ``reasons`` say why."""

    def __init__(self, message: str, live: JsonObject, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons


@dataclass(frozen=True)
class Waiter:
    """Waits on behalf of one cluster's operations."""

    api: Api
    informers: Informers
    engine: Engine
    cancelled: asyncio.Event

    async def until_ready(self, readiness: Readiness, urn: str, live: JsonObject, seconds: float) -> None:
        """Return when the object, as it was just written, is ready.

        Raises:
            UnreadyError: The time is up, the update was cancelled, or it will never be ready.
        """
        clock = asyncio.get_running_loop().time
        deadline, next_report, shown = clock() + seconds, clock() + REPORT_SECONDS, ""
        own, related = await self._watch(readiness, live)
        while True:
            current, decision = self._decide(readiness, live, own, related)
            if isinstance(decision, Done):
                return await self.engine.status(urn, decision.message)
            if isinstance(decision, Failed):
                raise _initialization_error(current, decision.reasons)
            if decision.message != shown:
                await self.engine.status(urn, shown := decision.message)
            if clock() >= next_report:
                next_report = clock() + REPORT_SECONDS
                for warning in decision.warnings:
                    await self.engine.status_warning(urn, warning)
            self._give_up(current, decision, late=clock() >= deadline)
            await self._pause(min(SETTLING_SECONDS, max(deadline - clock(), 0)))

    async def check(self, readiness: Readiness, live: JsonObject) -> None:
        """Raise UnreadyError if a live object is not ready right now."""
        related = {}
        for kind in readiness.related:
            try:
                found = await self.api.listing(await self.api.resource(kind), namespace_of(live))
            except ApiError:
                found = {}  # who may not list sees nothing
            related[kind] = tuple(found.get("items") or [])
        decision = readiness.decide(Observation(live, related))
        if not isinstance(decision, Done):
            raise _initialization_error(live, decision.reasons)

    async def until_gone(self, kind: Kind, namespace: str, name: str, seconds: float) -> None:
        """Return when the object does not exist any more.

        Raises:
            OperationError: It still exists after ``seconds``, or the update was cancelled.
        """
        clock = asyncio.get_running_loop().time
        deadline, pauses = clock() + seconds, iter(GONE_POLL_SECONDS)
        while True:
            try:
                live = await self.api.get(kind, namespace, name)
            except ApiError as error:
                if error.code == NOT_FOUND:
                    return
                raise
            if clock() >= deadline or self.cancelled.is_set():
                raise OperationError(_still_there(kind, live, cancelled=self.cancelled.is_set()))
            await self.sleep(next(pauses, GONE_POLL_SECONDS[-1]))

    async def _watch(self, readiness: Readiness, live: JsonObject) -> tuple[Informer, dict[Kind, Informer]]:
        own = await self.informers.on(kind_of(live), namespace_of(live))
        return own, {kind: await self.informers.on(kind, namespace_of(live)) for kind in readiness.related}

    def _decide(
        self,
        readiness: Readiness,
        written: JsonObject,
        own: Informer,
        related: dict[Kind, Informer],
    ) -> tuple[JsonObject, Decision]:
        seen = own.objects.get(name_of(written))
        current = written if seen is None or _version(seen) < _version(written) else seen
        quiet_since = max((informer.changed_at for informer in related.values()), default=0.0)
        settled = asyncio.get_running_loop().time() - quiet_since >= SETTLING_SECONDS
        objects = {kind: tuple(informer.objects.values()) for kind, informer in related.items()}
        return current, readiness.decide(Observation(current, objects, settled))

    def _give_up(self, current: JsonObject, decision: Waiting, *, late: bool) -> None:
        if self.cancelled.is_set():
            message = f'Resource operation was cancelled for "{name_of(current)}"'
            raise UnreadyError(message, current, decision.reasons)
        if late:
            raise UnreadyError(f"'{name_of(current)}' timed out waiting to be Ready", current, decision.reasons)

    async def _pause(self, seconds: float) -> None:
        """Until something changes, or for ``seconds``."""
        news = asyncio.ensure_future(self.informers.news(seconds))
        cancelled = asyncio.ensure_future(self.cancelled.wait())
        await asyncio.wait({news, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        for task in (news, cancelled):
            task.cancel()
        if not self.cancelled.is_set():
            await asyncio.sleep(min(DEBOUNCE_SECONDS, seconds))

    async def sleep(self, seconds: float) -> None:
        """For ``seconds``, or until the update is cancelled."""
        try:
            await asyncio.wait_for(self.cancelled.wait(), seconds)
        except TimeoutError:
            return


def _initialization_error(live: JsonObject, reasons: tuple[str, ...]) -> UnreadyError:
    return UnreadyError(f"Resource '{name_of(live)}' was created but failed to initialize", live, reasons)


def _version(obj: JsonObject) -> int:
    """Resource versions grow; an informer may still hold what was before the write."""
    return int(pluck(obj, "metadata", "resourceVersion") or 0)


def _still_there(kind: Kind, live: JsonObject, *, cancelled: bool) -> str:
    finalizers = ", ".join(pluck(live, "metadata", "finalizers") or [])
    why = f" (finalizers might be preventing deletion: {finalizers})" if finalizers else ""
    event = "was cancelled while waiting" if cancelled else "timed out waiting"
    return f'{event} for deletion of {kind} "{name_of(live)}"{why}'
