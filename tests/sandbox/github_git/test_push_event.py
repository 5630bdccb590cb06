"""The push event's payload, as GitHub documents it."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.github.git import PushEvent, Repositories, push_events

URL = "http://127.0.0.1:8080/OpenIMSDK/chat"
NOTHING = "0" * 40


@pytest.fixture
def work(host: Any, tmp_path: Path) -> Path:
    """A clone."""
    folder: Path = host.clone(tmp_path / "work")
    return folder


def pushed(host: Any, work: Path, *arguments: str) -> list[PushEvent]:
    """The events of one push."""
    host.pushed.clear()
    host.client.run("push", "--quiet", "--force", "origin", *arguments, cwd=work)
    return [event for _, updates, _ in host.pushed for event in push_events(updates, URL)]


def test_a_push_lists_its_commits_oldest_first_with_their_files(host: Any, work: Path) -> None:
    """Everything that a pipeline decides on."""
    before = host.client.sha(work)
    first = host.client.save(work, "deploy/a.yml", "a: 1\n")
    host.client.run("rm", "--quiet", "README.md", cwd=work)
    second = host.client.save(work, "deploy/a.yml", "a: 2\n")
    [event] = pushed(host, work, "main")
    assert (event["ref"], event["before"], event["after"]) == ("refs/heads/main", before, second)
    assert (event["created"], event["deleted"], event["forced"], event["base_ref"]) == (False, False, False, None)
    assert event["compare"] == f"{URL}/compare/{before[:12]}...{second[:12]}"
    files = [(commit["id"], commit["added"], commit["modified"], commit["removed"]) for commit in event["commits"]]
    assert files == [(first, ["deploy/a.yml"], [], []), (second, [], ["deploy/a.yml"], ["README.md"])]
    assert event["head_commit"] == event["commits"][-1]
    assert event["commits"][0]["url"] == f"{URL}/commit/{first}"
    assert event["commits"][0]["message"] == "Write deploy/a.yml"
    assert event["commits"][0]["author"]["name"] == "NAME@git"
    assert all(commit["distinct"] for commit in event["commits"])


def test_a_new_branch_lists_only_what_no_branch_had(host: Any, work: Path) -> None:
    """Created, and based on the branch at whose tip it starts."""
    [event] = pushed(host, work, "main:copy")
    assert (event["created"], event["before"], event["commits"]) == (True, NOTHING, [])
    assert event["base_ref"] == "refs/heads/main"
    assert event["head_commit"]
    assert not event["head_commit"]["distinct"]
    made = host.client.save(work, "a", "1")
    [event] = pushed(host, work, "main:feature")
    assert [commit["id"] for commit in event["commits"]] == [made]
    assert event["base_ref"] is None


def test_commits_known_from_another_branch_are_not_distinct(host: Any, work: Path) -> None:
    """So that nobody builds them twice; within one push the first event has them."""
    made = host.client.save(work, "a", "1")
    events = pushed(host, work, "main:one", "main:two")
    assert sorted([commit["id"] for commit in event["commits"]] for event in events) == [[], [made]]
    [event] = pushed(host, work, "main")
    assert [(commit["id"], commit["distinct"]) for commit in event["commits"]] == [(made, False)]


def test_a_force_push_says_so(host: Any, work: Path) -> None:
    """The commits are those that replaced the lost ones."""
    host.client.run("commit", "--quiet", "--amend", "--message=Rewritten", cwd=work)
    [event] = pushed(host, work, "main")
    assert event["forced"]
    assert [commit["message"] for commit in event["commits"]] == ["Rewritten"]
    assert event["commits"][0]["added"] == ["README.md"]


def test_a_deleted_branch_has_no_head(host: Any, work: Path) -> None:
    """After is all zeros."""
    pushed(host, work, "main:gone")
    [event] = pushed(host, work, ":gone")
    assert (event["deleted"], event["after"], event["head_commit"], event["commits"]) == (True, NOTHING, None, [])


def test_an_annotated_tag_leads_to_its_commit(host: Any, work: Path) -> None:
    """After is the tag's own object; the head is the commit behind it."""
    host.client.run("tag", "--annotate", "--message=One", "v1", cwd=work)
    [event] = pushed(host, work, "v1")
    assert event["after"] == host.client.sha(work, "v1^{tag}")
    assert event["head_commit"]
    assert event["head_commit"]["id"] == host.client.sha(work)
    assert event["base_ref"] == "refs/heads/main"
    assert event["commits"] == []


def test_more_than_three_tags_at_once_are_not_announced(host: Any, work: Path) -> None:
    """GitHub's documented limit: branches of the same push still are."""
    tags = [f"main:refs/tags/v{number}" for number in range(4)]
    assert len(pushed(host, work, *tags[:3])) == 3
    again = [f"main:refs/tags/w{number}" for number in range(4)]
    assert [event["ref"] for event in pushed(host, work, *again, "main:feature")] == ["refs/heads/feature"]


def test_a_merge_shows_what_it_brought_to_its_first_parent(host: Any, work: Path) -> None:
    """Not nothing, which is git's own default."""
    host.client.run("checkout", "--quiet", "-b", "side", cwd=work)
    host.client.save(work, "side", "1")
    host.client.run("checkout", "--quiet", "main", cwd=work)
    host.client.save(work, "main", "1")
    host.client.run("merge", "--quiet", "--no-edit", "side", cwd=work)
    [event] = pushed(host, work, "main")
    assert event["head_commit"]
    assert event["head_commit"]["added"] == ["side"]
    assert len(event["commits"]) == 3


def test_a_write_through_the_api_gives_the_same_event(repositories: Repositories, author: Any) -> None:
    """A commit is a commit, whoever makes it."""
    before = repositories.create("chat", "main", {"a": b""})
    after = repositories.commit("chat", "main", "b", b"", message="Add b", author=author, committer=author)
    [event] = push_events([repositories.update("chat", "refs/heads/main", before, after)], URL)
    assert (event["before"], event["after"], event["forced"]) == (before, after, False)
    assert [(commit["message"], commit["added"]) for commit in event["commits"]] == [("Add b", ["b"])]
    assert event["commits"][0]["timestamp"] == "2026-05-01T12:00:00+00:00"
