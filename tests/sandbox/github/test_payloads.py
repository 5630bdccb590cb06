"""Every event that the stand-in sends is what GitHub's published description of its webhooks says."""

import base64
import gzip
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from sandbox.github.store import Store

PUBLISHED = Path(__file__).parent / "published" / "webhooks.json.gz"


@pytest.fixture(scope="module")
def published():
    """GitHub's description."""
    return json.loads(gzip.decompress(PUBLISHED.read_bytes()))


def offences(published, event, payload):
    """What the description has against a payload."""
    action = payload.get("action")
    name = "-".join([event, *([action] if action else [])]).replace("_", "-")
    body = published["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
    errors = Draft202012Validator({**body, "components": published["components"]}).iter_errors(payload)
    exact = [best_match([error]) or error for error in errors]
    return [f"{name} {error.json_path}: {error.message[:160]}" for error in exact]


def done(answer):
    assert answer.status_code < 300, (str(answer.request.url), answer.text)
    return answer.json() if answer.content else None


def talk_about_issues(client, path):
    done(client.post(f"{path}/issues", json={"title": "x", "labels": ["bug"], "assignees": ["omar-sre"]}))
    change = {"title": "y", "body": "z", "labels": [], "assignees": []}
    done(client.patch(f"{path}/issues/1", json=change))
    comment = done(client.post(f"{path}/issues/1/comments", json={"body": "a"}))
    done(client.patch(comment["url"], json={"body": "b"}))
    done(client.delete(comment["url"]))
    done(client.patch(f"{path}/issues/1", json={"state": "closed"}))
    done(client.patch(f"{path}/issues/1", json={"state": "open"}))


def propose(deployer, reviewer, path):
    head = done(deployer.get(f"{path}/branches/main"))["commit"]["sha"]
    done(deployer.post(f"{path}/git/refs", json={"ref": "refs/heads/topic", "sha": head}))
    content = base64.b64encode(b"text\n").decode()
    done(deployer.put(f"{path}/contents/a", json={"message": "Add a", "content": content, "branch": "topic"}))
    done(deployer.post(f"{path}/pulls", json={"title": "A", "head": "topic", "base": "main"}))
    pull = f"{path}/pulls/2"
    done(deployer.put(f"{path}/contents/b", json={"message": "Add b", "content": content, "branch": "topic"}))
    done(deployer.post(f"{path}/issues/2/labels", json=["bug"]))
    done(deployer.post(f"{path}/issues/2/comments", json={"body": "a"}))
    done(deployer.post(f"{pull}/requested_reviewers", json={"reviewers": ["withchao"]}))
    done(reviewer.post(f"{pull}/reviews", json={"event": "APPROVE", "body": "Fine."}))
    done(deployer.patch(pull, json={"title": "B"}))
    done(deployer.patch(pull, json={"state": "closed"}))
    done(deployer.patch(pull, json={"state": "open"}))
    done(deployer.put(f"{pull}/merge"))
    done(deployer.delete(f"{path}/git/refs/heads/topic"))


def report(client, path):
    head = done(client.get(f"{path}/branches/main"))["commit"]["sha"]
    output = {"title": "t", "summary": "s"}
    run = {"name": "c", "head_sha": head, "conclusion": "success", "output": output}
    done(client.post(f"{path}/check-runs", json=run))
    done(client.post(f"{path}/statuses/{head}", json={"state": "success", "description": "d"}))
    made = done(client.post(f"{path}/deployments", json={"ref": "main", "description": "d"}))
    done(client.post(f"{path}/deployments/{made['id']}/statuses", json={"state": "success"}))
    release = done(client.post(f"{path}/releases", json={"tag_name": "v1", "name": "One", "body": "x"}))
    done(client.patch(release["url"], json={"name": "Two"}))
    done(client.delete(release["url"]))
    done(client.post(f"{path}/releases", json={"tag_name": "v2", "prerelease": True}))


SENT = {
    "check_run": {"created", "completed"},
    "check_suite": {"completed"},
    "create": {None},
    "delete": {None},
    "deployment": {"created"},
    "deployment_status": {"created"},
    "issue_comment": {"created", "edited", "deleted"},
    "issues": {"opened", "edited", "closed", "reopened", "labeled", "unlabeled", "assigned", "unassigned"},
    "pull_request": {"opened", "synchronize", "labeled", "review_requested", "edited", "closed", "reopened"},
    "pull_request_review": {"submitted"},
    "push": {None},
    "release": {"created", "published", "released", "prereleased", "edited", "deleted"},
    "status": {None},
}
"""What the test makes happen; every one of these has to have been seen."""


def test_every_payload_is_as_published(github, deployer, repository, published):
    """All that happens in a repository's life is told in the form that GitHub describes."""
    path = f"/repos/openimsdk/{repository}"
    talk_about_issues(deployer, path)
    done(deployer.put(f"{path}/collaborators/withchao", json={"permission": "push"}))
    with github.client("withchao") as reviewer:
        propose(deployer, reviewer, path)
    report(deployer, path)
    number = done(deployer.get(path))["id"]
    with Store(github.root / "github.sqlite").transaction(write=False) as db:
        rows = db.all("SELECT event, action, payload FROM events WHERE repository_id = ? ORDER BY id", number)
    wrong = [each for row in rows for each in offences(published, row["event"], json.loads(row["payload"]))]
    assert not wrong, "\n".join(sorted(set(wrong)))
    seen = {event: {row["action"] for row in rows if row["event"] == event} for event in SENT}
    assert {event: actions - seen[event] for event, actions in SENT.items() if actions - seen[event]} == {}


def test_a_ping_is_as_published(deployer, repository, receiver, published):
    """So is the ping of a new hook."""
    config = {"url": receiver.url, "content_type": "json"}
    done(deployer.post(f"/repos/openimsdk/{repository}/hooks", json={"config": config}))
    ping = receiver.wait_for(1)[0].payload
    assert offences(published, "ping", ping) == []
