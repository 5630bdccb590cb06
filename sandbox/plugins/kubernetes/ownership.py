"""Who owns which fields of a live object (``metadata.managedFields``), as server-side apply keeps it."""

from copy import deepcopy
from typing import Any

from sandbox.plugins.kubernetes.objects import pluck
from sandbox.plugins.kubernetes.values import JsonObject

APPLY, UPDATE = "Apply", "Update"
TAKEN_OVER = (
    ("kubectl", APPLY),
    ("kubectl", UPDATE),
    ("before-first-apply", UPDATE),
    ("pulumi-kubernetes", UPDATE),
    ("pulumi-resource-kubernetes", UPDATE),
)
"""Prefixes of managers whose fields become ours at the first update: what kubectl wrote, and our own creates."""

OWN_CREATES = ("pulumi-kubernetes", "pulumi-resource-kubernetes")


def takeover(live: JsonObject, manager: str) -> list[JsonObject]:
    """The JSON patch that hands the fields of TAKEN_OVER to ``manager``; empty if there is nothing to hand over."""
    entries: list[JsonObject] = deepcopy(pluck(live, "metadata", "managedFields") or [])
    ours = next((entry for entry in entries if (entry["manager"], entry["operation"]) == (manager, APPLY)), None)
    taken = [entry for entry in entries if entry is not ours and _is_taken_over(entry)]
    if not taken:
        return []
    kept = [entry for entry in entries if entry not in taken and entry is not ours]
    merged = ours or {**taken[0], "manager": manager, "operation": APPLY}
    for entry in taken:
        merged["fieldsV1"] = _merged(merged.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
    version = pluck(live, "metadata", "resourceVersion")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*kept, merged]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def made_by_us(live: JsonObject) -> bool:
    """True while a create of ours, which is no apply, still owns fields: a preview then has to use force."""
    entries = pluck(live, "metadata", "managedFields") or []
    return any(entry["operation"] == UPDATE and entry["manager"].startswith(OWN_CREATES) for entry in entries)


def keep_ignored(inputs: JsonObject, live: JsonObject, paths: list[str], manager: str) -> None:
    """Honour ``ignoreChanges``: a field that somebody else owns is left out, one that we own keeps its live value."""
    entries = pluck(live, "metadata", "managedFields") or []
    for path in (tuple(text.split(".")) for text in paths):
        ours = any(_owns(entry, path) for entry in entries if entry["manager"] == manager)
        theirs = any(_owns(entry, path) for entry in entries if entry["manager"] != manager)
        parent = pluck(inputs, *path[:-1])
        if not isinstance(parent, dict):
            continue
        if theirs and not ours:
            parent.pop(path[-1], None)
        elif (value := pluck(live, *path)) is not None:
            parent[path[-1]] = value


def _is_taken_over(entry: JsonObject) -> bool:
    if entry.get("subresource"):
        return False
    return any(entry["manager"].startswith(name) and entry["operation"] == how for name, how in TAKEN_OVER)


def _owns(entry: JsonObject, path: tuple[str, ...]) -> bool:
    return pluck(entry, "fieldsV1", *(f"f:{step}" for step in path)) is not None


def _merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    shared = {key: _merged(value, other[key]) for key, value in one.items() if key in other}
    return {**one, **other, **shared}
