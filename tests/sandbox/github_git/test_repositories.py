"""Repositories: making, finding, renaming, deleting, and the refs in them."""

import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.git import (
    Identity,
    InvalidNameError,
    NotFastForwardError,
    ObjectNotFoundError,
    RefExistsError,
    RefNotFoundError,
    Repositories,
    RepositoryExistsError,
    RepositoryNotFoundError,
)


def test_the_same_seed_gives_the_same_commit_everywhere(tmp_path: Path) -> None:
    """Committed digests and approvals stay valid on every machine: seeding is deterministic."""
    files = {"README.md": b"# hi\n", ".github/workflows/ci.yml": b"on: push\n", 'a "quoted" \u00fc.txt': b"\0\xff"}
    made = {Repositories(tmp_path / place).create("chat", "main", files) for place in ("one", "two")}
    assert made == {"b2f88859744095409dc6057bebdc61d527359ce7"}


def test_fifty_five_repositories_are_made_in_well_under_ten_seconds(repositories: Repositories) -> None:
    """The whole estate is seeded without a noticeable wait."""
    start = time.monotonic()
    for number in range(55):
        repositories.create(f"repository-{number}", "main", {"README.md": b"# hi\n"})
    assert time.monotonic() - start < 10


def test_a_repository_without_files_is_empty_until_its_first_commit(
    repositories: Repositories, author: Identity
) -> None:
    """As on GitHub, the first write makes the branch."""
    assert repositories.create("empty", "trunk", {}) is None
    assert (repositories.branches("empty"), repositories.head("empty", "HEAD")) == ({}, None)
    made = repositories.commit("empty", "trunk", "a", b"1", message="First", author=author, committer=author)
    assert repositories.branches("empty") == {"trunk": made}
    assert repositories.default_branch("empty") == "trunk"


def test_names_are_found_in_any_case(repositories: Repositories) -> None:
    """Names are case-insensitive, as on GitHub."""
    repositories.create("Open-IM-Server", "main", {"a": b""})
    assert repositories.exists("open-im-server")
    assert repositories.head("OPEN-IM-SERVER", "main")
    with pytest.raises(RepositoryExistsError):
        repositories.create("open-im-SERVER", "main", {})


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b/c",
        "a-/b",
        "/b",
        "a\\b",
        "a.git",
        "x.wiki",
        "a b",
        "a\0",
        "-" * 101,
        "ü",
        "a\n",
        "/etc",
    ],
)
def test_names_that_github_would_not_have_are_refused(repositories: Repositories, name: str) -> None:
    """No name leads out of the folder, or to a file that is no repository."""
    assert not repositories.exists(name)
    with pytest.raises(InvalidNameError):
        repositories.create(name, "main", {})


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a//b", ".git/config", "a/.GIT/x", "a\nb", "a\\b", "\ud800"]
)
def test_seed_paths_that_leave_the_repository_are_refused(repositories: Repositories, path: str) -> None:
    """A refused repository leaves nothing behind."""
    with pytest.raises(InvalidNameError):
        repositories.create("chat", "main", {path: b""})
    assert not repositories.exists("chat")
    assert not list(repositories.home.making.iterdir())


def test_a_renamed_repository_keeps_its_commits(repositories: Repositories) -> None:
    """Renaming moves; only a free name will do; a change of case is no other name."""
    made = repositories.create("old", "main", {"a": b""})
    repositories.create("taken", "main", {"a": b"other"})
    with pytest.raises(RepositoryExistsError):
        repositories.rename("old", "Taken")
    repositories.rename("old", "OLD")
    repositories.rename("old", "new")
    assert (repositories.exists("old"), repositories.head("new", "main")) == (False, made)


def test_a_deleted_repository_is_gone_and_its_name_free(repositories: Repositories) -> None:
    """Nothing of it can be read afterwards."""
    repositories.create("chat", "main", {"a": b""})
    repositories.delete("chat")
    with pytest.raises(RepositoryNotFoundError):
        repositories.branches("chat")
    assert repositories.create("chat", "main", {}) is None


