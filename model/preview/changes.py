"""What changes in one resource, line by line: ``-`` before, ``+`` after, as a diff is read."""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from model.preview.engine import Step
from model.preview.masking import HIDDEN

WIDTH = 240
"""Characters of one value that are shown."""
LINES = 60
"""Lines of one resource that are shown."""
PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")


def lines(step: Step) -> list[str]:
    """The resource's part of the diff: its operation, then what differs in it."""
    body = list(_body(step))
    shown = body[:LINES]
    if len(body) > LINES:
        shown.append(f"    ... {len(body) - LINES} more lines")
    return [_title(step), *(line.rstrip() for line in shown)]


def _title(step: Step) -> str:
    sign = "-" if step.deletes else "!" if step.replaces else "+" if not step.old else "#"
    because = f" because of {', '.join(step.reasons)}" if step.reasons else ""
    return _one_line(f"{sign} {step.operation} {step.kind} {step.name}{because}")


def _body(step: Step) -> Iterator[str]:
    if step.deletes:
        return
    old, new = flatten(step.old), flatten(step.new)
    found = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    for path in found:
        yield from _difference(path, old.get(path), new.get(path))
    for path in step.touched:
        if not any(_covers(path, one) for one in found):
            value = HIDDEN if new.get(path) == HIDDEN else "changed; not known before the update"
            yield _one_line(f"#     {path}: {value}")


def _covers(path: str, other: str) -> bool:
    return other == path or other.startswith((f"{path}.", f"{path}[")) or path.startswith((f"{other}.", f"{other}["))


def _difference(path: str, old: Any, new: Any) -> Iterator[str]:
    texts = [value for value in (old, new) if isinstance(value, str)]
    if len(texts) == 2 and any("\n" in text for text in texts):
        yield _one_line(f"#     {path}:")
        for line in list(unified_diff(texts[0].splitlines(), texts[1].splitlines(), lineterm="", n=1))[2:]:
            sign, rest = (line[:1], line[1:]) if line[:1] in "+-" else (" ", line.removeprefix(" "))
            yield _one_line(f"{sign}       {rest}")
        return
    if old is not None:
        yield _one_line(f"-     {path}: {_shown(old)}")
    if new is not None:
        yield _one_line(f"+     {path}: {_shown(new)}")


def flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    """Every value by its path, written as the engine writes property paths: ``a.b[0]["c.d"]``."""
    return dict(_leaves("", data)) if data else {}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(_joined(path, str(key)), inner)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}[{index}]", inner)
    else:
        yield path, value


def _joined(path: str, key: str) -> str:
    if not PLAIN_KEY.match(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and "\n" not in value else json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    """One line without control characters, cut where it is long."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= WIDTH else f"{clean[:WIDTH]}... ({len(clean)} characters)"
