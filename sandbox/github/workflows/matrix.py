"""The combinations that a job runs for. Source: GitHub's "Running variations of jobs in a workflow"."""

from itertools import product
from typing import Any

from sandbox.github.expressions import ExpressionError

Combination = dict[str, Any]
MOST = 256


def combinations(matrix: Any) -> list[Combination]:
    """Every combination of an evaluated ``strategy.matrix``; one without values where there is none.

    Raises:
        ExpressionError: it is no matrix, or has too many combinations.
    """
    if matrix is None:
        return [{}]
    if not isinstance(matrix, dict):
        raise ExpressionError("strategy.matrix must be a mapping")
    axes = {name: values for name, values in matrix.items() if name not in ("include", "exclude")}
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise ExpressionError(f"strategy.matrix.{name} must be a list with values")
    found = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())] if axes else []
    found = [one for one in found if not any(_fits(one, less) for less in matrix.get("exclude") or [])]
    _include(found, matrix.get("include") or [], set(axes))
    if not 0 < len(found) <= MOST:
        raise ExpressionError(f"strategy.matrix has {len(found)} combinations; 1 to {MOST} are possible")
    return found


def _fits(one: Combination, part: Combination) -> bool:
    return all(name in one and one[name] == value for name, value in part.items())


def _include(found: list[Combination], more: list[Combination], axes: set[str]) -> None:
    """Add to the combinations that an entry does not contradict; one that fits none becomes one itself."""
    original = [dict(one) for one in found]
    for entry in more:
        own = {name: value for name, value in entry.items() if name in axes}
        fitting = [place for place, one in enumerate(original) if axes and _fits(one, own)]
        for place in fitting:
            found[place] |= entry
        if not fitting:
            found.append(dict(entry))
