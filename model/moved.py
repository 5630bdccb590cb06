"""What lies between two fingerprints: which part moved, and how, in words for those who sign."""

from collections.abc import Iterator, Mapping
from typing import Any

from model.base import SECRET, VALUE_LENGTH
from model.canonical import canonical
from model.fingerprint import Parts

Files = Mapping[tuple[str, str], tuple[str, ...]]
"""Names of the files that differ between two git trees, by their ids; absent where nobody can tell."""
ID = 12
"""Characters of a git id or a digest that are shown."""
LISTED = 5
"""Files of one tree that are named; the rest is counted."""
NONE = "none"
GATE = frozenset(
    {
        "__main__.py",
        *(f"model/{name}.py" for name in ("approval", "approvals_file", "fingerprint", "gate", "gate_input", "ledger")),
        *(f"model/{name}.py" for name in ("canonical", "moved", "people", "policy", "release", "settings")),
        *(f"model/{name}.py" for name in ("anchor", "chain", "emergency", "signing", "sshsig")),
        *(f"model/{name}.py" for name in ("provenance", "saved_plan")),
        *(f"delivery/{name}.py" for name in ("anchors", "approvals", "approve", "collect", "deploy", "deployment")),
        *(f"delivery/{name}.py" for name in ("gate_input", "signing", "standing", "workplace")),
        *(f"delivery/{name}.py" for name in ("git", "ledger", "program_gate", "rollback", "trees")),
        *(
            f"delivery/{name}.py"
            for name in ("built_by", "engine", "update", "held_plan", "plan_files", "plans", "planner")
        ),
        *(f"delivery/{name}.py" for name in ("planner", "proven", "provenance", "registry", "update")),
    }
)
"""The gate's own code: it decides who decides."""
OWN = "the gate's own code moved"


def moved(old: Parts, new: Parts, files: Files) -> tuple[str, ...]:
    """One line for each thing that differs; none where both have one fingerprint."""
    return (*_release(old, new), *_settings(old, new), *_trees(old, new, files))


def _release(old: Parts, new: Parts) -> Iterator[str]:
    before, after = old.release, new.release
    if before.id != after.id:
        yield f"release: {before.id} -> {after.id}"
    for name, one, other in _different(before.images, after.images):
        yield f"image {name}: {_short(one)} -> {_short(other)}"
    for name, one, other in _different(before.sources, after.sources):
        yield f"source {name}: {_short(one)} -> {_short(other)}"
    if before.authors != after.authors:
        yield f"authors: {_names(old)} -> {_names(new)}"


def _names(parts: Parts) -> str:
    return ", ".join(one.login for one in parts.release.authors) or NONE


def _settings(old: Parts, new: Parts) -> Iterator[str]:
    for key, one, other in _different(dict(flat("", old.settings)), dict(flat("", new.settings))):
        shown = "changed" if SECRET.search(key) else f"{one or NONE} -> {other or NONE}"
        yield f"setting {key}: {shown}"


def flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each value by its path: ``approval.required``."""
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from flat(f"{key}.{name}" if key else str(name), one)
    elif key:
        text = canonical(value).decode().strip('"')
        yield key, text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


def _trees(old: Parts, new: Parts, files: Files) -> Iterator[str]:
    for name in sorted(old.trees.keys() | new.trees.keys()):
        for path, one, other in _different(old.trees.get(name, {}), new.trees.get(name, {})):
            changed = [f"{path}/{file}" for file in files.get((one, other), ())]
            changed.sort(key=lambda file: file not in GATE)
            what = OWN if name == "code" and any(file in GATE for file in (path, *changed)) else f"{name} moved"
            ids = f"{path} {_short(one)} -> {_short(other)}"
            yield f"{what}: {_listed(changed)} changed ({ids})" if changed else f"{what}: {ids}"


def _listed(changed: list[str]) -> str:
    more = f" and {len(changed) - LISTED} more" if len(changed) > LISTED else ""
    return ", ".join(changed[:LISTED]) + more


def _short(value: str) -> str:
    return value.removeprefix("sha256:")[:ID] or NONE


def _different(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """``(name, old, new)`` of what differs, sorted; empty text where one of them has none."""
    names = sorted(old.keys() | new.keys())
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]
