"""Webhooks: signed, delivered once, recorded, and silent about their secrets."""

import hashlib
import hmac
import subprocess
import time
from urllib.parse import parse_qs

import pytest

SECRET = "correct horse"


@pytest.fixture
def hook(deployer, repository, receiver):
    """A webhook for pushes that leads to the receiver; its ping has arrived."""
    config = {"url": receiver.url, "content_type": "json", "secret": SECRET}
    made = deployer.post(f"/repos/openimsdk/{repository}/hooks", json={"config": config, "events": ["push"]})
    assert made.status_code == 201
    receiver.wait_for(1)
    return made.json()


def signature(body: bytes) -> str:
    return f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"


def deliveries(deployer, repository, hook, number):
    path = f"/repos/openimsdk/{repository}/hooks/{hook['id']}/deliveries"
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        found = deployer.get(path).json()
        if len(found) >= number and all(delivery["status"] != "pending" for delivery in found):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_new_hook_is_pinged(github, deployer, repository, hook, receiver):
    """Creating a hook delivers a ping, signed with SHA-256 and nothing weaker."""
    ping = receiver.deliveries[0]
    assert ping.headers["X-GitHub-Event"] == "ping"
    assert ping.headers["X-GitHub-Hook-ID"] == str(hook["id"])
    assert ping.headers["X-Hub-Signature-256"] == signature(ping.body)
    assert "X-Hub-Signature" not in ping.headers
    assert (ping.payload["hook_id"], ping.payload["repository"]["name"]) == (hook["id"], repository)
    recorded = deliveries(deployer, repository, hook, 1)[0]
    assert (recorded["status_code"], recorded["guid"]) == (200, ping.headers["X-GitHub-Delivery"])
    api = github.typed()
    full = api.rest.repos.get_webhook_delivery("openimsdk", repository, hook["id"], recorded["id"]).parsed_data
    assert full.response.payload == "thanks"
    assert api.rest.repos.get_webhook("openimsdk", repository, hook["id"]).parsed_data.last_response.code == 200


def test_a_push_is_delivered(github, repository, hook, receiver, tmp_path):
    """A git push reaches the hook as a push event with its commits."""
    del hook
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "--quiet", github.clone_address(repository, "owner"), str(copy)], check=True)
    (copy / "new.txt").write_text("new")
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@openim.example")
    for arguments in (["add", "."], ["commit", "--quiet", "-m", "Add new"], ["push", "--quiet"]):
        subprocess.run(["git", *identity, *arguments], cwd=copy, check=True, timeout=60)
    push = receiver.wait_for(2)[1]
    assert push.headers["X-GitHub-Event"] == "push"
    assert push.headers["X-Hub-Signature-256"] == signature(push.body)
    payload = push.payload
    assert (payload["ref"], payload["pusher"]["name"]) == ("refs/heads/main", "mei-admin")
    assert payload["commits"][0]["added"] == ["new.txt"]
    assert payload["repository"]["full_name"] == f"openimsdk/{repository}"


def test_a_write_through_the_api_is_a_push(deployer, repository, hook, receiver):
    """A commit by the contents API is announced like any push; an inactive hook hears nothing."""
    path = f"/repos/openimsdk/{repository}"
    deployer.put(f"{path}/contents/a", json={"message": "Add a", "content": ""}).raise_for_status()
    assert receiver.wait_for(2)[1].payload["head_commit"]["message"] == "Add a"
    deployer.patch(f"{path}/hooks/{hook['id']}", json={"active": False}).raise_for_status()
    deployer.put(f"{path}/contents/b", json={"message": "Add b", "content": ""}).raise_for_status()
    time.sleep(0.5)
    assert len(receiver.deliveries) == 2


