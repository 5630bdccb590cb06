"""A preview in a few facts."""

from collections import Counter
from dataclasses import dataclass

from model.preview.engine import QUIET, Preview, Step
from model.preview.images import ImageChange, image_changes
from model.preview.risk import Grade, Risk, risks

ORDER = ("delete", "replace", "update", "create")
"""What people want to see first."""


@dataclass(frozen=True)
class Summary:
    """What would happen to one stack."""

    stack: str
    counts: tuple[tuple[str, int], ...]
    """Resources by operation; those that stay as they are are left out."""
    unchanged: int
    deleted: tuple[Step, ...]
    replaced: tuple[Step, ...]
    images: tuple[ImageChange, ...]
    grade: Grade
    risks: tuple[Risk, ...]
    """Every reason, the gravest first."""
    steps: tuple[Step, ...]
    """Every resource that changes, the gravest operations first."""
    errors: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many resources change."""
        return sum(count for _, count in self.counts)


def summarize(stack: str, preview: Preview) -> Summary:
    """The facts of ``preview``."""
    steps = tuple(sorted(preview.steps, key=lambda step: (_rank(step.operation), step.kind, step.name)))
    counted = preview.counts or Counter(step.operation for step in steps)
    counts = {operation: count for operation, count in counted.items() if operation not in QUIET}
    found = risks(preview)
    return Summary(
        stack=stack,
        counts=tuple(sorted(counts.items(), key=lambda item: (_rank(item[0]), item[0]))),
        unchanged=counted.get("same", 0),
        deleted=tuple(step for step in steps if step.deletes),
        replaced=tuple(step for step in steps if step.replaces),
        images=image_changes(steps),
        grade=max((risk.grade for risk in found), default=Grade.low),
        risks=found,
        steps=steps,
        errors=preview.errors,
    )


def _rank(operation: str) -> int:
    return ORDER.index(operation) if operation in ORDER else len(ORDER)
