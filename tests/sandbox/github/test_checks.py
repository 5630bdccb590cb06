"""What is reported about commits: statuses by those who push, check runs by Apps."""

import pytest

from sandbox.github.checks import conclusion_by_context
from sandbox.github.store import Store

OUTPUT = {"title": "Images", "summary": "Two images.", "text": '```json\n{"images": {}}\n```'}


@pytest.fixture
def path(repository):
    """The repository."""
    return f"/repos/openimsdk/{repository}"


@pytest.fixture
def sha(deployer, path):
    """The head of main."""
    return deployer.get(f"{path}/branches/main").json()["commit"]["sha"]


def reported(client, path, sha, name="build", **more):
    answer = client.post(f"{path}/check-runs", json={"name": name, "head_sha": sha, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def conclusions(github, deployer, path, sha):
    number = deployer.get(path).json()["id"]
    with Store(github.root / "github.sqlite").transaction(write=False) as db:
        return conclusion_by_context(db, number, sha)


def test_githubs_models_take_the_answers(github, deployer, repository, path, sha):
    """Typed clients read check runs, suites, annotations, statuses and the combined status."""
    remark = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
    run = reported(deployer, path, sha, conclusion="success", output=OUTPUT | {"annotations": [remark]})
    deployer.post(f"{path}/statuses/{sha}", json={"state": "success"}).raise_for_status()
    typed = github.typed()
    checks, repos = typed.rest.checks, typed.rest.repos
    full = checks.get("openimsdk", repository, run["id"]).parsed_data
    assert (full.status, full.conclusion, full.output.text) == ("completed", "success", OUTPUT["text"])
    assert full.app.slug == "openim-cicd"
    assert checks.list_annotations("openimsdk", repository, run["id"]).parsed_data[0].message == "m"
    assert checks.list_for_ref("openimsdk", repository, "main").parsed_data.check_runs[0].id == run["id"]
    suite = checks.get_suite("openimsdk", repository, run["check_suite"]["id"]).parsed_data
    assert (suite.status, suite.conclusion, suite.head_branch) == ("completed", "success", "main")
    assert checks.list_suites_for_ref("openimsdk", repository, "main").parsed_data.total_count == 1
    assert checks.list_for_suite("openimsdk", repository, suite.id).parsed_data.total_count == 1
    assert repos.get_combined_status_for_ref("openimsdk", repository, "main").parsed_data.state == "success"
    assert repos.list_commit_statuses_for_ref("openimsdk", repository, "main").parsed_data[0].context == "default"


def test_a_check_run_goes_its_way(deployer, path, sha):
    """Queued, in progress, completed; a conclusion completes it and starting again takes that back."""
    run = reported(deployer, path, sha)
    assert (run["status"], run["conclusion"]) == ("queued", None)
    going = deployer.patch(f"{path}/check-runs/{run['id']}", json={"status": "in_progress"}).json()
    assert going["status"] == "in_progress"
    ended = deployer.patch(f"{path}/check-runs/{run['id']}", json={"conclusion": "failure", "output": OUTPUT}).json()
    assert (ended["status"], ended["conclusion"], ended["output"]["title"]) == ("completed", "failure", "Images")
    assert ended["completed_at"]
    again = deployer.patch(f"{path}/check-runs/{run['id']}", json={"status": "queued"}).json()
    assert (again["conclusion"], again["completed_at"]) == (None, None)


def test_the_latest_of_a_name_counts(github, deployer, path, sha):
    """A second report replaces the first in lists and in rules; all can be asked for."""
    reported(deployer, path, sha, conclusion="failure")
    reported(deployer, path, sha, conclusion="success")
    of_ref = f"{path}/commits/{sha}/check-runs"
    assert [run["conclusion"] for run in deployer.get(of_ref).json()["check_runs"]] == ["success"]
    assert deployer.get(of_ref, params={"filter": "all"}).json()["total_count"] == 2
    assert deployer.get(of_ref, params={"check_name": "other"}).json()["total_count"] == 0
    assert conclusions(github, deployer, path, sha) == {"build": "success"}


def test_what_reports_come_to(github, deployer, path, sha):
    """Checks and statuses by name; where both speak of one thing the worse counts."""
    reported(deployer, path, sha, conclusion="success")
    reported(deployer, path, sha, "going")
    for context, state in (("build", "failure"), ("lint", "pending"), ("lint", "success")):
        deployer.post(f"{path}/statuses/{sha}", json={"state": state, "context": context}).raise_for_status()
    assert conclusions(github, deployer, path, sha) == {"build": "failure", "going": "queued", "lint": "success"}
    combined = deployer.get(f"{path}/commits/main/status").json()
    assert (combined["state"], combined["total_count"]) == ("failure", 2)


def test_nothing_said_is_pending(deployer, path, sha):
    """A commit without statuses is pending."""
    assert deployer.get(f"{path}/commits/{sha}/status").json()["state"] == "pending"


def test_only_apps_report_check_runs(github, path, sha):
    """People are told to come as an App, whatever they may do in the repository."""
    with github.client("owner") as owner, github.client("member") as member:
        refused = owner.post(f"{path}/check-runs", json={"name": "x", "head_sha": sha})
        assert (refused.status_code, refused.json()["message"]) == (403, "You must authenticate via a GitHub App.")
        assert owner.post(f"{path}/statuses/{sha}", json={"state": "success"}).status_code == 201
        assert member.post(f"{path}/statuses/{sha}", json={"state": "success"}).status_code == 403
        assert member.get(f"{path}/commits/main/check-runs").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"head_sha": "main"},
        {"name": "x", "head_sha": "0" * 40},
        {"name": "x", "head_sha": "main", "status": "completed"},
        {"name": "x", "head_sha": "main", "conclusion": "good"},
        {"name": "x", "head_sha": "main", "output": {"summary": "s"}},
        {"name": "x", "head_sha": "main", "output": {"title": "t", "summary": "s" * 65_536}},
        {"name": "x", "head_sha": "main", "output": {"title": "t", "summary": "s", "text": "s" * 65_536}},
        {"name": "x", "head_sha": "main", "actions": [{"label": "l"}]},
    ],
)
def test_impossible_reports_are_refused(deployer, path, body):
    """No name, no commit, no conclusion, too long: 422."""
    assert deployer.post(f"{path}/check-runs", json=body).status_code == 422


