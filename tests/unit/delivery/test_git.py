"""Publishing: an edit is made on what the remote holds now, and the checkout follows where nothing is lost."""

from collections.abc import Callable

import pytest

from delivery.git import BOT, Clone, GitError
from tests.unit.delivery.conftest import git

Clones = Callable[[str], Clone]


def test_an_edit_arrives_and_the_checkout_follows(clones: Clones) -> None:
    """One commit by the machine, a clean checkout on it."""
    clone = clones("a")
    commit = clone.publish("main", "Add a note", lambda _: {"notes/one.txt": "one\n"})
    assert clone.head() == commit == clones("b").head()
    assert (clone.root / "notes/one.txt").read_text() == "one\n"
    assert git(clone.root, "status", "--porcelain") == ""
    assert git(clone.root, "log", "-1", "--format=%an|%ae|%s") == f"{BOT[0]}|{BOT[1]}|Add a note"


def test_nothing_to_do_makes_no_commit(clones: Clones) -> None:
    """The same text again is no change."""
    clone = clones("a")
    before = clone.head()
    assert (
        clone.publish("main", "Nothing", lambda read: {"Pulumi.staging.yaml": read("Pulumi.staging.yaml") or ""})
        == before
    )


def test_an_edit_is_made_anew_where_somebody_was_quicker(clones: Clones) -> None:
    """Both edits are there in the end; the second was made knowing the first."""
    slow, quick = clones("slow"), clones("quick")
    seen = []

    def edit(read: Callable[[str], str | None]) -> dict[str, str]:
        seen.append(read("count.txt"))
        if len(seen) == 1:
            quick.publish("main", "Be quicker", lambda _: {"count.txt": "1\n"})
        return {"count.txt": f"{read('count.txt') or ''}2\n"}

    slow.publish("main", "Count", edit)
    assert seen == [None, "1\n"]
    assert (clones("after").root / "count.txt").read_text() == "1\n2\n"


def test_local_work_is_never_overwritten(clones: Clones) -> None:
    """A file with changes that nobody committed stays as it is; the remote has the edit."""
    clone = clones("a")
    (clone.root / "Pulumi.staging.yaml").write_text("mine\n")
    clone.publish("main", "Edit", lambda read: {"Pulumi.staging.yaml": "theirs\n"})
    assert (clone.root / "Pulumi.staging.yaml").read_text() == "mine\n"
    assert (clones("b").root / "Pulumi.staging.yaml").read_text() == "theirs\n"


def test_a_remote_that_refuses_is_named(clones: Clones) -> None:
    """What the remote says is passed on, and is not tried for ever."""
    clone = clones("a")
    remote = clone.root.parent / "remote.git"
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'rule violations found' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitError, match="rule violations found"):
        clone.publish("main", "Edit", lambda _: {"x": "y\n"})


def test_a_missing_branch_is_named(clones: Clones) -> None:
    """The message is git's own, with the folder."""
    with pytest.raises(GitError, match="nowhere"):
        clones("a").fetch("nowhere")


def test_the_machines_own_branch_is_replaced(clones: Clones) -> None:
    """However often a promotion is made, its branch holds one commit on main's newest."""
    clone = clones("a")
    clone.put_branch("promote/x", "main", "First", lambda _: {"a.txt": "1\n"})
    clone.publish("main", "Go on", lambda _: {"b.txt": "2\n"})
    commit = clone.put_branch("promote/x", "main", "Second", lambda _: {"a.txt": "3\n"})
    assert git(clone.root, "rev-parse", f"{commit}~1") == clone.fetch("main")
    assert clone.fetch("promote/x") == commit
