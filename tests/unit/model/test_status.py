"""The picture says what runs, what waits and why; its page carries text as text, whatever it holds."""

from datetime import UTC, datetime, timedelta

import pytest

from model.gate import Decision, Reason
from model.ledger import Actor, Entry, Kind
from model.status import Asked, StageFacts, State, age, status
from model.status_page import page

START = datetime(2026, 7, 22, 8, 0, tzinfo=UTC)
OLD, NEW = "v3.8.3+0000001", "v3.8.4+a1b2c3d"
WELL = Asked(State.GOOD, "31 of 31 pods ready")
REFUSAL = Decision(
    False, "", (Reason("1 of 2 approvals", "openim-cicd approve prod"), Reason("soak 12 min left", "wait"))
)
QA = Actor(login="quinn", id=7)


def entries(stage, *told):
    """``(minutes, kind, release)`` and more fields as a mapping."""
    return tuple(
        Entry(seq=n, at=START + timedelta(minutes=minutes), stage=stage, kind=kind, release=release, **dict(*more))
        for n, (minutes, kind, release, *more) in enumerate(told, 1)
    )


STAGING = entries(
    "staging",
    (0, Kind.VERIFIED, OLD),
    (60, Kind.DEPLOYING, NEW, {"evidence": {"sources": {"open-im-server": "4f1c" * 10}}}),
    (61, Kind.VERIFIED, NEW, {"fingerprint": "c1"}),
    (70, Kind.TESTED, NEW, {"actor": QA, "evidence": {"verdict": "pass", "note": "sent a picture"}}),
)
PROD = entries("prod", (10, Kind.VERIFIED, OLD), (75, Kind.REFUSED, NEW, {"reasons": ("1 of 2 approvals",)}))


def facts(name="staging", told=STAGING, **changes):
    given = {"source": "", "named": NEW, "named_fingerprint": "c1", "cluster": WELL, "addresses": {}, "candidate": None}
    return StageFacts(name=name, entries=told, **{**given, **changes})


def picture(*stages, unknown=(), links=()):
    return status(START + timedelta(hours=2), stages, dict(links), unknown)


PRODUCTION = facts("prod", PROD, source="staging", candidate=(NEW, REFUSAL))


def test_it_says_what_runs_since_when():
    one = picture(facts()).stages[0]
    assert (one.release, one.word, one.state) == (NEW, "verified", State.GOOD)
    assert age(one.since, START + timedelta(hours=2)) == "59m"


def test_what_waits_is_told_with_every_reason_and_the_next_command():
    waiting = picture(facts(), PRODUCTION).stages[1].waiting
    assert waiting.release == NEW
    assert waiting.reasons == ("1 of 2 approvals", "soak 12 min left")
    assert waiting.next_steps == ("openim-cicd approve prod", "wait")
    assert waiting.proposed


def test_nothing_stands_against_it_means_the_command_that_does_it():
    free = facts("prod", PROD, source="staging", named=OLD, candidate=(NEW, Decision(True, "all there")))
    assert picture(free).stages[0].waiting.next_steps == ("openim-cicd promote prod",)


def test_a_broken_glass_is_shown_until_the_next_deployment():
    let_past = (10, Kind.DEPLOYING, NEW, {"evidence": {"breakGlass": ["omar: logins fail"]}})
    told = entries("staging", let_past, (12, Kind.VERIFIED, NEW))
    shown = picture(facts(told=told))
    assert shown.stages[0].emergency == f"BREAK-GLASS for {NEW}: omar: logins fail"
    assert f"<b>BREAK-GLASS for {NEW}: omar: logins fail</b>" in page(shown)
    later = (*told, *entries("staging", (20, Kind.DEPLOYING, OLD), (22, Kind.VERIFIED, OLD)))
    assert picture(facts(told=later)).stages[0].emergency == ""


def test_what_runs_waits_for_nothing():
    assert picture(facts(candidate=(NEW, Decision(True, "deployed")))).stages[0].waiting is None


@pytest.mark.parametrize(
    ("kind", "word", "state"),
    [
        (Kind.DEPLOYING, "deploying v9.9.9+abcdef0", State.BUSY),
        (Kind.FAILED, "failed v9.9.9+abcdef0", State.BAD),
        (Kind.ERRORED, "errored v9.9.9+abcdef0", State.UNKNOWN),
    ],
)
def test_what_goes_wrong_on_a_stage_is_shown_beside_what_runs(kind, word, state):
    one = picture(facts(told=entries("staging", (0, Kind.VERIFIED, OLD), (5, kind, "v9.9.9+abcdef0")))).stages[0]
    assert (one.release, one.word, one.state) == (OLD, word, state)


def test_the_way_of_a_release_goes_through_every_stage():
    journey = picture(facts(), PRODUCTION).journeys[0]
    assert (journey.release, journey.sources) == (NEW, {"open-im-server": "4f1c" * 10})
    assert [(step.title, step.state) for step in journey.steps] == [
        ("staging", State.GOOD),
        ("tested", State.GOOD),
        ("proposed", State.NONE),
        ("approved", State.WAITING),
        ("prod", State.NONE),
    ]
    assert journey.steps[1].text == "pass by quinn"


def test_a_withdrawal_is_the_testers_last_word():
    told = (*STAGING, *entries("staging", (80, Kind.WITHDRAWN, NEW, {"actor": QA, "reasons": ("login loops",)})))
    step = picture(facts(told=told)).journeys[0].steps[1]
    assert (step.state, step.text) == (State.BAD, "withdrawn by quinn: login loops")


def test_the_page_needs_nothing_else_and_says_everything():
    shown = page(picture(facts(addresses={"openim-api": "http://127.0.0.1:1"}), PRODUCTION, unknown=["GitHub: down"]))
    assert "<script" not in shown
    assert "src=" not in shown
    assert shown.count("href=") == 1
    for text in (
        NEW,
        "soak 12 min left",
        "openim-cicd approve prod",
        "GitHub: down",
        "prefers-color-scheme",
        "viewport",
    ):
        assert text in shown


def test_what_people_and_programs_wrote_is_text_on_the_page():
    evil = "<img src=x onerror=alert(1)>"
    told = entries("staging", (0, Kind.FROZEN, "", {"reasons": (evil,), "actor": Actor(login=evil)}))
    given = facts(told=told, cluster=Asked(State.BAD, evil), addresses={evil: f"javascript:{evil}"}, named=evil)
    shown = page(picture(given, unknown=[evil], links={evil: f"javascript:{evil}"}.items()))
    assert "<img" not in shown
    assert "href" not in shown
    assert shown.count("&lt;img") >= 7
