"""Live lists of objects, kept current by one watch per kind and namespace that all waiting tasks share."""

import asyncio

import httpx

from sandbox.plugins.kubernetes.api import Api, ApiError, Resource
from sandbox.plugins.kubernetes.errors import UnreachableError
from sandbox.plugins.kubernetes.objects import Kind, name_of, pluck
from sandbox.plugins.kubernetes.values import JsonObject

RETRY_SECONDS = 1.0
"""Between attempts to watch again after the API server hung up or refused."""


class Informer:
    """The objects of one kind in one namespace, as last heard of."""

    def __init__(self) -> None:
        self.objects: dict[str, JsonObject] = {}
        self.changed_at = 0.0
        """Loop time of the last event."""
        self.listed = asyncio.Event()
        """Set once the first list is in."""


class Informers:
    """All informers of one cluster; they start when first asked for and end with the plugin."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._informers: dict[tuple[Resource, str], Informer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def on(self, kind: Kind, namespace: str) -> Informer:
        """The informer of a kind in a namespace, with its first list in."""
        resource = await self._api.resource(kind)
        key = (resource, namespace if resource.namespaced else "")
        if key not in self._informers:
            self._informers[key] = Informer()
            task = asyncio.create_task(self._follow(kind, *key, self._informers[key]))
            self._tasks.add(task)
        await self._informers[key].listed.wait()
        return self._informers[key]

    async def news(self, seconds: float) -> None:
        """Wait until anything changed, for ``seconds`` at most."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return

    async def _follow(self, kind: Kind, resource: Resource, namespace: str, informer: Informer) -> None:
        """List and watch for ever; who may not list sees nothing, as with the official plugin."""
        while True:
            try:
                version = await self._list(kind, resource, namespace, informer)
                async with self._api.watch(resource, namespace, version) as events:
                    async for event in events:
                        if not self._take(informer, event):
                            break
            except (ApiError, UnreachableError, httpx.HTTPError, ValueError):  # ValueError: a line that broke off
                informer.listed.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _list(self, kind: Kind, resource: Resource, namespace: str, informer: Informer) -> str:
        found = await self._api.listing(resource, namespace)
        said = {"apiVersion": kind.api_version, "kind": kind.name}  # a list leaves it out of its items
        informer.objects = {name_of(obj): {**said, **obj} for obj in found.get("items") or []}
        informer.listed.set()
        self._announce(informer)
        return str(pluck(found, "metadata", "resourceVersion") or "")

    def _take(self, informer: Informer, event: JsonObject) -> bool:
        """Note one event; False if the watch has to begin anew."""
        kind, obj = event["type"], event["object"]
        if kind == "ERROR":
            return False
        if kind == "DELETED":
            informer.objects.pop(name_of(obj), None)
        elif kind != "BOOKMARK":
            informer.objects[name_of(obj)] = obj
        if kind != "BOOKMARK":
            self._announce(informer)
        return True

    def _announce(self, informer: Informer) -> None:
        informer.changed_at = asyncio.get_running_loop().time()
        self._news.set()
        self._news = asyncio.Event()
