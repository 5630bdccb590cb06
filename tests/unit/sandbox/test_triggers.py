"""Events start exactly the workflows that GitHub would start."""

import pytest

from sandbox.github.expressions import ExpressionError
from sandbox.github.workflows.document import InvalidWorkflowError, Workflow, read
from sandbox.github.workflows.matrix import combinations
from sandbox.github.workflows.permissions import granted
from sandbox.github.workflows.schedule import came
from sandbox.github.workflows.triggers import Happening, starts

JOBS = "\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}"
CI_RAN = Happening("workflow_run", "completed", workflow="CI", branch="main")
MAIN, TAG = "refs/heads/main", "refs/tags/v1.2"


def workflow(on: str) -> Workflow:
    return read(".github/workflows/a.yml", f"on: {on}{JOBS}")


@pytest.mark.parametrize(
    ("on", "happening", "expected"),
    [
        ("push", Happening("push", ref=MAIN), True),
        ("push", Happening("push", ref=TAG), True),
        ("[pull_request]", Happening("push", ref=MAIN), False),
        ("{push: {branches: ['release-*']}}", Happening("push", ref="refs/heads/release-1"), True),
        ("{push: {branches: ['release-*']}}", Happening("push", ref="refs/heads/release-1/x"), False),
        ("{push: {branches: ['**', '!main']}}", Happening("push", ref=MAIN), False),
        ("{push: {branches-ignore: [main]}}", Happening("push", ref=MAIN), False),
        ("{push: {branches: [main]}}", Happening("push", ref=TAG), False),
        ("{push: {tags: ['v[0-9].*']}}", Happening("push", ref=TAG), True),
        ("{push: {tags: ['v*']}}", Happening("push", ref=MAIN), False),
        ("{push: {paths-ignore: ['ledger/**']}}", Happening("push", ref=MAIN, paths=lambda: ["ledger/a/b"]), False),
        ("{push: {paths-ignore: ['ledger/**']}}", Happening("push", ref=MAIN, paths=lambda: ["ledger/a", "b"]), True),
        ("{push: {paths: ['**.go', '!vendor/**']}}", Happening("push", ref=MAIN, paths=lambda: ["vendor/a.go"]), False),
        ("{push: {paths: ['**/*.go']}}", Happening("push", ref=MAIN, paths=lambda: ["a.go"]), True),
        ("push", Happening("push", ref=MAIN, message="Tidy [skip ci]"), False),
        ("pull_request", Happening("pull_request", "synchronize", ref="main"), True),
        ("pull_request", Happening("pull_request", "closed", ref="main"), False),
        ("{pull_request: {types: [closed]}}", Happening("pull_request", "closed", ref="main"), True),
        ("{pull_request: {branches: [main]}}", Happening("pull_request", "opened", ref="dev"), False),
        ("{issue_comment: {types: [created]}}", Happening("issue_comment", "edited"), False),
        ("{workflow_run: {workflows: [CI], branches: [main]}}", CI_RAN, True),
        ("{workflow_run: {workflows: [CI]}}", Happening("workflow_run", "completed", workflow="Other"), False),
        ("{workflow_dispatch: {inputs: {a: {}}}}", Happening("workflow_dispatch"), True),
    ],
)  # fmt: skip
def test_an_event_starts_a_workflow_or_does_not(on: str, happening: Happening, expected: bool) -> None:
    """Branches, tags, paths, types and names."""
    assert starts(workflow(on), happening) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("on: [", "yaml syntax on line 1"),
        ("on: push", "no jobs"),
        (f"name: x{JOBS}", "No event triggers"),
        ("on: push\njobs: {a: {runs-on: x, steps: [{run: a, uses: b}]}}", "either run or uses"),
        ("on: push\njobs: {a: {needs: b, runs-on: x, steps: [{run: a}]}}", "unknown jobs"),
        ("on: push\njobs: {a: {needs: a, runs-on: x, steps: [{run: a}]}}", "depends on itself"),
        ("on: push\njobs: {a: {runs-on: x, steps: [{run: '${{ a. }}'}]}}", "unexpected 'end'"),
        ("on: push\njobs: {a: {runs-on: x, container: y, steps: [{run: a}]}}", "not supported"),
        ("on: push\njobs: {a: {steps: [{run: a}]}}", "runs-on"),
        (f"on: pull_request_target{JOBS}", "not supported"),
        ("on: push\nonn: x\njobs: {a: {runs-on: x, steps: [{run: a}]}}", "Unexpected value 'onn'"),
    ],
)
def test_a_broken_file_says_what_is_wrong(text: str, reason: str) -> None:
    """The reason is the failed run's."""
    with pytest.raises(InvalidWorkflowError, match=reason):
        read("a.yml", text)


def test_a_matrix_is_every_combination_but_the_excluded_and_the_included() -> None:
    """GitHub's own example of include."""
    matrix = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [{"color": "green"}, {"color": "pink", "animal": "cat"}, {"fruit": "banana"}],
    }
    found = combinations(matrix)
    assert {"fruit": "apple", "animal": "cat", "color": "pink"} in found
    assert {"fruit": "pear", "animal": "dog", "color": "green"} in found
    assert found[-1] == {"fruit": "banana"}
    assert combinations({"include": [{"a": 1}, {"a": 2}]}) == [{"a": 1}, {"a": 2}]
    with pytest.raises(ExpressionError, match="list"):
        combinations({"a": []})


def test_a_job_gets_the_permissions_that_it_names_and_a_fork_only_reads() -> None:
    """Naming one takes all others away."""
    asked = {"permissions": {"checks": "write", "id-token": "none"}}
    assert granted({}, asked, default="write", from_fork=False) == {"metadata": "read", "checks": "write"}
    assert granted({}, asked, default="write", from_fork=True) == {"metadata": "read", "checks": "read"}
    assert granted({"permissions": {}}, {}, default="write", from_fork=False) == {"metadata": "read"}
    assert granted({}, {}, default="read", from_fork=False)["contents"] == "read"
    assert granted({}, {}, default="write", from_fork=False)["contents"] == "write"
    with pytest.raises(InvalidWorkflowError, match="unknown"):
        granted({"permissions": {"nothing": "read"}}, {}, default="read", from_fork=False)


def test_a_time_comes_once() -> None:
    """Half past every hour, looked at every minute."""
    half_past = 1_800_001_800
    assert came("30 * * * *", half_past - 60, half_past)
    assert not came("30 * * * *", half_past, half_past + 60)
    assert not came("nonsense", 0, half_past)
