"""Check and Diff: what is wanted, and what that changes."""

from pulumi.provider.experimental import provider as rpc

from sandbox.plugins.common.values import UNKNOWN
from sandbox.plugins.kubernetes import checkpoint, force_new, naming
from sandbox.plugins.kubernetes.checking import checked, put_default_namespace, unsupported_annotations
from sandbox.plugins.kubernetes.diff import Change, Difference, covers, differences
from sandbox.plugins.kubernetes.normalize import normalized, pruned
from sandbox.plugins.kubernetes.objects import Kind, kind_of, name_of, namespace_of, put_metadata
from sandbox.plugins.kubernetes.session import Session
from sandbox.plugins.kubernetes.values import JsonObject, plain_object, with_secrets

KINDS = {
    (Change.ADD, False): rpc.PropertyDiffKind.ADD,
    (Change.ADD, True): rpc.PropertyDiffKind.ADD_REPLACE,
    (Change.DELETE, False): rpc.PropertyDiffKind.DELETE,
    (Change.DELETE, True): rpc.PropertyDiffKind.DELETE_REPLACE,
    (Change.UPDATE, False): rpc.PropertyDiffKind.UPDATE,
    (Change.UPDATE, True): rpc.PropertyDiffKind.UPDATE_REPLACE,
}


async def check(session: Session, request: rpc.CheckRequest) -> rpc.CheckResponse:
    """Name the object, give it a namespace, and bring its inputs into the server's form."""
    if session.unreachable and session.settings.skip_update_unreachable:
        return rpc.CheckResponse(inputs=request.old_inputs)
    new, old = plain_object(request.new_inputs), plain_object(request.old_inputs)
    inputs = checked(new, old, request.name, request.random_seed)
    session.definitions.note(inputs)
    if await session.is_namespaced(kind_of(inputs)):
        put_default_namespace(inputs, session.namespace)
    failures = [
        rpc.CheckFailure("metadata", f"annotation {key} is not supported by the sandbox's plugin")
        for key in unsupported_annotations(inputs)
    ]
    return rpc.CheckResponse(inputs=with_secrets(inputs, request.new_inputs), failures=failures)


async def diff(session: Session, request: rpc.DiffRequest) -> rpc.DiffResponse:
    """Compare the object as it was last seen, in the shape of its old inputs, with the new inputs."""
    old, new = checkpoint.parse(request.old_state), normalized(plain_object(request.new_inputs))
    before = pruned(old.live, normalized(old.inputs))
    for side in (before, new):
        await _settle_namespace(session, side, kind_of(new))
    if name_of(new):
        put_metadata(before, "name", name_of(old.live))
    found = [
        difference
        for difference in differences(before, new, force_new.patterns(kind_of(new), new, session.settings.mutable))
        if not any(covers(path, difference.text) for path in request.ignore_changes)
    ]
    return _response(found, delete_first=_same_place(before, new) and not naming.is_true(new, naming.AUTONAMED))


def _response(found: list[Difference], *, delete_first: bool) -> rpc.DiffResponse:
    replaces = [difference.text for difference in found if difference.replace]
    detailed = {
        difference.text: rpc.PropertyDiff(
            KINDS[difference.change, difference.replace], difference.change is Change.DELETE
        )
        for difference in found
    }
    return rpc.DiffResponse(
        changes=bool(found),
        replaces=replaces,
        delete_before_replace=bool(replaces) and delete_first,
        detailed_diff=detailed,
    )


def _same_place(before: JsonObject, new: JsonObject) -> bool:
    """True if old and new cannot exist side by side."""
    return (namespace_of(before), name_of(before)) == (namespace_of(new), name_of(new)) and name_of(new) != ""


async def _settle_namespace(session: Session, obj: JsonObject, kind: Kind) -> None:
    """An absent namespace means ``default``, and none at all where the kind has none."""
    if obj.get("metadata") == UNKNOWN:
        return
    if await session.is_namespaced(kind):
        put_metadata(obj, "namespace", namespace_of(obj) or "default")
    else:
        obj.setdefault("metadata", {}).pop("namespace", None)
