"""Create, Read, Update and Delete: requests of the engine to operations on the cluster, and their outcomes back."""

from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from sandbox.plugins.common.values import has_unknown
from sandbox.plugins.kubernetes import checkpoint, naming
from sandbox.plugins.kubernetes.api import FORBIDDEN, ApiError, NoMatchError
from sandbox.plugins.kubernetes.checkpoint import Checkpoint
from sandbox.plugins.kubernetes.errors import NotReadyError, OperationError, UnreachableError
from sandbox.plugins.kubernetes.lifecycle import FieldConflictError, NamespaceMissingError, Write
from sandbox.plugins.kubernetes.normalize import normalized
from sandbox.plugins.kubernetes.objects import kind_of, name_of, namespace_of, qualified, split_id
from sandbox.plugins.kubernetes.session import Session
from sandbox.plugins.kubernetes.values import JsonObject, Properties, plain_object
from sandbox.plugins.kubernetes.waiting import UnreadyError

DROP_FROM_STATE = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
MISSING_KIND = (
    "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. "
    "Verify that any required CRDs have been created"
)


async def create(session: Session, request: rpc.CreateRequest) -> rpc.CreateResponse:
    """Create the object, in a preview as a dry run, and wait until it is ready."""
    inputs = plain_object(request.properties)
    if request.preview and (has_unknown(inputs) or not await session.knows(kind_of(inputs))):
        return rpc.CreateResponse(properties=dict(request.properties))
    write = Write(request.urn, inputs, naming.field_manager(inputs), request.timeout, request.preview)
    try:
        live = await session.lifecycle.create(write)
    except NamespaceMissingError:
        return rpc.CreateResponse(properties=dict(request.properties))
    except NoMatchError as error:
        what = f'creation of resource "{request.urn}" with kind {kind_of(inputs)}'
        raise OperationError(f"{what} {MISSING_KIND}: {error}") from error
    except (ApiError, FieldConflictError) as error:
        if request.preview and isinstance(error, ApiError) and _is_silent(error):
            return rpc.CreateResponse(properties=dict(request.properties))
        what = f'resource "{request.urn}" was not successfully created by the Kubernetes API server'
        raise OperationError(f"{what}: {error}") from error
    except UnreadyError as error:
        what = f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported'
        message = f"{what} that it failed to fully initialize or become live: {error}"
        kept = _kept(write, error.live, request.properties)
        raise NotReadyError(message, qualified(error.live), kept, error.reasons, request.properties) from error
    return rpc.CreateResponse("" if request.preview else qualified(live), _kept(write, live, request.properties))


async def update(session: Session, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
    """Apply the inputs, in a preview as a dry run, and wait until the object is ready."""
    inputs, old = normalized(plain_object(request.news)), checkpoint.parse(request.olds)
    if request.preview and (has_unknown(inputs) or not await session.knows(kind_of(inputs))):
        return rpc.UpdateResponse(dict(request.news))
    manager = naming.field_manager(inputs, old.manager)
    write = Write(request.urn, inputs, manager, request.timeout, request.preview)
    try:
        live = await session.lifecycle.update(write, name_of(old.live), list(request.ignore_changes))
    except NoMatchError as error:
        raise OperationError(f'update of resource "{request.urn}" {MISSING_KIND}: {error}') from error
    except (ApiError, FieldConflictError, UnreadyError) as error:
        if request.preview and isinstance(error, ApiError) and error.code == FORBIDDEN:
            return rpc.UpdateResponse(dict(request.news))
        raise await _update_failure(session, write, old.live, request, error) from error
    return rpc.UpdateResponse(_kept(write, live, request.news))


async def delete(session: Session, request: rpc.DeleteRequest) -> None:
    """Delete the object and wait until it is gone."""
    old = checkpoint.parse(request.properties)
    try:
        lifecycle = session.lifecycle
    except UnreachableError as error:
        await session.engine.warn(request.urn, str(error))
        if session.settings.delete_unreachable:
            return
        raise OperationError(f"configured Kubernetes cluster is unreachable. {DROP_FROM_STATE}") from error
    namespace, name = split_id(request.resource_id)
    live_namespace = namespace_of(old.live) or namespace
    await lifecycle.delete(old.inputs, kind_of(old.live), live_namespace, name, request.timeout)


async def _update_failure(
    session: Session, write: Write, old: JsonObject, request: rpc.UpdateRequest, error: Exception
) -> Exception:
    """The object is still there, so the state keeps it as it is now."""
    try:
        live = await session.lifecycle.api.get(kind_of(old), namespace_of(old), name_of(old))
    except ApiError as unread:
        return OperationError(
            f'update of resource "{request.urn}" failed: {error}\nunable to get cluster state: {unread}'
        )
    what = f'the Kubernetes API server reported that "{qualified(live)}" failed to fully initialize or become live'
    reasons = error.reasons if isinstance(error, UnreadyError) else ()
    kept = _kept(write, live, request.news)
    return NotReadyError(f"{what}: {error}", qualified(live), kept, reasons, request.news)


def _is_silent(error: ApiError) -> bool:
    """Refusals of a dry run that say nothing about the real thing."""
    return error.code == FORBIDDEN or error.reason == "AlreadyExists"


def _kept(write: Write, live: JsonObject, secrets: Properties) -> dict[str, PropertyValue]:
    """The outputs; a preview leaves out the status, which the real object will not start with."""
    shown = {key: value for key, value in live.items() if key != "status"} if write.preview else live
    return checkpoint.outputs(
        Checkpoint(write.inputs, shown, str(write.inputs.get("apiVersion", "")), write.manager), secrets
    )
