"""GitHub's names are equal whatever their case; so is equality here."""

from collections import Counter
from collections.abc import Iterable


def duplicates(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, in lower case, sorted."""
    return sorted(name for name, count in Counter(name.lower() for name in names).items() if count > 1)
