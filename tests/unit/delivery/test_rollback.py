"""When a stage owes itself the way back."""

from datetime import UTC, datetime

import pytest

from delivery.rollback import is_owed
from model.ledger import Entry, Kind

GOOD, BAD = "v1.0.0+aaaaaaa", "v2.0.0+bbbbbbb"
WELL = [(Kind.DEPLOYING, GOOD), (Kind.VERIFIED, GOOD)]


@pytest.mark.parametrize(
    ("told", "owed"),
    [
        ([*WELL, (Kind.DEPLOYING, BAD), (Kind.FAILED, BAD)], True),
        ([*WELL, (Kind.DEPLOYING, BAD), (Kind.FAILED, BAD), (Kind.FROZEN, "")], True),
        ([*WELL, (Kind.DEPLOYING, BAD)], False),
        ([*WELL, (Kind.DEPLOYING, BAD), (Kind.ERRORED, BAD)], False),
        ([*WELL, (Kind.DEPLOYING, BAD), (Kind.FAILED, BAD), (Kind.DEPLOYING, GOOD)], False),
        ([*WELL, (Kind.DEPLOYING, BAD), (Kind.FAILED, BAD), (Kind.ROLLEDBACK, GOOD)], False),
        ([(Kind.DEPLOYING, BAD), (Kind.FAILED, BAD)], False),
    ],
)
def test_a_failed_release_is_left_once_and_only_where_there_is_somewhere_to_go(told, owed):
    entries = [
        Entry(
            seq=n, at=datetime(2026, 7, 22, tzinfo=UTC), stage="prod", kind=kind, release=release, fingerprint=release
        )
        for n, (kind, release) in enumerate(told, 1)
    ]
    assert is_owed(entries, BAD) is owed
    assert not is_owed(entries, "another fingerprint")
