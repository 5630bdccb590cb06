"""Creating, updating and deleting one object in a cluster, as ``pulumi-kubernetes`` goes about it."""

from copy import deepcopy
from dataclasses import dataclass

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.kubernetes import naming, ownership
from sandbox.plugins.kubernetes.api import CONFLICT, NOT_FOUND, Api, ApiError, NoMatchError
from sandbox.plugins.kubernetes.objects import Kind, kind_of, name_of, namespace_of, pluck, put_metadata
from sandbox.plugins.kubernetes.readiness.decision import FIVE_MINUTES, TEN_MINUTES
from sandbox.plugins.kubernetes.readiness.table import SKIP_AWAIT_ON_DELETE, SLOW_TO_GO, TABLE
from sandbox.plugins.kubernetes.values import JsonObject
from sandbox.plugins.kubernetes.waiting import Waiter

RETRY_PAUSES = (1, 2, 4, 8, 16)
"""Seconds between attempts to create what depends on a namespace or a definition that is about to come."""
CONFLICT_HELP = (
    "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help."
)


class NamespaceMissingError(PluginError):
    """A dry run into a namespace that does not exist yet: nothing can be said before it does."""


class FieldConflictError(PluginError):
    """Another manager owns a field that was to be applied."""


@dataclass(frozen=True)
class Write:
    """One object to write."""

    urn: str
    inputs: JsonObject
    manager: str
    seconds: float
    """The resource option's timeout, 0 if it has none."""
    preview: bool


@dataclass(frozen=True)
class Lifecycle:
    """The operations on objects of one cluster."""

    api: Api
    waiter: Waiter
    upsert: bool
    patch_force: bool

    async def create(self, write: Write) -> JsonObject:
        """Create the object and wait until it is ready.

        Raises:
            ApiError, NoMatchError, FieldConflictError: It was not created.
            NamespaceMissingError: A preview cannot tell.
            UnreadyError: It exists, but is not ready.
        """
        live = await self._created(write)
        if write.preview:
            return live
        await self._ready(write, live)
        return await self._reread(live)

    async def update(self, write: Write, name: str, ignored: list[str]) -> JsonObject:
        """Apply the inputs to the object and wait until it is ready (raises as ``create``)."""
        kind = kind_of(write.inputs)
        before = await self.api.get(kind, namespace_of(write.inputs), name)
        if kind.name == "CustomResourceDefinition":
            inputs = deepcopy(write.inputs)
            put_metadata(inputs, "resourceVersion", pluck(before, "metadata", "resourceVersion"))
            live = await self.api.replace(inputs, write.manager, dry_run=write.preview)
        else:
            live = await self._applied(write, before, ignored)
        if write.preview:
            return live
        await self._ready(write, live)
        return await self._reread(live)

    async def delete(self, inputs: JsonObject, kind: Kind, namespace: str, name: str, seconds: float) -> None:
        """Delete the object and wait until it is gone; one that does not exist is fine."""
        try:
            await self.api.delete(kind, namespace, name, naming.deletion_propagation(inputs))
        except (ApiError, NoMatchError) as error:
            if isinstance(error, ApiError) and error.code != NOT_FOUND:
                raise
            return
        if naming.is_true(inputs, naming.SKIP_AWAIT) and kind.name in SKIP_AWAIT_ON_DELETE:
            return
        default = TEN_MINUTES if kind.name in SLOW_TO_GO else FIVE_MINUTES
        await self.waiter.until_gone(kind, namespace, name, naming.timeout(inputs, seconds, default))

    async def _created(self, write: Write) -> JsonObject:
        for attempt, pause in enumerate((*RETRY_PAUSES, None)):
            try:
                return await self._create_once(write)
            except (ApiError, NoMatchError) as error:
                missing = isinstance(error, NoMatchError) or error.code == NOT_FOUND
                if write.preview and isinstance(error, ApiError) and missing and error.about == "namespaces":
                    raise NamespaceMissingError from error
                if not missing or pause is None or self.waiter.cancelled.is_set():
                    raise
                await self.waiter.engine.status(write.urn, f"Retry #{attempt}; creation failed: {error}")
            await self.waiter.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _create_once(self, write: Write) -> JsonObject:
        if not self.upsert:
            return await self.api.create(write.inputs, write.manager, dry_run=write.preview)
        return await self._apply(write, write.inputs, force=write.preview)

    async def _applied(self, write: Write, before: JsonObject, ignored: list[str]) -> JsonObject:
        if not write.preview:
            before = await self._taken_over(before, write.manager)
        inputs = deepcopy(write.inputs)
        ownership.keep_ignored(inputs, before, ignored, write.manager)
        return await self._apply(write, inputs, force=write.preview and ownership.made_by_us(before))

    async def _taken_over(self, live: JsonObject, manager: str) -> JsonObject:
        """Make the fields ours that kubectl or our own create wrote; again if a controller was quicker."""
        for last in (False, False, True):
            handover = ownership.takeover(live, manager)
            try:
                return await self.api.json_patch(live, handover) if handover else live
            except ApiError as error:
                if error.code != CONFLICT or last:
                    raise
            live = await self.api.get(kind_of(live), namespace_of(live), name_of(live))
        raise AssertionError("the last attempt returns or raises")

    async def _apply(self, write: Write, inputs: JsonObject, *, force: bool) -> JsonObject:
        forced = force or self.patch_force or naming.is_true(inputs, naming.PATCH_FORCE)
        try:
            return await self.api.apply(inputs, write.manager, force=forced, dry_run=write.preview)
        except ApiError as error:
            if error.code != CONFLICT:
                raise
            owner = f'The resource managed by field manager "{write.manager}" had an apply conflict: {error}'
            raise FieldConflictError(f"{CONFLICT_HELP}\n{owner}") from error

    async def _ready(self, write: Write, live: JsonObject) -> None:
        readiness = TABLE.get(kind_of(live))
        if readiness is None or naming.is_true(write.inputs, naming.SKIP_AWAIT):
            return
        seconds = naming.timeout(write.inputs, write.seconds, readiness.timeout)
        await self.waiter.until_ready(readiness, write.urn, live, seconds)

    async def _reread(self, live: JsonObject) -> JsonObject:
        """The object as it is now; it exists, so that no failure to look again may be reported as one to create."""
        try:
            return await self.api.get(kind_of(live), namespace_of(live), name_of(live))
        except ApiError:
            return live
