"""Pull requests run the workflows of what would be merged; those of forks do so without secrets or rights."""

import subprocess

from tests.sandbox.runner.conftest import GIT, Organisation
from tests.sandbox.runner.test_holding import seal

WORKFLOW = ".github/workflows/ci.yml"
CHECKED = """
name: Checked
on: {pull_request: {branches: [main]}}
permissions: {contents: write, issues: write}
jobs:
  look:
    name: Look
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
        with: {fetch-depth: 0, persist-credentials: false}
      - run: |
          cat base.txt head.txt
          echo "parents $(git rev-list --parents -n 1 HEAD | wc -w)"
          echo "secret [$SECRET] $GITHUB_BASE_REF $GITHUB_HEAD_REF $GITHUB_REF"
        env: {SECRET: "${{ secrets.SHARED }}"}
      - if: github.event.pull_request.head.repo.full_name != github.repository
        run: |
          python3 - <<'PYTHON'
          import os, urllib.error, urllib.request
          address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
          headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
          try:
              urllib.request.urlopen(urllib.request.Request(address, b'{"title": "x"}', headers))
          except urllib.error.HTTPError as error:
              print("answered", error.code)
          PYTHON
        env: {TOKEN: "${{ github.token }}"}
"""


def test_a_pull_request_runs_what_would_be_merged(organisation: Organisation) -> None:
    """The job sees both sides, and its check is the pull request's."""
    organisation.create("asked")
    seal(organisation, "/repos/openimsdk/asked/actions/secrets", "SHARED", "shared-by-all")
    organisation.push("asked", {WORKFLOW: CHECKED, "base.txt": "base\n"})
    sha = organisation.push("asked", {"head.txt": "head\n"}, branch="topic")
    request = {"title": "Ask", "head": "topic", "base": "main"}
    number = organisation.call("POST", "/repos/openimsdk/asked/pulls", **request).raise_for_status().json()["number"]
    run = organisation.run("asked", event="pull_request")
    job = organisation.jobs("asked", run)["Look"]
    log = organisation.log("asked", job)
    assert (run["conclusion"], run["head_sha"], run["head_branch"]) == ("success", sha, "topic"), log
    assert [asked["number"] for asked in run["pull_requests"]] == [number]
    assert "parents 3" in log
    assert f"secret [***] main topic refs/pull/{number}/merge" in log
    checks = organisation.call("GET", f"/repos/openimsdk/asked/commits/{sha}/check-runs").json()["check_runs"]
    assert [(check["name"], check["app"]["slug"]) for check in checks] == [("Look", "github-actions")]


def test_a_fork_gets_no_secret_and_a_token_that_only_reads(organisation: Organisation) -> None:
    """Whatever its workflow file asks for."""
    organisation.create("forked")
    seal(organisation, "/repos/openimsdk/forked/actions/secrets", "SHARED", "shared-by-all")
    organisation.push("forked", {WORKFLOW: CHECKED, "base.txt": "base\n"})
    who = "pat-outsider"
    made = organisation.call("POST", "/repos/openimsdk/forked/forks", who=who).raise_for_status().json()
    token = organisation.github.token(who)
    address = made["clone_url"].replace("://", f"://x:{token}@")
    folder = organisation.folder / "fork-of-forked"
    subprocess.run(("git", "clone", "-q", address, folder), check=True)
    (folder / "head.txt").write_text("theirs\n")
    for command in (
        ("checkout", "-q", "-b", "theirs"),
        ("add", "-A"),
        ("commit", "-q", "-m", "Mine"),
        ("push", "-q", "origin", "theirs"),
    ):
        subprocess.run((*GIT, *command), cwd=folder, check=True)
    request = {"title": "Take mine", "head": f"{who}:theirs", "base": "main"}
    organisation.call("POST", "/repos/openimsdk/forked/pulls", who=who, **request).raise_for_status()
    run = organisation.run("forked", event="pull_request")
    log = organisation.log("forked", organisation.jobs("forked", run)["Look"])
    assert run["conclusion"] == "success", log
    assert "secret [] main theirs" in log
    assert "answered 403" in log


CHAIN = """
name: Chain
on:
  workflow_run: {workflows: [First], types: [completed]}
  issue_comment: {types: [created]}
jobs:
  follow: {runs-on: x, steps: [{run: 'echo "$WHAT"', env: {WHAT: "${{ github.event.workflow_run.conclusion }}${{ github.event.comment.body }}"}}]}
"""  # noqa: E501
FIRST = "name: First\non: push\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}\n"


def test_runs_and_comments_start_workflows(organisation: Organisation) -> None:
    """One run follows another, and a comment starts what answers it."""
    organisation.create("chain")
    organisation.push("chain", {WORKFLOW: FIRST, ".github/workflows/chain.yml": CHAIN})
    run = organisation.run("chain", event="workflow_run")
    assert "success" in organisation.log("chain", organisation.jobs("chain", run)["follow"])
    base = "/repos/openimsdk/chain/issues"
    number = organisation.call("POST", base, title="Talk").raise_for_status().json()["number"]
    organisation.call("POST", f"{base}/{number}/comments", who="lin-tester", body="/test pass").raise_for_status()
    run = organisation.run("chain", event="issue_comment")
    assert run["actor"]["login"] == "lin-tester"
    assert "/test pass" in organisation.log("chain", organisation.jobs("chain", run)["follow"])
