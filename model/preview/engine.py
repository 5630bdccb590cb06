"""The engine's own JSON of a preview (``pulumi preview --json``), as far as people want to see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.preview.masking import HIDDEN, Mask

QUIET = frozenset(("same", "refresh", "read", "read-discard"))
"""Operations that change nothing."""
REPLACING = frozenset(("replace", "create-replacement", "delete-replaced", "discard-replaced", "read-replacement"))
DELETING = frozenset(("delete", "discard"))
KEPT = ("urn", "op", "provider", "replaceReasons", "diffReasons", "detailedDiff")
STATE = ("inputs", "protect", "retainOnDelete")
KUBERNETES_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 a type


@dataclass(frozen=True)
class Step:
    """One resource that changes."""

    operation: str
    """As the engine calls it: create, update, replace, delete, import, ..."""
    urn: str
    old: Mapping[str, Any]
    """Inputs before; empty where it did not exist."""
    new: Mapping[str, Any]
    """Inputs after; empty where it goes."""
    reasons: tuple[str, ...]
    """Properties for which it is replaced."""
    touched: tuple[str, ...]
    """Properties that the provider says differ."""
    unprotected: bool
    """Whether it was protected from deletion and will not be."""

    @property
    def type(self) -> str:
        """Its type token, e.g. ``kubernetes:apps/v1:Deployment``."""
        return self.urn.split("::")[-2].rpartition("$")[2] if self.urn.count("::") >= 3 else ""

    @property
    def kind(self) -> str:
        """The last part of the type, e.g. ``Deployment``."""
        return self.type.rpartition(":")[2] or "resource"

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def replaces(self) -> bool:
        """Whether it is deleted and made anew."""
        return self.operation in REPLACING

    @property
    def deletes(self) -> bool:
        """Whether it goes for good."""
        return self.operation in DELETING


@dataclass(frozen=True)
class Preview:
    """What the engine found."""

    steps: tuple[Step, ...]
    """Only those that change something."""
    counts: Mapping[str, int]
    """Resources by operation, unchanged ones too."""
    errors: tuple[str, ...]
    """Why the preview failed; nothing where it did not."""


def reduced(data: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """``data`` in the engine's own form with only what ``read`` needs, and no secret in it."""
    steps = [_reduced_step(step) for step in data.get("steps") or () if step.get("op") not in QUIET]
    kept = {
        "steps": steps,
        "diagnostics": [
            {"severity": one.get("severity"), "message": one.get("message")} for one in data.get("diagnostics") or ()
        ],
        "changeSummary": data.get("changeSummary") or {},
    }
    masked: dict[str, Any] = mask.data(kept)
    return masked


def read(data: Mapping[str, Any]) -> Preview:
    """The preview that ``data``, whole or reduced, tells of."""
    steps = tuple(_step(step) for step in data.get("steps") or () if step.get("op") not in QUIET)
    errors = (one for one in data.get("diagnostics") or () if one.get("severity") == "error")
    return Preview(
        steps, dict(data.get("changeSummary") or {}), tuple(str(one.get("message")).strip() for one in errors)
    )


def _reduced_step(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: step[key] for key in KEPT if key in step}
    for state in ("oldState", "newState"):
        if step.get(state):
            kept[state] = {key: step[state][key] for key in STATE if key in step[state]}
    return kept


def _step(step: Mapping[str, Any]) -> Step:
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    urn = str(step.get("urn", ""))
    return Step(
        operation=str(step.get("op", "")),
        urn=urn,
        old=dict(_inputs(old, urn)),
        new=dict(_inputs(new, urn)),
        reasons=tuple(step.get("replaceReasons") or ()),
        touched=tuple(step.get("detailedDiff") or step.get("diffReasons") or ()),
        unprotected=bool(old.get("protect")) and bool(new) and not new.get("protect"),
    )


def _inputs(state: Mapping[str, Any], urn: str) -> Iterator[tuple[str, Any]]:
    """What was declared; of a Kubernetes Secret only which keys it has."""
    for key, value in (state.get("inputs") or {}).items():
        if key.startswith("__"):
            continue
        closed = KUBERNETES_SECRET in urn and key in {"data", "stringData"}
        yield key, dict.fromkeys(value, HIDDEN) if closed and isinstance(value, dict) else HIDDEN if closed else value
