"""Runs are started, stopped and repeated through the API, and end cleanly whatever happens."""

import time
from pathlib import Path

import httpx
from githubkit_schemas.latest import models

from sandbox.runner.processes import mark_of, marked
from tests.sandbox.runner.conftest import Organisation, Runner, wait

WORKFLOW = ".github/workflows/ci.yml"
SLOW = """
name: Slow
on:
  push:
  workflow_dispatch:
    inputs:
      word: {type: string, default: hello}
      loud: {type: boolean, default: false}
jobs:
  wait:
    runs-on: ubuntu-24.04
    timeout-minutes: ${{ fromJSON(github.event_name == 'push' && '10' || '0.05') }}
    steps:
      - run: echo "${{ inputs.word }} ${{ inputs.loud && 'LOUD' || 'quiet' }}"; (setsid sleep 301 &) ; sleep 300
"""


def at_work(organisation: Organisation) -> list[int]:
    """Processes of jobs of this organisation's runner; other tests have runners of their own."""
    return marked(f"{mark_of(organisation.runner.root)}:")


def sleepers(organisation: Organisation) -> list[int]:
    """Those that have come to where they sleep."""
    lines = {one: Path(f"/proc/{one}/cmdline") for one in at_work(organisation)}
    return [one for one, line in lines.items() if line.exists() and line.read_bytes().startswith(b"sleep\x0030")]


def test_a_job_that_never_ends_is_stopped_by_its_timeout(organisation: Organisation) -> None:
    """With everything that it started, and with the inputs that it was given."""
    organisation.create("never-ends")
    organisation.push("never-ends", {WORKFLOW: SLOW}, message="Add it [skip ci]")
    path = "/repos/openimsdk/never-ends/actions/workflows/ci.yml/dispatches"
    answer = organisation.call("POST", path, ref="main", inputs={"nothing": "x"})
    assert (answer.status_code, answer.json()["message"]) == (422, "Unexpected inputs provided: ['nothing']")
    organisation.call("POST", path, ref="main", inputs={"loud": True}).raise_for_status()
    run = organisation.run("never-ends")
    [job] = organisation.jobs("never-ends", run).values()
    assert (run["event"], job["conclusion"]) == ("workflow_dispatch", "cancelled")
    log = organisation.log("never-ends", job)
    assert "hello LOUD" in log
    assert "exceeded the maximum execution time of 0.05 minutes" in log
    assert not sleepers(organisation)


def test_a_run_is_cancelled_and_run_again(organisation: Organisation) -> None:
    """Cancelling ends its processes; another attempt is another set of jobs of the same run."""
    organisation.create("cancelled")
    organisation.push("cancelled", {WORKFLOW: SLOW})
    wait(lambda: sleepers(organisation))
    run = organisation.run("cancelled", status="in_progress")
    own = f"/repos/openimsdk/cancelled/actions/runs/{run['id']}"
    assert organisation.call("POST", f"{own}/rerun").status_code == 403
    assert organisation.call("POST", f"{own}/cancel").status_code == 202
    run = organisation.run("cancelled")
    assert run["conclusion"] == "cancelled"
    assert organisation.call("POST", f"{own}/cancel").status_code == 409
    wait(lambda: not sleepers(organisation))
    assert organisation.call("POST", f"{own}/rerun").status_code == 201
    run = organisation.run("cancelled", status="in_progress")
    assert run["run_attempt"] == 2
    organisation.call("POST", f"{own}/cancel").raise_for_status()
    organisation.run("cancelled")
    assert organisation.call("GET", f"{own}/jobs?filter=all").json()["total_count"] == 2
    assert organisation.call("DELETE", own).status_code == 204
    assert organisation.call("GET", own).status_code == 404


FLAKY = """
name: Flaky
on: push
jobs:
  good: {runs-on: x, outputs: {a: "${{ steps.a.outputs.a }}"}, steps: [{id: a, run: echo a=1 >> "$GITHUB_OUTPUT"}]}
  flaky: {runs-on: x, needs: good, steps: [{run: 'test "$ATTEMPT$A" = 21', env: {ATTEMPT: "${{ github.run_attempt }}", A: "${{ needs.good.outputs.a }}"}}]}
  after: {runs-on: x, needs: flaky, steps: [{run: echo after}]}
"""  # noqa: E501


