"""Verification ends with the first thing that is not proven, and tells failing from not knowing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from delivery.cluster import ClusterError
from delivery.verify import SILENCE, Expected, Verifier
from model.application import SmokeCheck
from model.evidence import Container, Observation, Pod, Verdict, Workload
from model.verification import Verification

IMAGE = f"registry.example/openim/api@sha256:{'a' * 64}"
CHECK = SmokeCheck("api", "api-service", 80, "GET", "/healthz", 200)
TIMES = Verification(
    rollout_within=timedelta(seconds=60), smoke_within=timedelta(seconds=10), settle=timedelta(seconds=5)
)


def healthy(restarts=0, ready=True, name="api-1"):
    pod = Pod(name, name, "api", ready, (Container("api", IMAGE, IMAGE, restarts, "", ""),))
    return Observation({"api": Workload("api", (IMAGE,), 1, 1, int(ready), 1, observed=True, stalled="")}, [pod])


class World:
    """A clock, and a cluster whose state is a function of it."""

    def __init__(self, observe, ask=lambda _: 200):
        self.now, self._observe, self._ask = 0.0, observe, ask

    def observe(self):
        return self._observe(self.now)

    def ask(self, _):
        return self._ask(self.now), ""

    def sleep(self, seconds):
        self.now += seconds

    def verify(self, checks=(CHECK,)):
        expected = Expected({"api": "sha256:aa"}, {"api": IMAGE}, checks, TIMES)
        return Verifier(self, expected, clock=lambda: self.now, sleep=self.sleep).verify()


def parts(evidence):
    return [(part.name, part.verdict) for part in evidence.parts]


def silent(_):
    raise ClusterError("the cluster does not answer")


def test_a_healthy_stage_is_verified_after_it_has_settled():
    evidence = World(lambda _: healthy()).verify()
    assert evidence.verdict is Verdict.PASSED
    assert [name for name, _ in parts(evidence)] == ["images", "rollout", "pods", f"smoke {CHECK.title}", "settled"]
    assert evidence.parts[-1].seconds >= 5


def test_a_slow_start_is_waited_for():
    evidence = World(lambda now: healthy(ready=now > 20)).verify()
    assert evidence.verdict is Verdict.PASSED
    assert evidence.parts[2].seconds > 20


def test_pods_that_never_become_ready_fail_when_their_time_is_up_and_nothing_else_is_asked():
    evidence = World(lambda _: healthy(ready=False)).verify()
    assert parts(evidence)[-1] == ("pods", Verdict.FAILED)
    assert evidence.reasons == ("pods: api: 0 of 1 ready", "pods: pod api-1: is not ready")


def test_a_wrong_answer_is_repeated_and_then_fails():
    evidence = World(lambda _: healthy(), ask=lambda _: 503).verify()
    assert parts(evidence)[-1] == (f"smoke {CHECK.title}", Verdict.FAILED)
    assert evidence.parts[-1].seconds > 10
    assert World(lambda _: healthy(), ask=lambda now: 200 if now > 3 else 503).verify().verdict is Verdict.PASSED


@pytest.mark.parametrize("later", [healthy(restarts=1), healthy(ready=False), healthy(name="api-2")])
def test_a_release_that_turns_sick_while_it_settles_fails(later):
    evidence = World(lambda now: later if now > 2 else healthy()).verify()
    assert parts(evidence)[-1] == ("settled", Verdict.FAILED)


def test_a_silent_cluster_is_asked_for_a_while_and_proves_nothing():
    world = World(silent)
    evidence = world.verify()
    assert parts(evidence) == [("cluster", Verdict.ERRORED)]
    assert world.now >= SILENCE
    mended = World(lambda now: healthy() if now > 10 else silent(now)).verify()
    assert mended.verdict is Verdict.PASSED


def test_a_check_that_may_not_be_asked_is_no_failure_of_the_release():
    evidence = World(lambda _: healthy(), ask=silent).verify()
    assert evidence.verdict is Verdict.ERRORED


def test_sickness_is_seen_while_an_update_runs_and_silence_is_none():
    crashing = replace(healthy().pods[0].containers[0], waits="CrashLoopBackOff", restarts=4)
    sick = replace(healthy(), pods=[replace(healthy().pods[0], ready=False, containers=(crashing,))])
    expected = Expected({}, {"api": IMAGE}, (), TIMES)
    assert "CrashLoopBackOff" in (Verifier(World(lambda _: sick), expected).sickness() or "")
    assert Verifier(World(silent), expected).sickness() is None
