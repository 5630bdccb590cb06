"""Pages: ``per_page`` and ``page`` in, a ``Link`` header out."""

from typing import Any
from urllib.parse import urlencode

from sandbox.github.calls import Answer, Call

DEFAULT_SIZE = 30
MOST = 100


def page(call: Call, items: list[Any], wrap: str = "", usual: int = DEFAULT_SIZE) -> Answer:
    """One page of ``items``; inside ``{total_count, wrap: [...]}`` where the API does so.

    ``usual`` is the size of a page whose size nobody asked for.
    """
    size = min(max(_number(call, "per_page", usual), 1), max(MOST, usual))
    number = max(_number(call, "page", 1), 1)
    last = max(-(-len(items) // size), 1)
    shown = items[(number - 1) * size : number * size]
    body = {"total_count": len(items), wrap: shown} if wrap else shown
    return Answer(body, headers=_link(call, number, last))


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return int(text) if text.isdecimal() else default


def _link(call: Call, number: int, last: int) -> dict[str, str]:
    goals: dict[str, int] = {}
    if number > 1:
        goals |= {"prev": number - 1, "first": 1}
    if number < last:
        goals |= {"next": number + 1, "last": last}
    if not goals:
        return {}
    address = f"{call.url}?{{}}"
    parts = [
        f'<{address.format(urlencode({**call.query, "page": goal}))}>; rel="{name}"' for name, goal in goals.items()
    ]
    return {"Link": ", ".join(parts)}
