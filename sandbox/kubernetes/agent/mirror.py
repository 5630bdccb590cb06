"""A live copy of one collection of the API server, as controllers keep it: list once, then follow the changes."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping

import httpx

from sandbox.kubernetes.agent.api import Api, Object, RefusedError

RELIST_AFTER = 0.5
"""Seconds before a new list when a watch broke."""

Notify = Callable[[Object, bool], None]
"""Told about an object, and whether it (still) exists."""

_log = logging.getLogger(__name__)


def key_of(item: Object) -> str:
    """``namespace/name``, or ``/name`` for what has no namespace."""
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


class Mirror:
    """The objects of a collection by key, and a call for each change."""

    def __init__(self, api: Api, path: str, notify: Notify, parameters: Mapping[str, str] | None = None) -> None:
        self.objects: dict[str, Object] = {}
        self._api, self._path, self._notify = api, path, notify
        self._parameters = dict(parameters or {})

    async def run(self) -> None:
        """Follow the collection until cancelled."""
        while True:
            try:
                version = await self._list()
                while version:
                    version = await self._follow(version)
            except (RefusedError, httpx.TransportError, json.JSONDecodeError) as error:
                _log.info("%s: %s; listing again", self._path, error)
            await asyncio.sleep(RELIST_AFTER)

    async def _list(self) -> str:
        answer = await self._api.get(self._path, **self._parameters)
        found = {key_of(item): _trimmed(item) for item in answer.get("items") or []}
        gone = [item for key, item in self.objects.items() if key not in found or _uid(found[key]) != _uid(item)]
        self.objects = found
        for item in gone:
            self._notify(item, False)
        for item in found.values():
            self._notify(item, True)
        return str(answer["metadata"]["resourceVersion"])

    async def _follow(self, version: str) -> str:
        """Apply changes until the stream ends in order; the version to go on from, empty if a new list is due."""
        async for change in self._api.watch(self._path, version, self._parameters):
            kind, item = change["type"], change["object"]
            if kind == "ERROR":
                return ""
            version = item["metadata"]["resourceVersion"]
            if kind != "BOOKMARK":
                self._apply(_trimmed(item), exists=kind != "DELETED")
        return version

    def _apply(self, item: Object, *, exists: bool) -> None:
        if exists:
            self.objects[key_of(item)] = item
        else:
            self.objects.pop(key_of(item), None)
        self._notify(item, exists)


def _trimmed(item: Object) -> Object:
    item["metadata"].pop("managedFields", None)
    return item


def _uid(item: Object) -> str:
    return str(item["metadata"]["uid"])
