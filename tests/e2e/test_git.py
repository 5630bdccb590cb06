"""A developer's day at the sandbox's GitHub: clone, push, what the rules refuse, what is delivered."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.machine import Machine, run


class Inbox(ThreadingHTTPServer):
    """Takes deliveries at the declared webhook's address."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.arrived = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Keeps every delivery as it came."""

    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.deliveries.append((dict(self.headers), body))
        self.server.arrived.set()
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def inbox(machine: Machine) -> Iterator[Inbox]:
    """Listens where the webhooks point to."""
    server = Inbox(int(urlsplit(machine.variables["WEBHOOK_URL"]).port or 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def clone(machine: Machine, tmp_path: Path) -> Path:
    """A clone of chat, by its owner."""
    base = machine.variables["GITHUB_BASE_URL"].removesuffix("api/v3/")
    token = (machine.root / ".sandbox" / "github" / "tokens" / "owner").read_text().strip()
    url = base.replace("http://", f"http://x-access-token:{token}@") + "openimsdk/chat.git"
    done = run(["git", "clone", "-q", url, str(tmp_path / "chat")], tmp_path, {})
    assert done.code == 0, done.text
    for name, value in (("user.name", "Dev"), ("user.email", "dev@example.org")):
        run(["git", "config", name, value], tmp_path / "chat", {})
    return tmp_path / "chat"


def commit(clone: Path, branch: str) -> None:
    (clone / "change.txt").write_text(f"{branch}\n")
    for arguments in (["checkout", "-q", "-b", branch], ["add", "-A"], ["commit", "-q", "-m", "Change"]):
        assert run(["git", *arguments], clone, {}).code == 0


def test_the_declared_workflow_is_in_the_clone(clone: Path) -> None:
    """What the program commits is what a developer gets, every action in it by commit."""
    text = (clone / ".github" / "workflows" / "openim-cicd.yml").read_text()
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


def test_a_push_is_delivered_signed_to_the_declared_webhook(machine: Machine, clone: Path, inbox: Inbox) -> None:
    """HMAC-SHA256 over the body with the generated secret; no SHA-1 signature beside it."""
    commit(clone, "feature")
    pushed = run(["git", "push", "-q", "origin", "feature"], clone, {})
    assert pushed.code == 0, pushed.text
    assert inbox.arrived.wait(10)
    headers, body = next(one for one in inbox.deliveries if one[0]["X-GitHub-Event"] == "push")
    secret = json.loads(machine.succeed("pulumi stack output webhookSecrets -s shared --show-secrets --json"))["chat"]
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["X-Hub-Signature-256"], expected)
    assert "X-Hub-Signature" not in headers
    assert json.loads(body)["ref"] == "refs/heads/feature"


def test_the_default_branch_takes_no_direct_push(clone: Path) -> None:
    """The declared rules refuse it, and the reason is on the developer's screen."""
    (clone / "change.txt").write_text("direct\n")
    run(["git", "add", "-A"], clone, {})
    run(["git", "commit", "-q", "-m", "Direct"], clone, {})
    refused = run(["git", "push", "origin", "HEAD:main"], clone, {})
    assert refused.code != 0
    assert "GH013" in refused.text


def test_a_release_tag_cannot_be_moved(clone: Path) -> None:
    """A tag names what was released, for good."""
    commit(clone, "tagged")
    assert run(["git", "tag", "v9.9.9"], clone, {}).code == 0
    assert run(["git", "push", "-q", "origin", "v9.9.9"], clone, {}).code == 0
    run(["git", "commit", "-q", "--allow-empty", "-m", "Later"], clone, {})
    run(["git", "tag", "-f", "v9.9.9"], clone, {})
    moved = run(["git", "push", "--force", "origin", "v9.9.9"], clone, {})
    assert moved.code != 0
    assert "GH013" in moved.text
