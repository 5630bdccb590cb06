"""The ledger's files: whole lines, strict reading, and publishing that loses nothing."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.errors import Refused
from delivery.git import Clone
from delivery.ledger import Ledger, publish
from model.ledger import Kind

Clones = Callable[[str], Clone]


def test_entries_come_back_as_written(tmp_path: Path) -> None:
    """Numbers from 1, one line each, whatever the text."""
    ledger = Ledger(tmp_path, "staging")
    ledger.append(Kind.DEPLOYED, release="v1.0.0+abcdef0", evidence={"images": {"a": "sha256:1"}})
    ledger.append(Kind.TESTED, reasons=["two\nlines \u2028 and “quotes”"])
    assert [(one.seq, one.kind) for one in ledger.entries()] == [(1, Kind.DEPLOYED), (2, Kind.TESTED)]
    assert ledger.entries()[1].reasons == ("two\nlines \u2028 and “quotes”",)
    assert ledger.path.read_bytes().count(b"\n") == 2


def test_a_stage_without_a_ledger_has_no_history(tmp_path: Path) -> None:
    """Reading makes nothing."""
    assert Ledger(tmp_path, "prod").entries() == ()
    assert list(tmp_path.iterdir()) == []


def test_half_a_line_of_a_killed_writer_is_dropped(tmp_path: Path) -> None:
    """It was never acknowledged; the next entry takes its place."""
    ledger = Ledger(tmp_path, "prod")
    ledger.append(Kind.DEPLOYING)
    with ledger.path.open("a") as stream:
        stream.write('{"seq":2,"at":"2026-')
    assert len(ledger.entries()) == 1
    ledger.append(Kind.DEPLOYED)
    assert [one.kind for one in ledger.entries()] == [Kind.DEPLOYING, Kind.DEPLOYED]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("not json", "line 2: is no entry"),
        ('{"seq":2}', "line 2: is no entry"),
        ('{"seq":2,"seq":2}', "a key stands twice"),
        ("", "line 2: is no entry"),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: str, why: str) -> None:
    """File, line and reason; nothing is appended behind it."""
    ledger = Ledger(tmp_path, "prod")
    ledger.append(Kind.DEPLOYING)
    with ledger.path.open("a") as stream:
        stream.write(f"{line}\n")
    for use in (ledger.entries, lambda: ledger.append(Kind.DEPLOYED)):
        with pytest.raises(Refused, match=r"ledger/prod\.jsonl") as refused:
            use()
        assert why in str(refused.value)


def test_a_removed_line_shows(tmp_path: Path) -> None:
    """Numbers have no gaps."""
    ledger = Ledger(tmp_path, "prod")
    for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.VERIFIED):
        ledger.append(kind)
    first, _, third = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text(first + third)
    with pytest.raises(Refused, match="line 2: says number 3 of prod"):
        ledger.entries()


def test_a_line_of_another_stage_shows(tmp_path: Path) -> None:
    """A ledger tells of its own stage only."""
    Ledger(tmp_path, "staging").append(Kind.VERIFIED)
    Ledger(tmp_path, "prod").path.write_text(Ledger(tmp_path, "staging").path.read_text())
    with pytest.raises(Refused, match="says number 1 of staging"):
        Ledger(tmp_path, "prod").entries()


def test_unknown_keys_are_refused(tmp_path: Path) -> None:
    """What nobody reads is not believed either."""
    ledger = Ledger(tmp_path, "prod")
    ledger.append(Kind.DEPLOYING)
    entry = {**json.loads(ledger.path.read_text()), "mood": "x"}
    ledger.path.write_text(json.dumps(entry) + "\n")
    with pytest.raises(Refused, match="line 1"):
        ledger.entries()


def test_concurrent_appends_lose_nothing(tmp_path: Path) -> None:
    """Several writers in one checkout."""
    writers = [
        threading.Thread(target=lambda: [Ledger(tmp_path, "prod").append(Kind.TESTED) for _ in range(20)])
        for _ in range(4)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [one.seq for one in Ledger(tmp_path, "prod").entries()] == list(range(1, 81))


def test_two_clones_that_publish_lose_nothing(clones: Clones) -> None:
    """Entries made apart stand one after the other, renumbered, in both clones in the end."""
    one, two = clones("one"), clones("two")
    Ledger(one.root, "prod").append(Kind.FROZEN, reasons=["one"])
    Ledger(two.root, "prod").append(Kind.TESTED, reasons=["two"])
    Ledger(two.root, "prod").append(Kind.THAWED, reasons=["three"])
    publish(one, "prod", "Record a freeze")
    publish(two, "prod", "Record a thaw")
    publish(one, "prod", "Record nothing")
    publish(two, "prod", "Record nothing")
    told = [(entry.seq, entry.reasons[0]) for entry in Ledger(clones("after").root, "prod").entries()]
    assert told == [(1, "one"), (2, "two"), (3, "three")]
    assert Ledger(two.root, "prod").entries() == Ledger(clones("b").root, "prod").entries()
    Ledger(two.root, "prod").append(Kind.FROZEN)
    assert len(Ledger(two.root, "prod").entries()) == 4


def test_a_line_that_was_edited_here_is_not_published_as_news(clones: Clones) -> None:
    """What is committed is only ever appended to; the line is named, and how to get it back."""
    one = clones("one")
    for reason in ("first", "second"):
        Ledger(one.root, "prod").append(Kind.FROZEN, reasons=[reason])
    publish(one, "prod", "Record two freezes")
    file = Ledger(one.root, "prod").path
    file.write_text(file.read_text().replace("second", "secund"))
    Ledger(one.root, "prod").append(Kind.THAWED)
    before = one.fetch("main")
    with pytest.raises(Refused, match=r"ledger/prod.jsonl, line 2, frozen by .*: was edited here; git checkout -- "):
        publish(one, "prod", "Record a thaw")
    assert one.fetch("main") == before


def test_what_is_published_stays_where_the_checkout_cannot_follow(clones: Clones) -> None:
    """On a branch of one's own the entry is carried once, however often it is tried."""
    clone = clones("a")
    clone.git("checkout", "--quiet", "-b", "mine")
    Ledger(clone.root, "prod").append(Kind.FROZEN)
    publish(clone, "prod", "Record a freeze")
    publish(clone, "prod", "Record a freeze")
    assert len(Ledger(clones("after").root, "prod").entries()) == 1


def test_other_files_go_with_the_entries(clones: Clones) -> None:
    """A decision and what it decided are one commit."""
    clone = clones("a")
    Ledger(clone.root, "prod").append(Kind.APPROVED)
    publish(clone, "prod", "Record approvals", lambda _: {"approvals/prod/x.yaml": "approvals: []\n"})
    after = clones("after")
    assert (after.root / "approvals/prod/x.yaml").exists()
    assert after.git("rev-list", "--count", "HEAD") == "2"
