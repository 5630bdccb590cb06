"""Reading and writing files without a working tree."""

import threading
from datetime import datetime

import pytest

from sandbox.github.git import (
    BlobConflictError,
    Change,
    Identity,
    InvalidNameError,
    ObjectNotFoundError,
    PathConflictError,
    RefConflictError,
    RefNotFoundError,
    Repositories,
    Update,
)

FILES = {"README.md": b"# chat\n", "cmd/main.go": b"package main\n", "cmd/api/api.go": b"package api\n"}


@pytest.fixture
def chat(repositories: Repositories) -> Repositories:
    """Repositories of which one, ``chat``, has files."""
    repositories.create("chat", "main", FILES)
    return repositories


def write(
    chat: Repositories,
    author: Identity,
    path: str,
    content: bytes | None,
    expected: str | None = None,
    *,
    branch: str = "main",
) -> str:
    """Commit one file as ``author``."""
    return chat.commit(
        "chat", branch, path, content, message=f"Change {path}", author=author, committer=author, expected_blob=expected
    )


def test_files_and_folders_are_read_at_any_ref(chat: Repositories) -> None:
    """By branch, full ref, object id, its beginning, and HEAD."""
    made = chat.head("chat", "main")
    assert made
    for ref in ("main", "heads/main", "refs/heads/main", made, made[:9], "HEAD"):
        blob = chat.read("chat", ref, "cmd/main.go")
        assert blob
        assert blob.content == b"package main\n"
        listed = chat.listing("chat", ref, "cmd")
        assert [(entry.path, entry.type, entry.size) for entry in listed or []] == [
            ("cmd/api", "tree", 0),
            ("cmd/main.go", "blob", 13),
        ]


def test_what_is_not_there_reads_as_none(chat: Repositories) -> None:
    """Absence is an answer; so is being the other kind."""
    assert chat.read("chat", "main", "nope") is None
    assert chat.read("chat", "main", "cmd") is None
    assert chat.read("chat", "nope", "README.md") is None
    assert chat.listing("chat", "main", "README.md") is None
    assert chat.listing("chat", "nope") is None
    assert [entry.name for entry in chat.listing("chat", "main") or []] == ["README.md", "cmd"]


@pytest.mark.parametrize(
    "ref", ["main~1", "main^{tree}", ":/Initial", "@", "main@{0}", "--all", "", "a..b", "main:cmd"]
)
def test_revision_expressions_are_not_refs(chat: Repositories, ref: str) -> None:
    """A ref from outside is a name, never git's little language, and never an option."""
    assert chat.head("chat", ref) is None
    with pytest.raises(RefNotFoundError):
        chat.changed_files("chat", ref or "x", "main")


def test_a_commit_adds_changes_and_removes_one_file(chat: Repositories, author: Identity) -> None:
    """The history tells exactly that."""
    before = chat.head("chat", "main")
    added = write(chat, author, "deploy/a.yml", b"a: 1\n")
    blob = chat.read("chat", "main", "deploy/a.yml")
    assert blob
    changed = write(chat, author, "deploy/a.yml", b"a: 2\n", blob.sha)
    blob = chat.read("chat", "main", "deploy/a.yml")
    assert blob
    removed = write(chat, author, "deploy/a.yml", None, blob.sha)
    assert chat.listing("chat", "main", "deploy") is None
    assert chat.changed_files("chat", before, added) == [Change("deploy/a.yml", "added")]
    assert chat.changed_files("chat", added, changed) == [Change("deploy/a.yml", "modified")]
    assert chat.changed_files("chat", changed, removed) == [Change("deploy/a.yml", "removed")]
    assert [commit.sha for commit in chat.commits("chat", "main", "deploy")] == [removed, changed, added]
    assert [commit.sha for commit in chat.commits("chat", "main", limit=2)] == [removed, changed]
    assert chat.is_ancestor("chat", added, removed)
    assert not chat.is_ancestor("chat", removed, added)


def test_a_commit_keeps_who_when_and_why(chat: Repositories) -> None:
    """Author and committer differ, zones and a message of several lines survive."""
    ada = Identity("Ada Ünlü", "ada@openim.example", datetime.fromisoformat("2026-05-01T12:00:00+08:00"))
    bob = Identity("Bob", "bob@openim.example", datetime.fromisoformat("2026-05-02T12:00:00-03:30"))
    made = chat.commit("chat", "main", "a", b"", message="Title\n\n# not a comment\n", author=ada, committer=bob)
    newest = chat.commits("chat", "main", limit=1)[0]
    assert (newest.sha, newest.author, newest.committer) == (made, ada, bob)
    assert newest.message == "Title\n\n# not a comment"


