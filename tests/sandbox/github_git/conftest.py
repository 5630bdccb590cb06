"""A served folder of repositories, and a git client without any of the user's own settings."""

import base64
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from sandbox.github.git import Denial, Identity, Repositories, Update, smart_http

OWNER = "OpenIMSDK"
WRITER = "writer-token"
TOKENS = {WRITER: ("writer", True), "reader-token": ("reader", False)}
Rule = Callable[[Update, str], list[str]]


@dataclass
class Client:
    """The real git, run as somebody who just installed it."""

    home: Path

    def run(self, *arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Git with these arguments; fails the test unless it succeeds or ``check`` is off."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.home,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the machine's own configuration, and somebody to commit as."""
        who = {f"GIT_{role}_{what}": f"{what}@git" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        return {"PATH": os.environ["PATH"], "HOME": str(self.home)} | who | quiet

    def save(self, work: Path, path: str, content: str) -> str:
        """Commit a file; the commit."""
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(content)
        self.run("add", path, cwd=work)
        self.run("commit", "--quiet", f"--message=Write {path}", cwd=work)
        return self.sha(work)

    def sha(self, work: Path, revision: str = "HEAD") -> str:
        """The object id of a revision."""
        return self.run("rev-parse", revision, cwd=work).stdout.strip()


@dataclass
class Host:
    """A running server, whose rules the test sets, and what it was told."""

    port: int
    repositories: Repositories
    client: Client
    rules: list[Rule] = field(default_factory=list)
    pushed: list[tuple[str, list[Update], str]] = field(default_factory=list)

    def url(self, repository: str = "chat", token: str = WRITER) -> str:
        """Where a repository is, for a bearer of the token."""
        login = f"x-access-token:{token}@" if token else ""
        return f"http://{login}127.0.0.1:{self.port}/{OWNER}/{repository}.git"

    def clone(self, folder: Path, *arguments: str) -> Path:
        """A clone of ``chat`` in ``folder``."""
        self.client.run("clone", "--quiet", *arguments, self.url(), str(folder))
        return folder

    def authorize(self, header: str | None, _: str, write: bool) -> str | Denial:
        """Whose token it is; everybody may read."""
        if header is None:
            return Denial(401, "Who are you?") if write else "anonymous"
        _, _, token = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        if token not in TOKENS:
            return Denial(401, "Invalid username or token.")
        name, may_write = TOKENS[token]
        return Denial(403, f"Permission denied to {name}.") if write and not may_write else name

    def check_update(self, update: Update, actor: str) -> list[str]:
        """Every reason of every rule."""
        return [reason for rule in self.rules for reason in rule(update, actor)]

    def announce(self, repository: str, updates: list[Update], actor: str) -> None:
        """Keep what was pushed."""
        self.pushed.append((repository, updates, actor))


@pytest.fixture
def author() -> Identity:
    """Somebody, at a fixed moment."""
    return Identity("Ada", "ada@openim.example", datetime(2026, 5, 1, 12, tzinfo=UTC))


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    """An empty folder of repositories."""
    return Repositories(tmp_path / "served")


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A git client."""
    home = tmp_path / "home"
    home.mkdir()
    return Client(home)


@pytest.fixture
def host(repositories: Repositories, client: Client) -> Iterator[Host]:
    """A server with the repository ``chat``, which has one commit on ``main``."""
    repositories.create("chat", "main", {"README.md": b"# chat\n"})
    host = Host(0, repositories, client)
    app = smart_http(repositories, OWNER, host.authorize, host.check_update, host.announce)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    host.port = server.servers[0].sockets[0].getsockname()[1]
    yield host
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