def test_only_what_failed_is_run_again(organisation: Organisation) -> None:
    """The others keep their outputs and their ends."""
    organisation.create("flaky")
    organisation.push("flaky", {WORKFLOW: FLAKY})
    run = organisation.run("flaky")
    first = organisation.jobs("flaky", run)
    assert {name: job["conclusion"] for name, job in first.items()} == {
        "good": "success",
        "flaky": "failure",
        "after": "skipped",
    }
    own = f"/repos/openimsdk/flaky/actions/runs/{run['id']}"
    organisation.call("POST", f"{own}/rerun-failed-jobs").raise_for_status()
    again = wait(
        lambda: next(
            (r for r in organisation.runs("flaky") if (r["run_attempt"], r["status"]) == (2, "completed")), None
        )
    )
    assert again["conclusion"] == "success"
    second = organisation.jobs("flaky", again)
    assert second["good"]["started_at"] == first["good"]["started_at"]
    for job in second.values():
        models.Job.model_validate(job)
    models.WorkflowRun.model_validate(again)


GROUP = """
name: Group
on: push
concurrency: {group: "one-${{ github.ref }}", cancel-in-progress: true}
jobs:
  a: {runs-on: x, steps: [{run: 'test "${{ github.event.head_commit.message }}" = Last || sleep 300'}]}
"""


def test_a_newer_run_of_a_group_replaces_the_older(organisation: Organisation) -> None:
    """Two pushes in a row: the first is cancelled, the second runs."""
    organisation.create("group")
    organisation.push("group", {WORKFLOW: GROUP}, message="First")
    organisation.run("group", status="in_progress")
    organisation.push("group", {"a": "b"}, message="Last")
    wait(lambda: [run["conclusion"] for run in organisation.runs("group")] == ["success", "cancelled"])


def test_a_killed_runner_marks_its_runs_and_leaves_nothing_behind(organisation: Organisation) -> None:
    """What it had under way has failed, with the reason, as soon as there is a runner again."""
    runner: Runner = organisation.runner
    organisation.create("killed")
    organisation.push("killed", {WORKFLOW: SLOW})
    wait(lambda: sleepers(organisation))
    runner.stop(hard=True)
    assert sleepers(organisation)
    runner.start()
    run = organisation.run("killed")
    assert run["conclusion"] == "failure"
    assert not at_work(organisation)
    checks = organisation.call("GET", "/repos/openimsdk/killed/commits/main/check-runs").json()["check_runs"]
    assert [check["output"]["title"] for check in checks] == ["The runner stopped"]


def test_a_branch_deleted_under_its_run_ends_it_cleanly(organisation: Organisation) -> None:
    """What has begun goes on to its end; the run stays where it can be looked at."""
    organisation.create("deleted-branch")
    quick = SLOW.replace("sleep 300", "sleep 3")
    organisation.push("deleted-branch", {WORKFLOW: quick}, branch="short")
    organisation.run("deleted-branch", status="in_progress", branch="short")
    organisation.call("DELETE", "/repos/openimsdk/deleted-branch/git/refs/heads/short").raise_for_status()
    assert organisation.run("deleted-branch", branch="short")["conclusion"] == "success"


PUSHES = """
name: Pushes
on: push
permissions: {contents: write}
jobs:
  push:
    runs-on: x
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
      - run: |
          git -c user.name=a -c user.email=a@b commit -q --allow-empty -m "By a job"
          git push -q origin HEAD:by-a-job
"""


def test_what_a_job_pushes_starts_no_workflow(organisation: Organisation) -> None:
    """Or it would never end."""
    organisation.create("pushes")
    organisation.push("pushes", {WORKFLOW: PUSHES})
    run = organisation.run("pushes")
    assert run["conclusion"] == "success", organisation.log("pushes", organisation.jobs("pushes", run)["push"])
    branches = organisation.call("GET", "/repos/openimsdk/pushes/branches").json()
    assert {branch["name"] for branch in branches} == {"main", "by-a-job"}
    time.sleep(1)
    assert len(organisation.runs("pushes")) == 1


LIMITED = """
name: Limited
on: push
permissions: {contents: read}
jobs:
  ask:
    runs-on: x
    steps:
      - run: |
          python3 - <<'PYTHON'
          import os, urllib.error, urllib.request
          address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
          headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
          try:
              urllib.request.urlopen(urllib.request.Request(address, b'{"title": "x"}', headers))
          except urllib.error.HTTPError as error:
              print("answered", error.code)
          print("token", os.environ["TOKEN"][::-1])
          PYTHON
        env: {TOKEN: "${{ github.token }}"}
"""


def test_a_job_may_what_it_asked_for_and_only_while_it_runs(organisation: Organisation) -> None:
    """Its token opens nothing else, and nothing at all afterwards."""
    organisation.create("limited")
    organisation.push("limited", {WORKFLOW: LIMITED})
    run = organisation.run("limited")
    log = organisation.log("limited", organisation.jobs("limited", run)["ask"])
    assert "answered 403" in log
    token = next(line.split()[-1][::-1] for line in log.splitlines() if " token " in line)
    answer = httpx.get(f"{organisation.github.base}/api/v3/user", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