def test_reopening_finds_everything_again(repositories: Repositories) -> None:
    """The state is in the folder alone."""
    made = repositories.create("chat", "main", {"a": b""})
    assert Repositories(repositories.home.root).head("chat", "main") == made


def test_refs_are_created_moved_forward_and_deleted(repositories: Repositories, author: Identity) -> None:
    """The life of a branch and a tag."""
    first = repositories.create("chat", "main", {"a": b"1"})
    assert first
    second = repositories.commit("chat", "main", "b", b"2", message="m", author=author, committer=author)
    repositories.create_ref("chat", "refs/heads/release/v1", first)
    repositories.create_ref("chat", "refs/tags/v1", second)
    repositories.update_ref("chat", "refs/heads/release/v1", second)
    assert repositories.branches("chat") == {"main": second, "release/v1": second}
    assert repositories.tags("chat") == {"v1": second}
    repositories.delete_ref("chat", "refs/heads/release/v1")
    assert repositories.branches("chat") == {"main": second}


def test_moving_backwards_needs_force(repositories: Repositories, author: Identity) -> None:
    """Commits are not lost by accident."""
    first = repositories.create("chat", "main", {"a": b"1"})
    assert first
    repositories.commit("chat", "main", "b", b"2", message="m", author=author, committer=author)
    with pytest.raises(NotFastForwardError):
        repositories.update_ref("chat", "refs/heads/main", first)
    repositories.update_ref("chat", "refs/heads/main", first, force=True)
    assert repositories.head("chat", "main") == first


def test_impossible_ref_changes_say_why(repositories: Repositories) -> None:
    """Each cause has a type of its own."""
    made = repositories.create("chat", "main", {"a": b"1"})
    blob = repositories.read("chat", "main", "a")
    assert made
    assert blob
    with pytest.raises(RefExistsError):
        repositories.create_ref("chat", "refs/heads/main", made)
    with pytest.raises(RefExistsError, match="main/below"):
        repositories.create_ref("chat", "refs/heads/main/below", made)
    with pytest.raises(ObjectNotFoundError, match="a blob"):
        repositories.create_ref("chat", "refs/heads/x", blob.sha)
    with pytest.raises(ObjectNotFoundError):
        repositories.create_ref("chat", "refs/tags/x", "0" * 40)
    with pytest.raises(RefNotFoundError):
        repositories.update_ref("chat", "refs/heads/x", made)
    with pytest.raises(RefNotFoundError):
        repositories.delete_ref("chat", "refs/heads/x")


@pytest.mark.parametrize(
    "ref", ["main", "refs/x", "refs/heads/", "refs/heads/..", "refs/heads/a b", "refs/heads/a.lock", "refs/heads/-x",
            "refs/heads/a~1", "refs/heads/a@{1}", "refs/heads/.a", "refs/heads/a//b", "refs/heads/" + "0" * 40,
            "refs/heads/" + "a" * 240, "refs/heads/a\n", "--stdin", "refs/heads/\ud800"],
)  # fmt: skip
def test_ref_names_that_git_or_github_refuse_are_refused(repositories: Repositories, ref: str) -> None:
    """Names are checked before git sees them."""
    made = repositories.create("chat", "main", {"a": b"1"})
    assert made
    with pytest.raises(InvalidNameError):
        repositories.create_ref("chat", ref, made)


def test_the_default_branch_is_what_a_clone_checks_out(host: Any, tmp_path: Path) -> None:
    """Choosing another default branch is seen by clients."""
    host.repositories.create_ref("chat", "refs/heads/trunk", host.repositories.head("chat", "main"))
    host.repositories.set_default_branch("chat", "trunk")
    work = host.clone(tmp_path / "work")
    assert host.client.run("branch", "--show-current", cwd=work).stdout == "trunk\n"
