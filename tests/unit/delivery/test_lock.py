"""A lock is taken away only from the dead."""

import os
import socket
import subprocess

import pytest

from delivery.lock import holders, is_locked

REFUSAL = """error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or \
delete the lock file with `pulumi cancel`.
  file:///state/.pulumi/locks/organization/openim-cicd/staging/5.json: created by ci@{host} (pid {pid}) at {at}
"""


def refusal(pid, host=None):
    return REFUSAL.format(pid=pid, host=host or socket.gethostname(), at="2026-07-22T08:00:00Z")


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_the_holder_is_read_from_the_engine_s_refusal():
    said = refusal(4711, "runner-7")
    assert is_locked(said)
    assert [str(one) for one in holders(said)] == ["ci@runner-7, process 4711, since 2026-07-22T08:00:00Z"]


def test_a_process_that_has_ended_on_this_host_is_dead(dead):
    assert [one.is_dead for one in holders(refusal(dead))] == [True]


def test_nobody_is_dead_whose_host_is_another(dead):
    assert [one.is_dead for one in holders(refusal(dead, "elsewhere"))] == [False]


def test_a_number_that_went_to_another_program_is_the_engine_s_no_more():
    """This test's own process runs, but is no engine."""
    assert [one.is_dead for one in holders(refusal(os.getpid()))] == [True]


def test_other_failures_are_no_locks():
    assert not is_locked("error: no stack named 'staging' found")
    assert holders("error: [409] Conflict: Another update is currently in progress.") == ()
    assert is_locked("error: [409] Conflict: Another update is currently in progress.")
