"""What the machine may not bring in again by itself, by the ledger's word."""

from typing import Any

from model.ledger import Entry, Kind, taken_back
from tests.unit.model.gate_world import NEW, OLD, entry, history

SERVER, CHAT, NEWER = "a" * 40, "b" * 40, "c" * 40


def ran(kind: Kind, of: Any, sources: dict[str, str], **evidence: Any) -> Entry:
    return entry(kind, of, evidence={"sources": sources, **evidence})


WORKED = ran(Kind.VERIFIED, OLD, {"server": SERVER})
BROUGHT = ran(Kind.VERIFIED, NEW, {"server": SERVER, "chat": CHAT})
BACK = ran(Kind.ROLLEDBACK, OLD, {"server": SERVER}, **{"from": NEW.id})


def test_only_what_the_left_release_brought_is_held() -> None:
    """The commit that both releases hold did no harm."""
    found = taken_back(history(WORKED, BROUGHT, BACK))
    assert list(found) == [CHAT]
    assert found[CHAT].evidence["from"] == NEW.id


def test_a_release_that_failed_is_held_too() -> None:
    """It never worked, and is known from the deployment that began."""
    begun = ran(Kind.DEPLOYING, NEW, {"server": NEWER})
    assert list(taken_back(history(WORKED, begun, entry(Kind.FAILED, NEW), BACK))) == [NEWER]


def test_a_release_that_works_again_frees_its_commits() -> None:
    """Somebody brought it back, and it proved good."""
    again = ran(Kind.ROLLEDBACK, NEW, {"server": SERVER, "chat": CHAT}, **{"from": OLD.id})
    assert taken_back(history(WORKED, BROUGHT, BACK, BROUGHT)) == {}
    assert CHAT not in taken_back(history(WORKED, BROUGHT, BACK, again))


def test_a_way_back_to_what_nobody_recorded_the_sources_of() -> None:
    """Then all that the left release was built from is held."""
    back = ran(Kind.ROLLEDBACK, OLD, {}, **{"from": NEW.id})
    assert set(taken_back(history(BROUGHT, back))) == {SERVER, CHAT}


def test_no_history_holds_nothing() -> None:
    """As on a new stage."""
    assert taken_back(()) == {}


def test_commits_are_held_from_the_moment_the_way_back_begins() -> None:
    """A schedule that looks while it is under way brings nothing back."""
    begun = ran(Kind.DEPLOYING, OLD, {"server": SERVER}, **{"from": NEW.id})
    assert list(taken_back(history(WORKED, BROUGHT, begun))) == [CHAT]
