"""Bad days on request: errors, limits, slowness, lost answers and lost deliveries, each as often as asked for."""

import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest


@pytest.fixture
def faults(github):
    """Asks for faults; all are healed afterwards."""
    with httpx.Client(base_url=f"{github.base}/_sandbox", trust_env=False) as control:

        def ask(match, kind, **more):
            answer = control.post("/faults", json={"match": match, "kind": kind} | more)
            assert answer.status_code == 201, answer.text
            return answer.json()

        yield ask
        control.delete("/faults").raise_for_status()


@contextmanager
def taking():
    begun = time.monotonic()
    yield lambda: time.monotonic() - begun


def test_errors_come_as_often_as_asked(deployer, faults):
    """Twice 502, then all is well; other calls are not touched."""
    faults("GET /repos/openimsdk/chat", "status", status=502, count=2)
    statuses = [deployer.get("/repos/openimsdk/chat").status_code for _ in range(3)]
    assert statuses == [502, 502, 200]
    assert deployer.get("/orgs/openimsdk").status_code == 200


def test_limits_say_when_to_come_back(deployer, faults):
    """A secondary limit is 403 with Retry-After; the hour's limit 429 with nothing remaining."""
    faults("* /repos/openimsdk/chat*", "secondary", seconds=3)
    refused = deployer.get("/repos/openimsdk/chat/labels")
    assert (refused.status_code, refused.headers["retry-after"]) == (403, "3")
    assert refused.json()["message"].startswith("You have exceeded a secondary rate limit")
    faults("GET /meta", "rate-limit")
    refused = deployer.get("/meta")
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (429, "0")
    assert int(refused.headers["x-ratelimit-reset"]) > time.time()


def test_answers_come_late_or_never(github, deployer, faults):
    """Latency delays an answer, a hang outlasts the caller's patience."""
    faults("GET /meta", "latency", seconds=0.5)
    with taking() as took:
        assert deployer.get("/meta").status_code == 200
    assert took() >= 0.5
    faults("GET /meta", "hang")
    with pytest.raises(httpx.ReadTimeout):
        deployer.get("/meta", timeout=0.5)
    assert deployer.get("/meta").status_code == 200


def test_an_answer_is_lost_after_the_deed(deployer, repository, faults):
    """The caller is told 502, and what it asked for was done."""
    path = f"/repos/openimsdk/{repository}/labels"
    faults("POST /repos/*/labels", "status", status=502, after=True)
    assert deployer.post(path, json={"name": "lost"}).status_code == 502
    assert deployer.get(f"{path}/lost").status_code == 200


def test_git_fails_too(github, repository, faults, tmp_path):
    """A fault for a repository's git address strikes clones."""
    faults(f"* /openimsdk/{repository}.git/*", "status", status=503)
    command = ["git", "clone", "--quiet", github.clone_address(repository), str(tmp_path / "copy")]
    failed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert "503" in failed.stderr
    subprocess.run(command, check=True, timeout=60)


def test_deliveries_are_lost_and_doubled(deployer, repository, receiver, faults):
    """A lost delivery is recorded as failed and can be sent again; a doubled one comes twice under one GUID."""
    path = f"/repos/openimsdk/{repository}"
    faults("delivery ping", "lost")
    config = {"url": receiver.url, "content_type": "json"}
    hook = deployer.post(f"{path}/hooks", json={"config": config, "events": ["label", "issues"]}).json()
    deadline = time.monotonic() + 15
    while (failed := deployer.get(f"{path}/hooks/{hook['id']}/deliveries").json()) == [] or failed[0][
        "status"
    ] == "pending":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (failed[0]["status_code"], receiver.deliveries) == (0, [])
    faults("delivery issues", "doubled")
    deployer.post(f"{path}/issues", json={"title": "x"}).raise_for_status()
    assert len({each.headers["X-GitHub-Delivery"] for each in receiver.wait_for(2)}) == 1


def test_faults_are_listed_and_healed(github, faults):
    """Each says how often it struck; clearing them ends them; impossible ones are refused."""
    made = faults("GET /nowhere", "status", count=5)
    control = f"{github.base}/_sandbox/faults"
    listed = httpx.get(control, trust_env=False).json()
    assert [(each["id"], each["done"]) for each in listed if each["id"] == made["id"]] == [(made["id"], 0)]
    assert httpx.delete(control, trust_env=False).status_code == 204
    assert httpx.get(control, trust_env=False).json() == []
    wrong = {"match": "somewhere", "kind": "status"}
    assert httpx.post(control, json=wrong, trust_env=False).status_code == 422
