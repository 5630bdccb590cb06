"""What a namespace admits, from the declared release and the ledger."""

from dataclasses import replace
from datetime import timedelta

from model.admission import admitted_images
from model.gate_input import WayBack
from model.ledger import Kind
from tests.unit.model.gate_world import NEW, OLD, asked, entry, history, release, runs

PLACE = "registry.example/openim"
OLDER = release("9")


def content(of):
    workload = [{"image": f"{PLACE}/{name}@{digest}"} for name, digest in of.images.items()]
    return {
        "name": "openim",
        "secrets": [],
        "stores": [{"image": f"{PLACE}/redis@sha256:{'e' * 64}"}],
        "services": workload,
    }


def admitted(of, *entries, **more):
    given = asked(release=of, own=history(*entries), **more)
    return admitted_images(of.id, content(of), PLACE, given.way_back)


def image(of):
    return f"{PLACE}/openim-api@{of.images['openim-api']}"


def test_the_first_release_has_none_beside_it():
    """Nothing was verified here before, so nothing else runs."""
    first = admitted(NEW)
    assert (first["incoming"], first["verified"], first["last_verified"]) == ([image(NEW)], [], "")
    assert first["stores"] == [f"{PLACE}/redis@sha256:{'e' * 64}"]


def test_the_last_verified_release_runs_on_beside_the_incoming_one():
    """Its pods may be rescheduled meanwhile, and it is what a rollback goes to."""
    ledger = [entry(Kind.VERIFIED, OLDER), entry(Kind.VERIFIED, OLD), entry(Kind.DEPLOYING, NEW)]
    found = admitted(NEW, *ledger)
    assert (found["incoming"], found["verified"], found["last_verified"]) == ([image(NEW)], [image(OLD)], OLD.id)


def test_recording_an_outcome_changes_nothing():
    """From the first `up` of a release until the next one, whatever becomes of it: an `up` has nothing to do."""
    before = [entry(Kind.VERIFIED, OLDER), entry(Kind.VERIFIED, OLD)]
    expected = admitted(NEW, *before)
    later = []
    for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.ERRORED, Kind.VERIFIED, Kind.FAILED, Kind.ROLLEDBACK):
        later.append(entry(kind, NEW, timedelta(minutes=1)))
        assert admitted(NEW, *before, *later) == expected


def test_going_back_admits_where_it_goes_and_not_what_it_leaves():
    """The failed release is admitted no more, before the way back and after it."""
    ledger = [entry(Kind.VERIFIED, OLDER), entry(Kind.VERIFIED, OLD), entry(Kind.FAILED, NEW)]
    back = admitted(OLD, *ledger)
    assert (back["incoming"], back["verified"]) == ([image(OLD)], [image(OLDER)])
    assert admitted(OLD, *ledger, entry(Kind.ROLLEDBACK, OLD)) == back


def test_a_withdrawn_release_is_admitted_no_more():
    """Who takes a release back closes the way to it too; the one verified before it takes its place."""
    ledger = [entry(Kind.VERIFIED, OLDER), entry(Kind.VERIFIED, OLD), entry(Kind.VERIFIED, NEW)]
    found = admitted(NEW, *ledger, entry(Kind.WITHDRAWN, OLD))
    assert found["verified"] == [image(OLDER)]


def test_a_checkout_without_a_ledger_admits_what_was_admitted():
    """A preview there has nothing to change; the outputs of what is deployed say what it was."""
    told = replace(runs(NEW), way_back=WayBack(OLD.id, OLD.images))
    assert admitted(NEW, deployed=told)["verified"] == [image(OLD)]
    assert admitted(OLD, deployed=told)["verified"] == []
    assert admitted(NEW, entry(Kind.VERIFIED, NEW), deployed=told)["verified"] == []