def test_a_failed_delivery_is_recorded_and_not_retried(deployer, repository, hook, receiver):
    """An answer 500 is kept with its code; only a redelivery sends the same delivery again, under its GUID."""
    receiver.status = 500
    path = f"/repos/openimsdk/{repository}"
    deployer.post(f"{path}/hooks/{hook['id']}/pings").raise_for_status()
    failed = deliveries(deployer, repository, hook, 2)[0]
    assert failed["status_code"] == 500
    time.sleep(0.5)
    assert len(receiver.deliveries) == 2
    attempt = deployer.post(f"{path}/hooks/{hook['id']}/deliveries/{failed['id']}/attempts")
    assert attempt.status_code == 202
    again = receiver.wait_for(3)[2]
    assert again.headers["X-GitHub-Delivery"] == failed["guid"]
    assert deliveries(deployer, repository, hook, 3)[0]["redelivery"] is True


def test_a_hook_is_tested_with_the_newest_push(deployer, repository, hook, receiver):
    """The test delivers the newest commit as a push; deliveries are told apart by how they ended."""
    path = f"/repos/openimsdk/{repository}/hooks/{hook['id']}"
    receiver.status = 500
    assert deployer.post(f"{path}/tests").status_code == 204
    tested = receiver.wait_for(2)[1]
    assert (tested.headers["X-GitHub-Event"], tested.payload["ref"]) == ("push", "refs/heads/main")
    deliveries(deployer, repository, hook, 2)
    for status, event in (("failure", "push"), ("success", "ping")):
        found = deployer.get(f"{path}/deliveries", params={"status": status}).json()
        assert [each["event"] for each in found] == [event]


def test_nobody_at_the_address(deployer, repository):
    """A delivery that nobody takes is recorded as failed."""
    body = {"config": {"url": "http://127.0.0.1:1/hook"}, "events": ["push"]}
    hook = deployer.post(f"/repos/openimsdk/{repository}/hooks", json=body).json()
    found = deliveries(deployer, repository, hook, 1)[0]
    assert (found["status_code"], found["status"][:17]) == (0, "failed to connect")


def test_form_encoded(deployer, repository, receiver):
    """The content type form wraps the payload, and the signature is over the wrapped body."""
    config = {"url": receiver.url, "secret": SECRET}
    deployer.post(f"/repos/openimsdk/{repository}/hooks", json={"config": config}).raise_for_status()
    ping = receiver.wait_for(1)[0]
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert ping.headers["X-Hub-Signature-256"] == signature(ping.body)
    assert '"zen"' in parse_qs(ping.body.decode())["payload"][0]


def test_the_secret_is_never_told(deployer, repository, hook, receiver):
    """Answers and payloads show asterisks; sending those back keeps the secret, leaving it out removes it."""
    path = f"/repos/openimsdk/{repository}/hooks/{hook['id']}"
    assert deployer.get(path).json()["config"]["secret"] == "********"
    texts = [deployer.get(path).text, deployer.get(f"{path}/deliveries").text, receiver.deliveries[0].body.decode()]
    assert not [text for text in texts if SECRET in text]
    config = {"url": receiver.url, "content_type": "json"}
    deployer.patch(path, json={"config": config | {"secret": "********"}}).raise_for_status()
    deployer.post(f"{path}/pings").raise_for_status()
    kept = receiver.wait_for(2)[1]
    assert kept.headers["X-Hub-Signature-256"] == signature(kept.body)
    deployer.patch(path, json={"config": config}).raise_for_status()
    assert "secret" not in deployer.get(path).json()["config"]


@pytest.mark.parametrize(
    "body",
    [
        {"config": {"url": "ftp://somewhere"}},
        {"config": {}},
        {"config": {"url": "http://127.0.0.1:1/x"}, "events": ["pushes"]},
        {"config": {"url": "http://127.0.0.1:1/x", "insecure_ssl": "maybe"}},
        {"config": {"url": "http://127.0.0.1:1/x"}, "name": "email"},
    ],
)
def test_impossible_hooks_are_refused(deployer, repository, body):
    """What GitHub would not take is 422."""
    assert deployer.post(f"/repos/openimsdk/{repository}/hooks", json=body).status_code == 422


def test_the_same_hook_twice_is_refused(deployer, repository, hook, receiver):
    """One address hears an event through one hook of a repository."""
    body = {"config": {"url": receiver.url}, "events": ["push"]}
    answer = deployer.post(f"/repos/openimsdk/{repository}/hooks", json=body)
    assert answer.json()["errors"] == ["Hook already exists on this repository"]
    assert hook["id"]
