"""What a cluster shows proves a deployment, disproves it, or not yet either."""

from dataclasses import replace

import pytest

from model.application import SmokeCheck
from model.evidence import (
    Container,
    Evidence,
    Observation,
    Part,
    Pod,
    Verdict,
    Workload,
    judge_answer,
    judge_calm,
    judge_images,
    judge_pods,
    judge_rollout,
)

NEW, OLD = (f"registry.example/openim/api@sha256:{letter * 64}" for letter in "ab")
EXPECTED = {"api": NEW}
CONTAINER = Container("api", NEW, NEW, 0, "", "")
POD = Pod("api-1", "uid-1", "api", ready=True, containers=(CONTAINER,))
WORKLOAD = Workload("api", (NEW,), desired=1, updated=1, ready=1, existing=1, observed=True, stalled="")


def seen(workload=None, pod=None, **container):
    """A healthy stage with some things changed."""
    one = replace(POD, **(pod or {}), containers=(replace(CONTAINER, **container),))
    return Observation({"api": replace(WORKLOAD, **(workload or {}))}, [one])


def test_what_is_as_it_should_be_passes():
    for found in (
        judge_images(EXPECTED, seen(), final=True),
        judge_rollout(EXPECTED, seen()),
        judge_pods(EXPECTED, seen()),
        judge_calm(seen(), seen()),
    ):
        assert (found.verdict, found.reasons) == (Verdict.PASSED, ())


def test_a_template_with_another_image_is_waited_for_only_while_somebody_deploys():
    other = seen({"images": (OLD,)})
    assert judge_images(EXPECTED, other, final=False).verdict is Verdict.PENDING
    found = judge_images(EXPECTED, other, final=True)
    assert found.verdict is Verdict.FAILED
    assert found.reasons == ("api: asks for api@sha256:bbbbbbbbbbbb, not api@sha256:aaaaaaaaaaaa",)


def test_a_node_that_runs_other_bytes_than_were_asked_for_is_found_out():
    found = judge_images(EXPECTED, seen(image_id=OLD), final=True)
    assert found.verdict is Verdict.FAILED
    assert "pod api-1: runs api@sha256:bbbbbbbbbbbb" in found.reasons[0]


def test_a_workload_that_is_not_there_is_named():
    nothing = Observation({}, [])
    assert judge_images(EXPECTED, nothing, final=True).reasons == ("api: is not there",)
    assert judge_rollout(EXPECTED, nothing).reasons == ("api: is not there",)


@pytest.mark.parametrize("change", [{"observed": False}, {"updated": 0}, {"existing": 2}])
def test_a_rollout_is_complete_when_all_old_pods_are_gone(change):
    assert judge_rollout(EXPECTED, seen(change)).verdict is Verdict.PENDING


def test_a_controller_that_gave_up_has_failed():
    found = judge_rollout(EXPECTED, seen({"stalled": "ReplicaSet has timed out progressing"}))
    assert (found.verdict, found.reasons) == (Verdict.FAILED, ("api: ReplicaSet has timed out progressing",))


def test_a_crash_is_given_time_to_mend_and_then_given_up():
    crashing = {"waits": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
    once = seen({"ready": 0}, {"ready": False}, restarts=1, **crashing)
    assert judge_pods(EXPECTED, once).verdict is Verdict.PENDING
    often = judge_pods(EXPECTED, seen({"ready": 0}, {"ready": False}, restarts=3, **crashing))
    assert often.verdict is Verdict.FAILED
    assert often.reasons == ("pod api-1: api CrashLoopBackOff, 3 restarts: back-off 10s restarting failed container",)


def test_what_is_wrong_with_pods_of_the_release_before_does_not_count_against_this_one():
    crashing = seen({}, {"ready": False}, image=OLD, waits="CrashLoopBackOff", restarts=9)
    assert judge_pods(EXPECTED, crashing).verdict is Verdict.PENDING


def test_a_restart_or_a_vanished_pod_disturbs_the_calm():
    assert judge_calm(seen(), seen(restarts=1)).reasons == ("pod api-1: api restarted 1 more times",)
    assert judge_calm(seen(), Observation({}, [])).reasons == ("pod api-1 is gone, and nobody deployed anything",)
    assert judge_calm(seen(restarts=4), seen(restarts=4)).verdict is Verdict.PASSED


def test_an_answer_counts_by_its_status():
    check = SmokeCheck("api", "api-service", 80, "GET", "/healthz", 200)
    assert judge_answer(check, 200, "").verdict is Verdict.PASSED
    found = judge_answer(check, 503, "no endpoints\n available")
    assert found.reasons == ("GET api-service:80/healthz answers 503, not 200: no endpoints available",)


def test_many_reasons_are_counted_rather_than_listed():
    expected = {f"api-{n}": NEW for n in range(10)}
    reasons = judge_images(expected, Observation({}, []), final=True).reasons
    assert len(reasons) == 7
    assert reasons[-1] == "and 4 more"


def test_not_knowing_outweighs_failure():
    failed, errored = Part("pods", Verdict.FAILED, 1.0, ("x",)), Part("smoke", Verdict.ERRORED, 1.0, ("y",))
    assert Evidence({}, [failed]).verdict is Verdict.FAILED
    assert Evidence({}, [failed, errored]).verdict is Verdict.ERRORED
    assert Evidence({}, [failed, errored]).reasons == ("pods: x", "smoke: y")
    assert Evidence({}, [failed]).record()["parts"] == [
        {"part": "pods", "verdict": "failed", "seconds": 1.0, "reasons": ["x"]}
    ]
