"""Clone and fetch with the real git client."""

import subprocess
from pathlib import Path
from typing import Any

import pytest


def test_a_clone_has_the_files_and_a_second_fetch_what_came_since(host: Any, author: Any, tmp_path: Path) -> None:
    """What the API commits, clients fetch."""
    work = host.clone(tmp_path / "work")
    assert (work / "README.md").read_text() == "# chat\n"
    made = host.repositories.commit("chat", "main", "new", b"1", message="m", author=author, committer=author)
    host.client.run("pull", "--quiet", cwd=work)
    assert host.client.sha(work) == made
    assert host.client.run("fsck", "--strict", cwd=work).returncode == 0


@pytest.mark.parametrize("spelling", ["OpenIMSDK/chat.git", "OpenIMSDK/chat", "openimsdk/CHAT.git", "OPENIMSDK/Chat"])
def test_a_repository_answers_to_any_case_with_and_without_suffix(host: Any, spelling: str) -> None:
    """Addresses that work on GitHub work here."""
    listed = host.client.run("ls-remote", f"http://127.0.0.1:{host.port}/{spelling}").stdout
    assert "refs/heads/main" in listed


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version_works(host: Any, tmp_path: Path, version: str) -> None:
    """Old clients are served as well as new ones."""
    host.client.run("-c", f"protocol.version={version}", "clone", "--quiet", host.url(), str(tmp_path / "work"))
    assert (tmp_path / "work" / "README.md").exists()


def test_an_empty_repository_is_cloned_and_filled(host: Any, tmp_path: Path) -> None:
    """The way in which GitHub's own instructions start a repository."""
    host.repositories.create("fresh", "trunk", {})
    host.client.run("clone", "--quiet", host.url("fresh"), str(tmp_path / "work"))
    made = host.client.save(tmp_path / "work", "a", "1")
    host.client.run("push", "--quiet", cwd=tmp_path / "work")
    assert host.repositories.branches("fresh") == {"trunk": made}


def test_shallow_partial_and_single_commit_fetches_work(host: Any, author: Any, tmp_path: Path) -> None:
    """What CI systems do to save time."""
    old = host.repositories.head("chat", "main")
    host.repositories.commit("chat", "main", "new", b"1", message="m", author=author, committer=author)
    shallow = host.clone(tmp_path / "shallow", "--depth=1")
    assert host.client.run("rev-list", "--count", "HEAD", cwd=shallow).stdout == "1\n"
    partial = host.clone(tmp_path / "partial", "--filter=blob:none", "--no-checkout")
    assert "?" in host.client.run("rev-list", "--objects", "--missing=print", "HEAD", cwd=partial).stdout
    bare = tmp_path / "bare"
    host.client.run("init", "--quiet", "--bare", str(bare))
    host.client.run("fetch", "--quiet", "--depth=1", host.url(), old, cwd=bare)
    assert host.client.sha(bare, "FETCH_HEAD") == old


def test_a_file_of_ten_megabytes_goes_both_ways(host: Any, tmp_path: Path) -> None:
    """Chunked and compressed uploads arrive whole."""
    work = host.clone(tmp_path / "work")
    content = "".join(f"{number:x}" for number in range(2_000_000))
    assert len(content) > 10_000_000
    host.client.save(work, "big", content)
    host.client.run("push", "--quiet", cwd=work)
    again = host.clone(tmp_path / "again")
    assert (again / "big").read_text() == content
    blob = host.repositories.read("chat", "main", "big")
    assert blob.content.decode() == content


def test_clients_at_the_same_time_all_get_their_clone(host: Any, tmp_path: Path) -> None:
    """A CI run starts many jobs at once."""
    clones = [
        subprocess.Popen(
            ["git", "clone", "--quiet", host.url(), str(tmp_path / f"work-{number}")], env=host.client.environment
        )
        for number in range(8)
    ]
    assert [clone.wait(60) for clone in clones] == [0] * 8


def test_an_unknown_repository_is_not_found(host: Any) -> None:
    """Also one that would lie outside, or belongs to somebody else."""
    for path in ("OpenIMSDK/nope.git", "other/chat.git", "OpenIMSDK/%2e%2e.git", "OpenIMSDK/..%2f..%2fetc"):
        done = host.client.run("ls-remote", f"http://127.0.0.1:{host.port}/{path}", check=False)
        assert "not found" in done.stderr
    assert "Repository not found." in host.client.run("ls-remote", host.url("nope"), check=False).stderr


def test_a_bad_token_is_refused(host: Any, tmp_path: Path) -> None:
    """In the words that git has for it."""
    work = host.clone(tmp_path / "work")
    done = host.client.run("push", host.url(token="mistyped"), "main", cwd=work, check=False)
    assert "Authentication failed" in done.stderr
