"""The Kubernetes API as the plugin uses it: discovery, five verbs and watches over one pooled connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.kubernetes.errors import UnreachableError
from sandbox.plugins.kubernetes.kubeconfig import Connection
from sandbox.plugins.kubernetes.objects import Kind, kind_of, name_of, namespace_of, pluck
from sandbox.plugins.kubernetes.values import JsonObject

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
APPLY = "application/apply-patch+yaml"
CONNECTIONS = 24
"""Requests under way at once; more only queue up in an API server that shares two cores with everything else."""
BUSY_PAUSES = (1, 2, 4)
"""Seconds before asking again a server that has too much to do; it has not begun what it turned away."""
NOT_FOUND, CONFLICT, FORBIDDEN = 404, 409, 403


class ApiError(PluginError):
    """The API server refused; the text is its own."""

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        super().__init__(str(status.get("message") or f"HTTP {code}"))
        self.code = code
        self.reason = str(status.get("reason", ""))
        self.about = str(pluck(status, "details", "kind") or "")
        """The plural of what the refusal is about, e.g. ``namespaces``."""


class NoMatchError(PluginError):
    """The cluster knows no such kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(f'no matches for kind "{kind.name}" in version "{kind.api_version}"')


@dataclass(frozen=True)
class Resource:
    """How a kind is addressed."""

    prefix: str
    """``/api/v1`` or ``/apis/apps/v1``."""
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of one object, or of all in a namespace."""
        scope = f"/namespaces/{namespace or 'default'}" if self.namespaced else ""
        return f"{self.prefix}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Api:
    """One cluster. Safe to use from any number of tasks at once."""

    def __init__(self, connection: Connection) -> None:
        headers = {"Authorization": f"Bearer {connection.token}"} if connection.token else {}
        self._http = httpx.AsyncClient(
            base_url=connection.server,
            verify=connection.verify,
            headers=headers,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=CONNECTIONS),
            timeout=httpx.Timeout(30, pool=None),
            trust_env=False,
        )
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._known: dict[Kind, Resource] = {}
        self._discovering = asyncio.Lock()

    async def discover(self) -> None:
        """Learn the cluster's kinds anew.

        Raises:
            UnreachableError: The cluster is out of reach.
            ApiError: It does not accept the credentials.
        """
        found: dict[Kind, Resource] = {}
        for root in ("/api", "/apis"):
            for group in (await self._request("GET", root, headers={"Accept": DISCOVERY}))["items"]:
                found |= _resources(root, group)
        self._known = found

    async def resource(self, kind: Kind) -> Resource:
        """How to address a kind; asks the cluster again about one that is new, as after a CRD.

        Raises:
            NoMatchError: There is no such kind.
        """
        if kind not in self._known:
            before = self._known
            async with self._discovering:
                if self._known is before:
                    await self.discover()
        if kind not in self._known:
            raise NoMatchError(kind)
        return self._known[kind]

    async def get(self, kind: Kind, namespace: str, name: str) -> JsonObject:
        """The live object."""
        return await self._request("GET", (await self.resource(kind)).path(namespace, name))

    async def listing(self, resource: Resource, namespace: str) -> JsonObject:
        """All objects of a kind in a namespace, as the API's list."""
        return await self._request("GET", resource.path(namespace))

    async def create(self, obj: JsonObject, manager: str, *, dry_run: bool) -> JsonObject:
        """Create; an object that exists is refused, and so is a field that does not."""
        path = (await self.resource(kind_of(obj))).path(namespace_of(obj))
        params = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        return await self._request("POST", path, params=params, content=json.dumps(obj))

    async def apply(self, obj: JsonObject, manager: str, *, force: bool, dry_run: bool) -> JsonObject:
        """Server-side apply: fields that this manager applied before and now leaves out are removed."""
        params = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict", **_dry(dry_run)}
        return await self._patch(obj, APPLY, obj, params)

    async def json_patch(self, obj: JsonObject, operations: list[JsonObject]) -> JsonObject:
        """Apply JSON patch operations to an object."""
        return await self._patch(obj, "application/json-patch+json", operations, {})

    async def replace(self, obj: JsonObject, manager: str, *, dry_run: bool) -> JsonObject:
        """Put the object in place of the one with its resourceVersion."""
        path = (await self.resource(kind_of(obj))).path(namespace_of(obj), name_of(obj))
        params = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        return await self._request("PUT", path, params=params, content=json.dumps(obj))

    async def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> None:
        """Ask for deletion; it may take a while."""
        body = json.dumps({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation})
        await self._request("DELETE", (await self.resource(kind)).path(namespace, name), content=body)

    @asynccontextmanager
    async def watch(self, resource: Resource, namespace: str, version: str) -> AsyncIterator[AsyncIterator[JsonObject]]:
        """Events after ``version``, until the server ends the stream."""
        params = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        quiet = httpx.Timeout(30, read=None, pool=None)
        async with self._http.stream("GET", resource.path(namespace), params=params, timeout=quiet) as response:
            if response.is_error:
                raise ApiError(response.status_code, _status(await response.aread()))
            yield _events(response)

    async def _patch(self, obj: JsonObject, media: str, body: Any, params: dict[str, str]) -> JsonObject:
        path = (await self.resource(kind_of(obj))).path(namespace_of(obj), name_of(obj))
        headers = {"Content-Type": media}
        return await self._request("PATCH", path, params=params, content=json.dumps(body), headers=headers)

    async def _request(self, method: str, path: str, **options: Any) -> JsonObject:
        options["headers"] = {"Content-Type": "application/json", **options.get("headers", {})}
        for pause in (*BUSY_PAUSES, None):
            try:
                async with self._places:
                    response = await self._http.request(method, path, **options)
            except httpx.HTTPError as error:
                raise UnreachableError(f"{method} {self._http.base_url.join(path)}: {error or type(error)}") from error
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS or pause is None:
                break
            await asyncio.sleep(pause)
        if response.is_error:
            raise ApiError(response.status_code, _status(response.content))
        answer: JsonObject = response.json()
        return answer


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _status(content: bytes) -> Mapping[str, Any]:
    try:
        status = json.loads(content)
    except ValueError:
        return {"message": content.decode(errors="replace").strip()}
    return status if isinstance(status, Mapping) else {}


def _resources(root: str, group: JsonObject) -> dict[Kind, Resource]:
    """The kinds of one API group, in every version that is served."""
    name = str(pluck(group, "metadata", "name") or "")
    found = {}
    for version in group["versions"]:
        prefix = f"{root}/{name}/{version['version']}" if name else f"{root}/{version['version']}"
        for entry in version.get("resources", []):
            kind = Kind(name, version["version"], entry["responseKind"]["kind"])
            found[kind] = Resource(prefix, entry["resource"], entry["scope"] == "Namespaced")
    return found


async def _events(response: httpx.Response) -> AsyncIterator[JsonObject]:
    async for line in response.aiter_lines():
        event: JsonObject = json.loads(line)
        yield event
