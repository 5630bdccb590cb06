"""What an approver signs, line by line: the parts of a fingerprint, the saved plan, and what is not signed."""

from collections.abc import Iterator

from model.fingerprint import SHORT, UNKNOWN, Parts
from model.saved_plan import PlanFile

NOTHING_KNOWN = "what runs now was recorded without its parts, so nothing can be compared: all of it counts as new"


def signed(parts: Parts) -> Iterator[str]:
    """One line for each part."""
    release = parts.release
    sources = ", ".join(f"{name} {commit[:SHORT]}" for name, commit in sorted(release.sources.items()))
    yield f"release {release.id}: {len(release.images)} images, built from {sources or 'sources that nobody recorded'}"
    yield f"authors: {', '.join(one.login for one in release.authors) or 'none recorded'}"
    yield f"settings as written: {', '.join(sorted(parts.settings)) or 'none'}"
    for name, paths in sorted(parts.trees.items()):
        yield f"{name}: {', '.join(f'{path} {identity[:SHORT]}' for path, identity in sorted(paths.items()))}"
    if "policies" not in parts.trees:
        yield "policies: none"


def planned(plan: PlanFile | None) -> Iterator[str]:
    """What the saved plan does, one line for each thing that there is to say about it."""
    if plan is None:
        yield "plan: none is saved"
        return
    steps = ", ".join(f"{count} {kind}" for kind, count in plan.does.items())
    yield f"plan {plan.plan}: {steps or 'nothing'}, from the state that it found"
    yield f"policies that hold: {', '.join(plan.policies) or 'none was asked'}"
    for one in plan.unknown:
        yield f"unknown until it is applied: {one}"


def unsigned(plan: PlanFile | None = None) -> str:
    """What nobody signs, because it is not known then."""
    return f"not signed, as it is unknown then: {UNKNOWN}{'' if plan else '; the plan, and the state that it meets'}"
