"""A running stand-in, the clients that talk to it, and somebody who receives its webhooks."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from githubkit import GitHub

READY_WITHIN = 120.0
DELIVERED_WITHIN = 15.0


@dataclass
class StandIn:
    """One stand-in: its folder, its address, its process."""

    root: Path
    port: int
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.root / "log").read_text()

    def token(self, name: str) -> str:
        return (self.root / "tokens" / name).read_text().strip()

    def client(self, name: str | None = "deployer") -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(name)}"} if name else {}
        return httpx.Client(base_url=f"{self.base}/api/v3", headers=headers, trust_env=False, timeout=30)

    def typed(self, name: str = "deployer") -> "GitHub[Any]":
        """A githubkit client, whose generated models refuse an answer that is not GitHub's."""
        return self.typed_by(self.token(name))

    def typed_by(self, token: str) -> "GitHub[Any]":
        """The same with any token."""
        return GitHub(token, base_url=f"{self.base}/api/v3", http_cache=False, auto_retry=False)

    def clone_address(self, repository: str, name: str = "deployer", owner: str = "openimsdk") -> str:
        return f"http://x-access-token:{self.token(name)}@127.0.0.1:{self.port}/{owner}/{repository}.git"

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        command = (sys.executable, "-m", "sandbox.github", "--root", str(self.root), "--port", str(self.port))
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen((*command, *self.arguments), stdout=log, stderr=log)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.base}/api/v3/meta", trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(self.log)

    def stop(self, *, hard: bool = False) -> None:
        assert self.process is not None
        (self.process.kill if hard else self.process.terminate)()
        self.process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(root: Path, *arguments: str) -> Iterator[StandIn]:
    standin = StandIn(root, free_port(), arguments)
    try:
        standin.start()
        yield standin
    finally:
        standin.stop()


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One for all tests that make what they change."""
    with running(tmp_path_factory.mktemp("github")) as standin:
        yield standin


@pytest.fixture
def another(tmp_path: Path) -> Callable[..., Any]:
    """Starts one of the test's own, with command line options if it likes."""
    return lambda *arguments: running(tmp_path / "github", *arguments)


@pytest.fixture
def deployer(github: StandIn) -> Iterator[httpx.Client]:
    """The deployer's App."""
    with github.client() as client:
        yield client


@pytest.fixture
def repository(deployer: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new repository with a first commit, gone afterwards."""
    name = request.node.name.split("[")[0].replace("_", "-")[:80]
    answer = deployer.post("/orgs/openimsdk/repos", json={"name": name, "auto_init": True})
    assert answer.status_code == 201, answer.text
    yield name
    deployer.delete(f"/repos/openimsdk/{name}")


class Clone:
    """A working copy of a repository, used by one person."""

    def __init__(self, address: str, folder: Path, email: str) -> None:
        self.folder, self.email = folder, email
        done = self.git("clone", "--quiet", address, str(folder), at=folder.parent)
        assert done.returncode == 0, done.stderr

    def git(self, *arguments: str, at: Path | None = None) -> "subprocess.CompletedProcess[str]":
        identity = ("-c", "user.name=Tester", "-c", f"user.email={self.email}")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=at or self.folder, capture_output=True, text=True, timeout=60, check=False)

    def commit(self, name: str = "file", message: str = "A change", text: str | None = None) -> str:
        """Write a file and commit it; the commit."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(message if text is None else text)
        self.git("add", name)
        assert self.git("commit", "--quiet", "-m", message).returncode == 0
        return self.git("rev-parse", "HEAD").stdout.strip()

    def push(self, *refs: str) -> None:
        """Push what has to be accepted."""
        done = self.git("push", "--quiet", "origin", *refs)
        assert done.returncode == 0, done.stderr

    def branch(self, name: str, start: str = "origin/main") -> None:
        """Begin a branch."""
        assert self.git("checkout", "--quiet", "-b", name, start).returncode == 0


@pytest.fixture
def clone(github: StandIn, repository: str, tmp_path: Path) -> Callable[..., Clone]:
    """Makes a clone of the test's repository, or of somebody's fork of it, for one who has a token."""

    def make(name: str, owner: str = "openimsdk", email: str = "tester@openim.example") -> Clone:
        return Clone(github.clone_address(repository, name, owner), tmp_path / f"{owner}-{name}", email)

    return make


@dataclass
class Delivery:
    """One request that the receiver got."""

    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server that takes webhooks."""

    port: int
    status: int = 200
    delay: float = 0.0
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def wait_for(self, number: int) -> list[Delivery]:
        deadline = time.monotonic() + DELIVERED_WITHIN
        while len(self.deliveries) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.deliveries) >= number, self.deliveries
        return self.deliveries


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who receives webhooks."""
    received = Receiver(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.deliveries.append(Delivery(dict(self.headers.items()), body))
            time.sleep(received.delay)
            self.send_response(received.status)
            self.end_headers()
            self.wfile.write(b"thanks")

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield received
    server.shutdown()
    server.server_close()