def test_a_stale_view_of_the_file_is_refused(chat: Repositories, author: Identity) -> None:
    """Compare-and-swap: nobody's change is overwritten unseen."""
    blob = chat.read("chat", "main", "README.md")
    assert blob
    write(chat, author, "README.md", b"newer\n", blob.sha)
    tip = chat.head("chat", "main")
    for stale in (blob.sha, None):
        with pytest.raises(BlobConflictError) as conflict:
            write(chat, author, "README.md", b"mine\n", stale)
        assert conflict.value.expected == stale
    with pytest.raises(BlobConflictError):
        write(chat, author, "README.md", None, blob.sha)
    with pytest.raises(ObjectNotFoundError):
        write(chat, author, "nope", None)
    with pytest.raises(RefNotFoundError):
        write(chat, author, "a", b"", branch="nope")
    assert chat.head("chat", "main") == tip


def test_of_writes_at_the_same_moment_each_is_kept_or_refused(chat: Repositories, author: Identity) -> None:
    """The branch has exactly the commits that were answered with success."""
    done: list[str] = []

    def attempt(number: int) -> None:
        try:
            done.append(write(chat, author, f"file-{number}", b"x"))
        except RefConflictError:
            return

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done
    assert {commit.sha for commit in chat.commits("chat", "main")[:-1]} == set(done)


@pytest.mark.parametrize("path", ["cmd", "README.md/below", "cmd/main.go/x"])
def test_a_file_cannot_be_a_folder_too(chat: Repositories, author: Identity, path: str) -> None:
    """Nothing is removed to make room."""
    with pytest.raises(PathConflictError):
        write(chat, author, path, b"")


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/./b", ".git/hooks/x", "a/", "git~1/x", "a\tb"])
def test_paths_that_leave_the_repository_are_refused(chat: Repositories, author: Identity, path: str) -> None:
    """Written or read, with the same words."""
    with pytest.raises(InvalidNameError):
        write(chat, author, path, b"")
    with pytest.raises(InvalidNameError):
        chat.read("chat", "main", path)


def test_identities_and_messages_that_git_would_bend_are_refused(chat: Repositories, author: Identity) -> None:
    """What is stored is what was given, or nothing."""
    for name in ("", " ", "a<b", "a\nb", "\ud800", "a\0"):
        with pytest.raises(InvalidNameError):
            write(chat, Identity(name, author.email, author.when), "a", b"")
    with pytest.raises(InvalidNameError, match="time zone"):
        write(chat, Identity("Ada", "a@b", author.when.replace(tzinfo=None)), "a", b"")
    with pytest.raises(InvalidNameError, match="NUL"):
        chat.commit("chat", "main", "a", b"", message="a\0b", author=author, committer=author)


def test_a_check_sees_the_change_before_the_branch_moves(chat: Repositories, author: Identity) -> None:
    """Rules are enforced on writes through the API as on pushes."""
    tip = chat.head("chat", "main")

    def refuse(update: Update) -> None:
        assert update.new
        brought = update.objects.introduced(update.new, update.old, 10)
        raise PermissionError(f"{update.ref}: {brought[0].message}")

    with pytest.raises(PermissionError, match="refs/heads/main: No"):
        chat.commit("chat", "main", "a", b"", message="No", author=author, committer=author, check=refuse)
    assert chat.head("chat", "main") == tip


def test_a_file_keeps_its_mode(chat: Repositories, author: Identity) -> None:
    """A script stays executable when its text is changed."""
    git = chat.git("chat")
    blob = git.line("hash-object", "-w", "--stdin", data=b"#!/bin/sh\n")
    tree = git.line("mktree", data=f"100755 blob {blob}\trun.sh\n".encode())
    environment = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    chat.create_ref("chat", "refs/heads/scripts", git.seeing(environment).line("commit-tree", tree))
    write(chat, author, "run.sh", b"#!/bin/sh\necho hi\n", blob, branch="scripts")
    assert [entry.mode for entry in chat.listing("chat", "scripts") or []] == ["100755"]
