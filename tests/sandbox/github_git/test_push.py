"""Pushes with the real git client: what passes, what is refused, and what the pusher reads."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.git import Update


@pytest.fixture
def work(host: Any, tmp_path: Path) -> Path:
    """A clone."""
    folder: Path = host.clone(tmp_path / "work")
    return folder


def refuse(*refs: str) -> Any:
    """A rule: these refs may not be changed."""
    return lambda update, actor: [f"Changes by {actor} must be made through a pull request."] * (update.ref in refs)


def no_force(update: Update, _: str) -> list[str]:
    """A rule: nothing may be lost."""
    return ["Cannot force-push to this branch"] if update.forced else []


def test_a_push_arrives_and_is_announced(host: Any, work: Path) -> None:
    """The branch moves, and the server hears once: what, from where, by whom."""
    before = host.client.sha(work)
    after = host.client.save(work, "a", "1")
    host.client.run("push", "--quiet", cwd=work)
    assert host.repositories.head("chat", "main") == after
    [(repository, [update], actor)] = host.pushed
    assert (repository, actor, update.ref) == ("chat", "writer", "refs/heads/main")
    assert (update.old, update.new, update.forced) == (before, after, False)


def test_a_refused_push_shows_every_reason_and_leaves_nothing(host: Any, work: Path) -> None:
    """The client's screen says which rule; the objects are gone from the server as if never sent."""
    before = host.client.sha(work)
    after = host.client.save(work, "a", "1")
    host.rules += [refuse("refs/heads/main"), lambda *_: ["Required status check \u201cci\u201d is expected."]]
    done = host.client.run("push", cwd=work, check=False)
    assert done.returncode
    assert "remote: error: GH013: Repository rule violations found for refs/heads/main." in done.stderr
    assert "remote: - Changes by writer must be made through a pull request." in done.stderr
    assert "remote: - Required status check \u201cci\u201d is expected." in done.stderr
    assert "! [remote rejected] main -> main (push declined due to repository rule violations)" in done.stderr
    assert host.repositories.head("chat", "main") == before
    assert host.repositories.head("chat", after) is None
    assert not host.pushed


def test_of_several_refs_only_the_refused_ones_stay(host: Any, work: Path) -> None:
    """Each ref is judged by itself, as on GitHub."""
    made = host.client.save(work, "a", "1")
    host.rules.append(refuse("refs/heads/main"))
    done = host.client.run("push", "origin", "main", "main:feature", "main:refs/tags/v1", cwd=work, check=False)
    assert "! [remote rejected] main -> main (push declined due to repository rule violations)" in done.stderr
    assert "[new branch]      main -> feature" in done.stderr
    assert host.repositories.branches("chat")["feature"] == made
    [(_, updates, _)] = host.pushed
    assert {update.ref for update in updates} == {"refs/heads/feature", "refs/tags/v1"}


def test_an_atomic_push_is_all_or_nothing(host: Any, work: Path) -> None:
    """Clients may ask for more than GitHub's default."""
    host.client.save(work, "a", "1")
    host.rules.append(refuse("refs/heads/main"))
    host.client.run("push", "--atomic", "origin", "main", "main:feature", cwd=work, check=False)
    assert list(host.repositories.branches("chat")) == ["main"]
    assert not host.pushed


def test_a_rule_sees_a_force_push_while_the_commits_are_in_quarantine(host: Any, work: Path) -> None:
    """Losing commits is a fact that rules decide on; without a rule it is allowed."""
    seen: list[Any] = []

    def look(update: Update, _: str) -> list[str]:
        seen.append([commit.message for commit in update.objects.introduced(update.new or "", update.old, 10)])
        return no_force(update, _)

    host.rules.append(look)
    host.client.run("commit", "--quiet", "--amend", "--message=Rewritten", cwd=work)
    done = host.client.run("push", "--force", cwd=work, check=False)
    assert "remote: - Cannot force-push to this branch" in done.stderr
    assert seen == [["Rewritten"]]
    host.rules.clear()
    host.client.run("push", "--force", cwd=work)
    assert host.repositories.head("chat", "main") == host.client.sha(work)
    assert host.pushed[0][1][0].forced


def test_deleted_branches_and_moved_tags_are_facts_too(host: Any, work: Path) -> None:
    """Created, deleted and forced are told apart."""
    seen: list[tuple[str, bool, bool, bool]] = []
    host.rules.append(lambda update, _: seen.append((update.ref, update.created, update.deleted, update.forced)) or [])
    host.client.run("push", "--quiet", "origin", "main:feature", "main:refs/tags/v1", cwd=work)
    host.client.run("checkout", "--quiet", "--orphan", "other", cwd=work)
    host.client.run("commit", "--quiet", "--message=Other", cwd=work)
    host.client.run("push", "--quiet", "--force", "origin", "other:refs/tags/v1", ":feature", cwd=work)
    assert sorted(seen[:2]) == [("refs/heads/feature", True, False, False), ("refs/tags/v1", True, False, False)]
    assert sorted(seen[2:]) == [("refs/heads/feature", False, True, False), ("refs/tags/v1", False, False, True)]
    assert list(host.repositories.branches("chat")) == ["main"]