def test_the_longest_text_fits(deployer, path, sha):
    """65,535 characters."""
    assert reported(deployer, path, sha, output={"title": "t", "summary": "s", "text": "é" * 65_535})


def test_each_step_is_told(deployer, repository, path, sha, receiver):
    """Hooks hear of check runs made and completed, of the suite when all its runs are, and of statuses."""
    config = {"url": receiver.url, "content_type": "json"}
    body = {"config": config, "events": ["check_run", "check_suite", "status"]}
    deployer.post(f"{path}/hooks", json=body).raise_for_status()
    reported(deployer, path, sha, "first", conclusion="success")
    run = reported(deployer, path, sha, "second")
    deployer.patch(f"{path}/check-runs/{run['id']}", json={"conclusion": "failure"}).raise_for_status()
    deployer.post(f"{path}/statuses/{sha}", json={"state": "error"}).raise_for_status()
    told = [(each.headers["X-GitHub-Event"], each.payload) for each in receiver.wait_for(8)]
    steps = sorted((event, payload.get("action", "")) for event, payload in told if event != "ping")
    created, completed = ("check_run", "created"), ("check_run", "completed")
    suites = [("check_suite", "completed")] * 2
    assert steps == sorted([created, created, completed, completed, *suites, ("status", "")])
    ends = [payload["check_suite"]["conclusion"] for event, payload in told if event == "check_suite"]
    assert sorted(ends) == ["failure", "success"]
    assert repository
