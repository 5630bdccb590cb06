"""Read: refresh, import and ``.get``."""

from pulumi.provider.experimental import provider as rpc

from sandbox.plugins.kubernetes import checkpoint, naming
from sandbox.plugins.kubernetes.api import NOT_FOUND, ApiError, NoMatchError
from sandbox.plugins.kubernetes.checkpoint import Checkpoint
from sandbox.plugins.kubernetes.errors import NotReadyError, OperationError, UnreachableError
from sandbox.plugins.kubernetes.normalize import READ_ONLY, normalized, pruned
from sandbox.plugins.kubernetes.objects import kind_of, kind_of_token, split_id, texts
from sandbox.plugins.kubernetes.operating import DROP_FROM_STATE
from sandbox.plugins.kubernetes.readiness.table import TABLE
from sandbox.plugins.kubernetes.session import Session
from sandbox.plugins.kubernetes.values import JsonObject, plain_object, with_secrets
from sandbox.plugins.kubernetes.waiting import UnreadyError

WRITTEN_BY_OTHERS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")
"""Annotations that an import leaves to whoever writes them."""

IDENTITY: JsonObject = {"apiVersion": "", "kind": "", "metadata": {"name": "", "namespace": ""}}
"""What is compared of an object that the program only looked up."""

GONE = rpc.ReadResponse(resource_id="")


async def read(session: Session, request: rpc.ReadRequest) -> rpc.ReadResponse:
    """The object as it is now; an empty answer if it is gone.

    Raises:
        NotReadyError: It exists, but is not ready.
    """
    try:
        lifecycle = session.lifecycle
    except UnreachableError as error:
        return await _unreachable(session, request, error)
    old, inputs = checkpoint.parse(request.properties), normalized(plain_object(request.inputs))
    known = inputs if inputs.get("kind") else old.live
    kind = kind_of(known) if known.get("kind") else kind_of_token(request.type)
    try:
        live = await lifecycle.api.get(kind, *split_id(request.resource_id))
    except NoMatchError:
        return GONE
    except ApiError as error:
        if error.code == NOT_FOUND:
            return GONE
        raise
    imported = not known.get("kind")
    found = _imported_inputs(live) if imported else pruned(live, inputs or IDENTITY)
    response = _response(request, old, found, live)
    if not imported:
        await _require_ready(session, response, found, live)
    return response


def _response(request: rpc.ReadRequest, old: Checkpoint, found: JsonObject, live: JsonObject) -> rpc.ReadResponse:
    version, manager = old.api_version or kind_of(live).api_version, naming.field_manager(found, old.manager)
    kept = checkpoint.outputs(Checkpoint(found, live, version, manager), request.inputs)
    return rpc.ReadResponse(request.resource_id, kept, with_secrets(found, request.inputs))


def _imported_inputs(live: JsonObject) -> JsonObject:
    """Everything of the live object that a program could have written."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in READ_ONLY}
    annotations = {key: value for key, value in texts(live, "annotations").items() if key not in WRITTEN_BY_OTHERS}
    if "annotations" in metadata:
        metadata["annotations"] = annotations
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


async def _require_ready(session: Session, response: rpc.ReadResponse, inputs: JsonObject, live: JsonObject) -> None:
    readiness = TABLE.get(kind_of(live))
    if readiness is None or not readiness.on_read or naming.is_true(inputs, naming.SKIP_AWAIT):
        return
    try:
        await session.lifecycle.waiter.check(readiness, live)
    except UnreadyError as error:
        resource_id = response.resource_id or ""
        raise NotReadyError(str(error), resource_id, response.properties, error.reasons, response.inputs) from error


async def _unreachable(session: Session, request: rpc.ReadRequest, error: UnreachableError) -> rpc.ReadResponse:
    """Nothing can be read: keep or drop what is known, as the settings say, else fail."""
    await session.engine.warn(request.urn, str(error))
    if session.settings.delete_unreachable:
        return GONE
    if session.settings.skip_update_unreachable:
        return rpc.ReadResponse(request.resource_id, dict(request.properties), dict(request.inputs))
    raise OperationError(f"failed to read resource state due to unreachable cluster. {DROP_FROM_STATE}") from error