def test_a_client_that_is_behind_is_told_to_fetch_first(host: Any, work: Path, author: Any) -> None:
    """Git's own check, before anything is sent."""
    host.repositories.commit("chat", "main", "b", b"", message="m", author=author, committer=author)
    host.client.save(work, "a", "1")
    assert "fetch first" in host.client.run("push", cwd=work, check=False).stderr


def test_of_concurrent_pushes_exactly_one_wins(host: Any, tmp_path: Path) -> None:
    """The losers hear of it, and no commit that was reported as pushed is lost."""
    works = [host.clone(tmp_path / f"work-{number}") for number in range(4)]
    made = [host.client.save(work, f"file-{number}", "1") for number, work in enumerate(works)]
    pushes = [
        subprocess.Popen(["git", "push"], cwd=work, env=host.client.environment, stderr=subprocess.DEVNULL)
        for work in works
    ]
    won = [commit for commit, push in zip(made, pushes, strict=True) if push.wait(60) == 0]
    assert won == [host.repositories.head("chat", "main")]
    assert len(host.pushed) == 1


def test_the_default_branch_cannot_be_deleted(host: Any, work: Path) -> None:
    """A clone would have nothing to check out."""
    done = host.client.run("push", "origin", ":main", cwd=work, check=False)
    assert "deletion of the current branch prohibited" in done.stderr
    assert "main" in host.repositories.branches("chat")


@pytest.mark.parametrize("ref", ["refs/pull/1/head", "refs/heads/" + "0a" * 20, "refs/heads/-x"])
def test_refs_that_github_keeps_or_refuses_cannot_be_pushed(host: Any, work: Path, ref: str) -> None:
    """A pull request's head is the server's own; a branch must not look like an object id."""
    done = host.client.run("push", "origin", f"HEAD:{ref}", cwd=work, check=False)
    assert "[remote rejected]" in done.stderr
    assert host.repositories.reader("chat").refs(ref) == {}


def test_a_ref_name_with_a_strange_line_break_is_one_ref(host: Any, work: Path) -> None:
    """Unicode's own line separators neither hide a ref from the rules nor split it."""
    name = "x\u2028refs/heads/y"
    host.client.run("push", "--quiet", "origin", f"HEAD:refs/heads/{name}", cwd=work)
    assert set(host.repositories.branches("chat")) == {"main", name}
    host.rules.append(refuse(f"refs/heads/{name}"))
    assert "declined" in host.client.run("push", "origin", f":refs/heads/{name}", cwd=work, check=False).stderr


def test_a_ref_name_that_is_not_text_is_refused(host: Any, work: Path) -> None:
    """Alone or among others; the others pass."""
    for refs in (["HEAD:refs/heads/\udcff"], ["HEAD:refs/heads/\udcff", "HEAD:fine"]):
        done = host.client.run("push", "origin", *refs, cwd=work, check=False)
        assert "push declined due to repository rule violations" in done.stderr
    assert set(host.repositories.branches("chat")) == {"main", "fine"}


def test_a_token_without_write_permission_cannot_push(host: Any, work: Path) -> None:
    """Reading goes on."""
    host.client.save(work, "a", "1")
    done = host.client.run("push", host.url(token="reader-token"), "main", cwd=work, check=False)
    assert "403" in done.stderr
    assert "Permission denied to reader." in done.stderr
    host.client.run("fetch", host.url(token="reader-token"), cwd=work)


def test_pushing_without_a_token_asks_for_one(host: Any, work: Path) -> None:
    """The challenge makes git look for credentials."""
    done = host.client.run("push", host.url(token=""), "main", cwd=work, check=False)
    assert "could not read Username" in done.stderr


def test_a_rule_that_fails_refuses(host: Any, work: Path) -> None:
    """What cannot be judged does not pass, and the defect's words stay on the server."""
    host.client.save(work, "a", "1")
    host.rules.append(lambda *_: 1 / 0)
    done = host.client.run("push", cwd=work, check=False)
    assert "remote: - The rules could not be evaluated." in done.stderr
    assert "division" not in done.stderr
    assert not host.pushed


def test_objects_that_git_would_not_make_are_refused(host: Any, work: Path) -> None:
    """A tree with a .git entry must not reach anybody's checkout."""

    def tree(entry: str) -> str:
        made = subprocess.run(
            ["git", "mktree"],
            input=entry,
            cwd=work,
            env=host.client.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip()

    blob = host.client.run("hash-object", "-w", "README.md", cwd=work).stdout.strip()
    hidden = tree(f"040000 tree {tree(f'100644 blob {blob}{chr(9)}config')}\t.git\n")
    commit = host.client.run("commit-tree", "-m", "x", hidden, cwd=work).stdout.strip()
    done = host.client.run("push", "origin", f"{commit}:refs/heads/evil", cwd=work, check=False)
    assert "contains '.git'" in done.stderr
    assert "evil" not in host.repositories.branches("chat")
