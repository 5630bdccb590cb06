"""What `openim-cicd diff --comment` and `drift --issue` leave on GitHub."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.github.conftest import StandIn

DATA = Path(__file__).parents[2] / "unit" / "model" / "preview" / "data"
Said = subprocess.CompletedProcess[str]


@pytest.fixture
def run(github: StandIn, repository: str, tmp_path: Path) -> Callable[..., Said]:
    """``run("diff", ...)``: the command in a clone of the test's repository, as the deployer's App."""
    folder = tmp_path / "clone"
    (folder / "estate").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: openim-cicd\n")
    for arguments in (["init", "-q"], ["remote", "add", "origin", f"{github.base}/openimsdk/{repository}.git"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)

    def command(*arguments: str) -> Said:
        variables = {"GITHUB_BASE_URL": f"{github.base}/api/v3/", "GITHUB_TOKEN": github.token("deployer")}
        return subprocess.run(
            [str(Path(sys.executable).parent / "openim-cicd"), *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "200", **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


@pytest.fixture
def issues(deployer: httpx.Client, repository: str) -> Callable[..., Any]:
    """``issues("/1/comments")``: what stands there."""
    return lambda path="": deployer.get(f"/repos/openimsdk/{repository}/issues{path}").raise_for_status().json()


@pytest.fixture
def number(deployer: httpx.Client, repository: str) -> int:
    """An issue; to comments a pull request is one."""
    made = deployer.post(f"/repos/openimsdk/{repository}/issues", json={"title": "A change"})
    return made.raise_for_status().json()["number"]


def test_each_stack_has_one_comment_that_is_brought_up_to_date(run, issues, number):
    """A second preview changes the first one's comment; another stack has its own; a repetition writes nothing."""
    for stack, name in (("staging", "images"), ("prod", "images"), ("staging", "namespace"), ("staging", "namespace")):
        done = run("diff", stack, "--json", str(DATA / f"{name}.json"), "--comment", str(number))
        assert done.returncode == 0, done.stderr
        assert re.search(r"\d\.\d s after the preview", done.stdout)
    staging, prod = issues(f"/{number}/comments")
    assert staging["body"].startswith("<!-- openim-cicd preview: staging -->")
    assert "**Risk: critical**" in staging["body"]
    assert "**Risk: medium**" in prod["body"]


def test_somebody_elses_comment_is_left_alone(run, issues, number, github, repository):
    """Whoever writes our first line under it does not get their words replaced, nor are they taken for ours."""
    forged = {"body": "<!-- openim-cicd preview: staging -->\nAll is well."}
    with github.client("member") as member:
        member.post(f"/repos/openimsdk/{repository}/issues/{number}/comments", json=forged).raise_for_status()
    assert run("diff", "staging", "--json", str(DATA / "images.json"), "--comment", str(number)).returncode == 0
    theirs, ours = issues(f"/{number}/comments")
    assert theirs["body"] == forged["body"]
    assert ours["user"]["login"] != theirs["user"]["login"]


def test_a_failed_preview_is_told_and_fails(run, issues, number):
    """The job is red, and the comment says why."""
    done = run("diff", "staging", "--json", str(DATA / "failed.json"), "--comment", str(number))
    assert done.returncode == 1
    (comment,) = issues(f"/{number}/comments")
    assert "20 images cannot be found" in comment["body"]


def test_drift_has_one_issue_that_closes_itself(run, issues, tmp_path):
    """Opened where something differs, closed where nothing does any more."""
    for _ in range(2):
        done = run("drift", "staging", "--json", str(DATA / "drifted.json"), "--issue")
        assert done.returncode == 1, done.stderr
    (issue,) = issues()
    assert issue["title"] == "Drift on staging"
    assert "ConfigMap openim-mongo" in issue["body"]
    (tmp_path / "same.json").write_text('{"steps": [], "changeSummary": {"same": 165}}')
    assert run("drift", "staging", "--json", str(tmp_path / "same.json"), "--issue").returncode == 0
    assert issues() == []
    assert issues("?state=closed")[0]["title"] == "Drift on staging"


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "is no JSON"), ("[]", "is no preview"), ('{"a": 1}', "is no preview")]
)
def test_what_is_no_preview_is_refused(run, tmp_path, text, reason):
    """With what to do instead."""
    (tmp_path / "x.json").write_text(text)
    done = run("diff", "staging", "--json", str(tmp_path / "x.json"))
    assert done.returncode == 1
    assert reason in done.stderr


def test_a_stack_that_is_none_is_refused(run):
    """Before the engine is asked."""
    done = run("diff", "nosuch")
    assert done.returncode == 1
    assert "Pulumi.nosuch.yaml does not exist" in done.stderr
