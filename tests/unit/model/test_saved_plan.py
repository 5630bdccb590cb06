"""A saved plan opens for its own stage and change alone, and says what it does and what has moved since."""

import json

import pytest

from model.saved_plan import (
    UNKNOWN,
    PlanError,
    PlanFile,
    SavedPlan,
    digest_of,
    does,
    moved,
    seal,
    state_of,
    unknown_values,
    unseal,
)

STAGE, PRINT, WORD = "prod", "a" * 64, "correct horse"
URN = "urn:pulumi:prod::openim-cicd::openim-cicd:index:Environment$kubernetes:apps/v1:Deployment::openim-api"
SAVED = SavedPlan(state={URN: "b" * 64}, plan="{}")
SEALED = seal(SAVED, STAGE, PRINT, WORD)
DIGEST = digest_of(SEALED)


def test_what_was_sealed_comes_out() -> None:
    """And nothing of it shows outside."""
    assert unseal(SEALED, DIGEST, STAGE, PRINT, WORD) == SAVED
    assert b"Deployment" not in SEALED


def test_two_of_the_same_differ() -> None:
    """Each has a salt and a nonce of its own."""
    assert seal(SAVED, STAGE, PRINT, WORD) != SEALED


def _readdressed(text: bytes) -> bytes:
    return text.replace(b'"stage": "prod"', b'"stage": "test"')


STAGING = seal(SAVED, "staging", PRINT, WORD)
OTHER = seal(SAVED, STAGE, "c" * 64, WORD)
CASES = {
    "cut off": (SEALED[:-1], DIGEST, "is not what was approved"),
    "cut off and named anew": (SEALED[:-1], digest_of(SEALED[:-1]), "does not open"),
    "altered and named anew": (SEALED[:-1] + b"!", digest_of(SEALED[:-1] + b"!"), "does not open"),
    "of another stage": (STAGING, digest_of(STAGING), "is of another change: staging"),
    "of another change": (OTHER, digest_of(OTHER), f"is of another change: prod, fingerprint {'c' * 64}"),
    "nothing of the kind": (b"\x00\x01", digest_of(b"\x00\x01"), "is no sealed plan"),
    "a list": (b"[]\n", digest_of(b"[]\n"), "is no sealed plan"),
    "without a salt": (
        json.dumps({"stage": STAGE, "fingerprint": PRINT, "salt": "x", "nonce": "y"}).encode() + b"\n",
        "",
        "does not open",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_the_approved_plan_is_told(case: str) -> None:
    """By its digest, by what it says it is for, or because it does not open."""
    sealed, digest, said = CASES[case]
    with pytest.raises(PlanError, match=said):
        unseal(sealed, digest or digest_of(sealed), STAGE, PRINT, WORD)


def test_a_plan_of_another_stage_is_not_readdressed() -> None:
    """What it is for is sealed with it."""
    other = _readdressed(SEALED)
    with pytest.raises(PlanError, match="does not open"):
        unseal(other, digest_of(other), "test", PRINT, WORD)


def test_another_passphrase_opens_nothing() -> None:
    """As when the stack's passphrase was changed since."""
    with pytest.raises(PlanError, match="another passphrase"):
        unseal(SEALED, DIGEST, STAGE, PRINT, "wrong horse")


def test_times_are_no_state() -> None:
    """When a resource was written, and from which line of code, says nothing about what it is."""
    one = {"urn": URN, "inputs": {"a": 1}, "modified": "2026-01-01", "created": "2025-01-01", "sourcePosition": "x"}
    assert state_of([one]) == state_of([{"urn": URN, "inputs": {"a": 1}}])
    assert state_of([one]) != state_of([{"urn": URN, "inputs": {"a": 2}}])


def test_two_of_one_name_both_count() -> None:
    """A resource that is being replaced stands twice in the state."""
    one, other = {"urn": URN, "id": "1", "delete": True}, {"urn": URN, "id": "2"}
    assert state_of([one, other]) == state_of([other, one])
    assert state_of([one, other]) != state_of([other])


def test_what_moved_has_a_name() -> None:
    """As people call it."""
    new, gone = URN.replace("openim-api", "new"), URN.replace("openim-api", "gone")
    told = moved({URN: "1", gone: "1"}, {URN: "2", new: "1"})
    assert told == ("Deployment gone is gone", "Deployment new is new", "Deployment openim-api changed")
    assert moved({URN: "1"}, {URN: "1"}) == ()


PLAN = json.dumps(
    {
        "resourcePlans": {
            URN: {
                "goal": {"inputDiff": {"updates": {"spec": {"replicas": 3, "clusterIP": UNKNOWN}}}},
                "steps": ["update"],
            },
            "urn:pulumi:prod::p::random:index/randomPassword:RandomPassword::new": {
                "steps": ["create"],
                "state": {"result": UNKNOWN},
            },
            "urn:pulumi:prod::p::kubernetes:core/v1:Service::same": {"steps": ["same"]},
        }
    }
)


def test_it_says_what_it_does_and_does_not_know() -> None:
    """Steps by number, without those that do nothing; places of values that nobody knows yet."""
    assert does(PLAN) == {"create": 1, "update": 1}
    assert unknown_values(PLAN) == ("Deployment openim-api: spec.clusterIP", "RandomPassword new: result")


def test_what_is_told_of_it_must_be_so() -> None:
    """What it does, what nobody knows, and which policies hold: approvers cannot open it."""
    saved = SavedPlan(state={}, plan=PLAN, policies=("openim-cicd@v0.0.1",))
    told = {"does": does(PLAN), "unknown": unknown_values(PLAN), "policies": saved.policies}
    assert not PlanFile(release="v1", fingerprint=PRINT, artifact=DIGEST, **told).told_wrongly(saved)
    for lie in ({"does": {"update": 1}}, {"unknown": ()}, {"policies": ("openim-cicd@v0.0.2",)}):
        assert PlanFile(release="v1", fingerprint=PRINT, artifact=DIGEST, **{**told, **lie}).told_wrongly(saved)


@pytest.mark.parametrize("text", ["", "[]", '"x"', "{"])
def test_what_is_no_plan_is_told(text: str) -> None:
    """Whatever the engine wrote there."""
    with pytest.raises(PlanError, match="no plan of the engine's"):
        does(text)
