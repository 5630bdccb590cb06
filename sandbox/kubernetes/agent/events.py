"""Events, written in order by one task; the same thing happening again raises a count, as everywhere."""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict

from sandbox.kubernetes.agent.api import MERGE, Api, Object, RefusedError
from sandbox.kubernetes.agent.clock import now

BURST = 25
"""How often the same event is written; the kubelet's filter lets through as many, and hardly any after that."""
REMEMBERED = 1000
"""Events whose count can still be raised; older ones would start anew."""

_log = logging.getLogger(__name__)


class Recorder:
    """Writes events beside what they are about."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._queue: asyncio.Queue[Object] = asyncio.Queue()
        self._counts: OrderedDict[str, int] = OrderedDict()
        # A new agent counts anew, in events of its own.
        self._run = str(time.time_ns())

    def record(self, about: Object, kind: str, reason: str, message: str, *, warning: bool = False) -> None:
        """Note that ``reason`` happened to the object ``about`` of this ``kind``; written soon, never awaited."""
        metadata = about["metadata"]
        involved = {"kind": kind, "apiVersion": "v1", **{key: metadata[key] for key in ("name", "uid")}}
        # Objects without a namespace have their events in `default`.
        namespace = metadata.get("namespace", "default")
        if "namespace" in metadata:
            involved["namespace"] = namespace
        seed = "\0".join((self._run, metadata["uid"], reason, message))
        name = f"{metadata['name']}.{hashlib.sha256(seed.encode()).hexdigest()[:16]}"
        moment = now()
        self._queue.put_nowait(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": involved,
                "type": "Warning" if warning else "Normal",
                "reason": reason,
                "message": message[:1024],
                "source": {"component": "kubelet"},
                "reportingComponent": "kubelet",
                "firstTimestamp": moment,
                "lastTimestamp": moment,
                "count": 1,
            }
        )

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            event = await self._queue.get()
            try:
                await self._write(event)
            except RefusedError as refused:
                # A namespace on its way out takes no events; the pod goes with it.
                _log.info("event %s: %s", event["metadata"]["name"], refused)

    async def _write(self, event: Object) -> None:
        collection = f"/api/v1/namespaces/{event['metadata']['namespace']}/events"
        path = f"{collection}/{event['metadata']['name']}"
        count = self._counts.get(path, 0) + 1
        if count > BURST:
            return
        if count == 1:
            await self._api.create(collection, event)
        else:
            await self._api.patch(path, {"count": count, "lastTimestamp": event["lastTimestamp"]}, MERGE)
        self._counts[path] = count
        self._counts.move_to_end(path)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
