"""Whom a principal names, and whether two accounts are one person."""

from collections.abc import Iterable, Mapping

from model.ledger import Actor
from model.release import Author

Teams = Mapping[str, frozenset[str]]
"""Logins in lower case of each team, by its slug."""


def is_one_of(login: str, principals: Iterable[str], teams: Teams) -> bool:
    """Whether ``login`` is, or is in a team of, one of ``principals``."""
    return login.lower() in logins_of(principals, teams)


def logins_of(principals: Iterable[str], teams: Teams) -> frozenset[str]:
    """Everybody whom ``principals`` name, in lower case."""
    found: set[str] = set()
    for one in principals:
        kind, _, name = one.partition("/")
        found |= teams.get(name, frozenset()) if kind == "team" else {name.lower()}
    return frozenset(found)


def same(one: Actor | Author, other: Actor | Author) -> bool:
    """Whether both may be the same person: the same id, or the same login, which a forger would rather not share."""
    return (one.id is not None and one.id == other.id) or one.login.lower() == other.login.lower()
