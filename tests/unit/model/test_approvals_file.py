"""An approval is one person's signed word for one change; anything else in its place is nobody's, and told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.signing import public
from model.approvals_file import SPACE, ApprovalsFile, Given, Signed, Statement, Verifier, signed
from model.base import parse
from model.gate import decide
from model.gate_input import GateInput
from model.ledger import instant
from model.policy import resolved
from model.problems import SettingsError
from model.signing import Signing
from model.sshsig import signer
from tests.unit.model.gate_world import APPROVAL, NEW, NOW, PEOPLE, PROMOTION, TEAMS, asked

MACHINE, OMAR, INES, MALLORY = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in range(4))
SIGNING: dict[str, Any] = {
    "machine": [{"key": public(MACHINE)}],
    "people": {"omar-sre": [{"key": public(OMAR)}], "ines-sre": [{"key": public(INES)}]},
}


def in_force(**changes: Any) -> GateInput:
    """Production, whose policy in force has these keys."""
    signing = Signing.model_validate({**SIGNING, **changes})
    given = asked(signing=signing)
    policy = resolved(APPROVAL, PROMOTION, TEAMS, {}).model_copy(update={"signing": signing})
    assert given.deployed
    return replace(given, deployed=replace(given.deployed, policy=policy))


def statement(given: GateInput, login: str, **changes: Any) -> Statement:
    told = {"stage": "prod", "fingerprint": given.fingerprint, "release": NEW.id, "how": "review"}
    return Statement(**{**told, "login": login, "id": PEOPLE[login].id, "at": NOW - timedelta(hours=1), **changes})


def judged(given: GateInput, *statements: Signed) -> GateInput:
    """The same with what the statements say."""
    verifier = Verifier(given.stage, given.fingerprint, given.policy.signing, given.signing, given.now)
    found, void = verifier.verified(statements)
    return replace(given, approvals=found, void=void)


def told(given: GateInput) -> str:
    return decide(given).text("prod", NEW.id)


def test_a_persons_key_and_the_machines_word_both_count() -> None:
    """And are told apart."""
    given = in_force()
    own, vouched = statement(given, "omar-sre"), statement(given, "skiffer-git")
    given = judged(given, signed(own, signer(OMAR)), signed(vouched, signer(MACHINE)))
    assert [(one.login, one.by) for one in given.approvals] == [("omar-sre", "person"), ("skiffer-git", "machine")]
    assert decide(given).allowed


def test_where_people_must_sign_the_machines_word_is_not_enough() -> None:
    """Settings say so, and the refusal says what to do."""
    given = in_force()
    assert given.deployed
    policy = given.policy.model_copy(update={"approval": APPROVAL.model_copy(update={"signed_by": "person"})})
    given = replace(given, deployed=replace(given.deployed, policy=policy))
    by_themselves = [
        signed(statement(given, one), signer(key)) for one, key in (("omar-sre", OMAR), ("ines-sre", INES))
    ]
    assert decide(judged(given, *by_themselves)).allowed
    vouched = judged(given, by_themselves[0], signed(statement(given, "ines-sre"), signer(MACHINE)))
    assert "ines-sre's does not count: only the machine vouches for it" in told(vouched)


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda one: one.model_copy(update={"signature": ""}), "is signed by nobody"),
        (lambda one: one.model_copy(update={"signature": "AAAA"}), "is wrongly signed"),
        (
            lambda one: one.model_copy(update={"statement": one.statement.replace("omar-sre", "skiffer-git")}),
            "is wrongly",
        ),
        (lambda one: one.model_copy(update={"statement": one.statement + " "}), "is wrongly signed"),
        (lambda one: resigned(one.statement, MALLORY), "is signed by SHA256:"),
        (lambda one: resigned(one.statement, INES), "says that omar-sre approves, and ines-sre signed it"),
        (lambda one: resigned("{}", OMAR), "is signed by omar-sre and is no approval"),
        (
            lambda one: resigned(one.statement.replace('"prod"', '"staging"'), OMAR),
            "approves for staging, not for prod",
        ),
        (lambda one: resigned(one.statement, OMAR, "file"), "is wrongly signed"),
        (lambda one: resigned(one.statement[:-1] + ',"note":"more"}', OMAR), "is no approval"),
        (lambda one: resigned(one.statement.replace(",", ", ", 1), OMAR), "is no approval"),
    ],
    ids=[
        "unsigned",
        "no-signature",
        "another-name",
        "one-more-byte",
        "unknown-key",
        "anothers-key",
        "empty",
        "another-stage",
        "another-purpose",
        "unknown-field",
        "written-otherwise",
    ],
)
def test_what_is_nobodys_word_is_told(forge: Any, why: str) -> None:
    """It never counts for anybody, and the refusal names it by its place."""
    given = in_force()
    honest = signed(statement(given, "omar-sre"), signer(OMAR))
    given = judged(given, forge(honest), signed(statement(given, "skiffer-git"), signer(MACHINE)))
    assert [one.login for one in given.approvals] == ["skiffer-git"]
    assert not decide(given).allowed
    assert "1 of 2 approvals" in told(given)
    assert f"statement 1 {why}" in told(given) or why in told(given)


def resigned(text: str, key: Ed25519PrivateKey, space: str = SPACE) -> Signed:
    return Signed(statement=text, signature=signer(key)(space, text.encode()).text)


def test_an_approval_of_another_fingerprint_is_told() -> None:
    """Also when it is well signed and lies in this fingerprint's file."""
    given = in_force()
    other = signed(statement(given, "omar-sre", fingerprint="0" * 64), signer(OMAR))
    assert "omar-sre's does not count: it is for another fingerprint" in told(judged(given, other))


