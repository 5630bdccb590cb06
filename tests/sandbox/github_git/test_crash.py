"""What is left when a server, a git or a client dies in the middle."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.git import Identity, RefConflictError, Repositories

SERVER = """
import sys, uvicorn
from pathlib import Path
from sandbox.github.git import Repositories, smart_http
app = smart_http(Repositories(Path(sys.argv[1])), "o", lambda *_: "anybody", lambda *_: [], lambda *_: None)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail the test if it does not within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def quarantines(repositories: Repositories) -> list[Path]:
    """Folders in which git keeps what it has not accepted yet."""
    return list(repositories.git("chat").folder.glob("objects/tmp_objdir-*"))


def half_a_push(client: Any, port: int, owner: str, work: Path, old: str) -> socket.socket:
    """Start a push of ``work`` and stop in the middle of its pack."""
    new = client.save(work, "big", "".join(f"{number:x}" for number in range(300_000)))
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "--revs", "--quiet"],
        input=f"{new}\n^{old}\n".encode(),
        cwd=work,
        env=client.environment,
        capture_output=True,
        check=True,
    ).stdout
    command = f"{old} {new} refs/heads/main\0report-status side-band-64k"
    body = f"{len(command) + 4:04x}{command}0000".encode() + pack
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        f"POST /{owner}/chat.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
        "Authorization: Basic eDp3cml0ZXItdG9rZW4=\r\n"
        f"Content-Type: application/x-git-receive-pack-request\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    connection.sendall(body[: len(body) // 2])
    return connection


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


def test_a_killed_server_leaves_a_valid_repository(
    repositories: Repositories, client: Any, port: int, tmp_path: Path
) -> None:
    """Kill -9 in the middle of a push: the next start has the old state, tidied, and takes the push."""
    old = repositories.create("chat", "main", {"README.md": b"# chat\n"})
    root, url = repositories.home.root, f"http://127.0.0.1:{port}/o/chat.git"
    os.close(repositories.home.lock)
    first = serve(root, port)
    client.run("clone", "--quiet", url, str(tmp_path / "work"))
    with half_a_push(client, port, "o", tmp_path / "work", str(old)):
        eventually(lambda: list(root.glob("chat.git/objects/tmp_objdir-*")))
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
    second = serve(root, port)
    try:
        assert not list(root.glob("chat.git/objects/tmp_objdir-*"))
        assert not list(root.glob("making/*"))
        client.run(f"--git-dir={root}/chat.git", "fsck", "--full", "--strict")
        client.run("push", "--quiet", cwd=tmp_path / "work")
        assert old != client.sha(tmp_path / "work") == client.run("ls-remote", url, "main").stdout.split()[0]
    finally:
        second.terminate()
        second.wait(10)


def serve(root: Path, port: int) -> subprocess.Popen[bytes]:
    """A server in a process of its own, ready."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(root), str(port)])

    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(listening)
    return server


def test_a_client_that_leaves_takes_its_objects_with_it(host: Any, tmp_path: Path) -> None:
    """Half a push is no push, and no process or folder waits for the rest."""
    old = host.repositories.head("chat", "main")
    work = host.clone(tmp_path / "work")
    with half_a_push(host.client, host.port, "OpenIMSDK", work, old):
        eventually(lambda: quarantines(host.repositories))
    eventually(lambda: not quarantines(host.repositories))
    assert host.repositories.head("chat", "main") == old
    assert not host.pushed
    host.client.run("push", "--quiet", cwd=work)


def test_stale_locks_are_swept_at_the_next_start(repositories: Repositories, author: Identity) -> None:
    """A ref is not blocked for ever by a git that was killed while it held it."""
    repositories.create("chat", "main", {"a": b""})
    (repositories.git("chat").folder / "refs/heads/main.lock").touch()
    with pytest.raises(RefConflictError):
        repositories.commit("chat", "main", "b", b"", message="m", author=author, committer=author)
    os.close(repositories.home.lock)
    reopened = Repositories(repositories.home.root)
    assert reopened.commit("chat", "main", "b", b"", message="m", author=author, committer=author)


def test_a_second_process_sweeps_nothing_from_under_the_first(repositories: Repositories) -> None:
    """Locks and half-made repositories of a live server stay."""
    repositories.create("chat", "main", {"a": b""})
    held = repositories.git("chat").folder / "refs/heads/main.lock"
    held.touch()
    Repositories(repositories.home.root)
    assert held.exists()


def test_a_check_that_outlives_its_server_refuses(repositories: Repositories, tmp_path: Path, client: Any) -> None:
    """Without a server's answer nothing passes: the hooks are closed, not open."""
    old = repositories.create("chat", "main", {"a": b""})
    folder = repositories.git("chat").folder
    work = tmp_path / "work"
    client.run("clone", "--quiet", str(folder), str(work))
    client.save(work, "b", "1")
    client.run("config", "core.hooksPath", str(repositories.home.hooks), cwd=folder)
    done = client.run("push", cwd=work, check=False)
    assert "pre-receive hook declined" in done.stderr
    assert repositories.head("chat", "main") == old
