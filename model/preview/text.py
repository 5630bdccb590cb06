"""The same facts for a terminal."""

from collections.abc import Iterator

from model.preview.changes import lines
from model.preview.summary import Summary


def plain(summary: Summary) -> str:
    """Everything, nothing left out."""
    return "\n".join(_parts(summary)) + "\n"


def _parts(summary: Summary) -> Iterator[str]:
    for step in summary.steps:
        yield from lines(step)
    if summary.steps:
        yield ""
    for image in summary.images:
        yield f"image {image.name}: {image.old or 'none'} -> {image.new or 'none'}"
    for risk in summary.risks:
        yield f"risk {risk.grade.name}: {risk.reason}"
    counts = ", ".join(f"{count} to {operation}" for operation, count in summary.counts) or "no changes"
    yield f"{summary.stack}: {counts}, {summary.unchanged} unchanged; risk {summary.grade.name}"
    yield from summary.errors