def test_a_giver_may_let_it_end_sooner() -> None:
    """And the stage's own limit stays."""
    given = in_force()
    short = signed(statement(given, "omar-sre", expires=NOW - timedelta(minutes=1)), signer(OMAR))
    assert "expired at 2026-07-22T07:59:00Z, as its giver said" in told(judged(given, short))
    long = statement(given, "omar-sre", at=NOW - timedelta(hours=80), expires=NOW + timedelta(days=900))
    assert "omar-sre's does not count: expired at" in told(judged(given, signed(long, signer(OMAR))))


def test_one_person_counts_once_whatever_the_accounts_are_called() -> None:
    """Twice by one account, or by a second account that the settings know."""
    given = in_force()
    mine = signed(statement(given, "omar-sre"), signer(OMAR))
    twice = signed(statement(given, "omar-sre", at=NOW - timedelta(minutes=9)), signer(OMAR))
    assert "omar-sre's does not count: approved twice: one approval each" in told(judged(given, mine, twice))
    given = in_force(identities={"skiffer-git": "omar-sre"})
    other = signed(statement(given, "skiffer-git"), signer(MACHINE))
    assert "skiffer-git's does not count: approved as omar-sre too" in told(judged(given, mine, other))


def test_an_author_does_not_approve_by_another_account() -> None:
    """Withchao wrote the release."""
    given = in_force(identities={"skiffer-git": "withchao"})
    assert "an author of the release" in told(judged(given, signed(statement(given, "skiffer-git"), signer(MACHINE))))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({"revokedAt": instant(NOW - timedelta(minutes=1))}, "its key is revoked since 2026-07-22T07:59:00Z"),
        ({"until": instant(NOW - timedelta(hours=2))}, "its key was good until 2026-07-22T06:00:00Z"),
        ({"from": instant(NOW)}, "its key is good only from 2026-07-22T08:00:00Z"),
    ],
    ids=["revoked", "given-up", "not-yet"],
)
def test_a_key_that_is_not_good_approves_nothing(key: dict[str, str], why: str) -> None:
    """A revoked one ends what it approved before, as whoever stole it may have set the date back."""
    given = in_force(people={"omar-sre": [{"key": public(OMAR), **key}]})
    assert f"omar-sre's does not count: {why}" in told(
        judged(given, signed(statement(given, "omar-sre"), signer(OMAR)))
    )


def test_a_key_that_was_given_up_later_signed_well() -> None:
    """Rotation loses nothing."""
    keys = [{"key": public(OMAR), "until": instant(NOW - timedelta(minutes=1))}, {"key": public(MALLORY)}]
    given = in_force(people={"omar-sre": keys})
    [found] = judged(given, signed(statement(given, "omar-sre"), signer(OMAR))).approvals
    assert (found.by, found.fault) == ("person", "")


def test_settings_revoke_at_once() -> None:
    """A revocation need not be approved first; a new key must."""
    given = in_force()
    revoked = {"omar-sre": [{"key": public(OMAR), "revokedAt": instant(NOW)}], "mallory": [{"key": public(MALLORY)}]}
    given = replace(given, signing=Signing.model_validate({**SIGNING, "people": revoked}))
    assert "its key is revoked" in told(judged(given, signed(statement(given, "omar-sre"), signer(OMAR))))
    assert "a key of nobody's here" in told(judged(given, signed(statement(given, "mallory"), signer(MALLORY))))


def test_where_no_keys_are_in_force_the_record_itself_is_the_machines_word() -> None:
    """Only the deploy job writes to main's `approvals/`; but it must be an approval."""
    given = asked()
    given = judged(given, signed(statement(given, "omar-sre"), None), Signed(statement="{}"))
    assert [(one.login, one.by) for one in given.approvals] == [("omar-sre", "machine")]
    assert "statement 2 is no approval" in told(given)


def test_a_file_holds_a_hundred_statements_at_most() -> None:
    """One that somebody has filled up is refused before anything is verified."""
    rows = [{"statement": "{}"}] * 101
    with pytest.raises(SettingsError, match="at most 100 items"):
        parse(ApprovalsFile, {"approvals": rows}, "approvals/prod/0.yaml")


def test_a_statement_is_what_its_bytes_say() -> None:
    """Keys in order, no spaces: one text for one statement, so that nobody can sign one and show another."""
    given = in_force()
    made = statement(given, "omar-sre")
    assert made.text.startswith('{"at":"2026-07-22T07:00:00Z","fingerprint":"')
    assert signed(made, None).claimed == made
    assert isinstance(made.given("person"), Given)
