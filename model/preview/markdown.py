"""The comment on a pull request: one for each stack, always below GitHub's limit, with nothing of it cut in two."""

from collections.abc import Iterable, Iterator, Sequence

from model.preview.changes import lines
from model.preview.engine import Step
from model.preview.escaping import code, escaped, fence, size
from model.preview.risk import Grade
from model.preview.summary import Summary

LIMIT = 65_536
"""Characters of a comment (GitHub: body is too long, maximum is 65536 characters)."""
RESERVE = 600
"""Characters kept for what says that something is left out."""
LISTED = 16_000
"""Characters that each list may take, so that the diff has room."""
ROWS = 40
"""Rows of each list that are shown."""
MORE = 400
"""Characters kept in each list for saying how many rows are left out."""
OPERATIONS = 10
"""Kinds of operation that the heading counts; the engine knows about as many."""
SIGNS = {Grade.low: "🟢", Grade.medium: "🟡", Grade.high: "🟠", Grade.critical: "🔴"}


def marker(stack: str) -> str:
    """The first line of a stack's comment, by which it is found again."""
    return f"<!-- openim-cicd preview: {escaped(stack).replace('--', '-&#45;')} -->"


def comment(summary: Summary, limit: int = LIMIT) -> str:
    """The comment's text, shorter than ``limit``."""
    text = "\n".join([marker(summary.stack), *_head(summary)])
    for title, rows in _lists(summary):
        room = min(LISTED, limit - RESERVE - size(text) - size(title))
        text += "\n" + "\n".join(_within(summary.stack, title, rows, room))
    return text + _diff(summary, limit - size(text) - 1)


def _head(summary: Summary) -> Iterator[str]:
    shown = [f"{count} to {escaped(operation)}" for operation, count in summary.counts[:OPERATIONS]]
    yield f"### Preview of {code(summary.stack)}: {', '.join(shown) or 'no changes'}"
    yield ""
    if summary.changes or summary.errors:
        yield f"{SIGNS[summary.grade]} **Risk: {summary.grade.name}**"
        yield ""
    yield f"{summary.unchanged} unchanged; {len(summary.replaced)} replaced, {len(summary.deleted)} deleted."
    yield ""


def _lists(summary: Summary) -> Iterator[tuple[str, list[str]]]:
    """Heading and rows, in the order in which they are to be read."""
    if summary.errors:
        yield "**The preview failed**", [_block(error) for error in summary.errors]
    if summary.risks:
        yield "**Why this risk**", [f"- {risk.grade.name}: {code(risk.reason)}" for risk in summary.risks]
    for title, steps in (("**Deleted**", summary.deleted), ("**Replaced**", summary.replaced)):
        if steps:
            yield title, [_item(step) for step in steps]
    if summary.images:
        head = "**Images**\n\n| image | now | then |\n|---|---|---|"
        yield head, [f"| {code(one.name)} | {_digest(one.old)} | {_digest(one.new)} |" for one in summary.images]


def _item(step: Step) -> str:
    because = f", because of {code(', '.join(step.reasons))}" if step.reasons else ""
    return f"- {code(f'{step.kind} {step.name}')}{because}"


def _digest(reference: str) -> str:
    return code(reference) if reference else "none"


def _block(text: str) -> str:
    cut = text if len(text) <= LISTED // 4 else f"{text[: LISTED // 4]}\n... ({len(text)} characters)"
    clean = "".join(char if char.isprintable() or char == "\n" else " " for char in cut)
    mark = fence(clean)
    return f"{mark}text\n{clean}\n{mark}"


def _within(stack: str, title: str, rows: Sequence[str], room: int) -> list[str]:
    """As many whole rows as fit, and how many do not; nothing where not even that fits."""
    kept: list[str] = []
    for row in rows[:ROWS]:
        room -= size(row) + 1
        if room < MORE:
            break
        kept.append(row)
    rest = len(rows) - len(kept)
    # A table ends at the first line that is none of it.
    more = ["", f"and {rest} more; all of them: {_command(stack)}"] if rest else []
    gap = [] if "|---|" in title else [""]
    return [title, *gap, *kept, *more, ""] if kept or room >= 0 else []


def _command(stack: str) -> str:
    return code(f"openim-cicd diff {stack}")


def _diff(summary: Summary, room: int) -> str:
    """The fold with the diff: whole resources, as many as fit."""
    if not summary.steps:
        return ""
    blocks = ["\n".join(lines(step)) for step in summary.steps]
    mark = fence("\n".join(blocks))
    kept = list(_fitting(blocks, room - RESERVE - 2 * size(mark)))
    left = len(blocks) - len(kept)
    note = f"\n{left} of {len(blocks)} resources are left out; see all of them with {_command(summary.stack)}.\n"
    if not kept:
        return note
    title = f"<details><summary>Diff of {len(kept)} {'resource' if len(kept) == 1 else 'resources'}</summary>"
    fold = f"{title}\n\n{mark}diff\n" + "\n".join(kept) + f"\n{mark}\n\n</details>\n"
    return f"\n{fold}{note if left else ''}"


def _fitting(blocks: Iterable[str], room: int) -> Iterator[str]:
    """Those that fit, in order; a long one does not keep shorter ones out."""
    for block in blocks:
        needed = size(block) + 1
        if needed <= room:
            room -= needed
            yield block
