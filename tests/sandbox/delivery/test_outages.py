"""GitHub goes down in the middle, at every request in turn: nothing is half done that the next run does not finish."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from delivery.approve import approve
from delivery.collect import Collector
from delivery.errors import Refused
from delivery.github import AGAIN, GitHub, GitHubError
from delivery.ledger import Ledger
from delivery.promote import Promoter
from model.ledger import Kind
from tests.sandbox.delivery.conftest import World

MOST = 60
"""Requests of one command; more would be a loop."""


class Outage(httpx.BaseTransport):
    """GitHub as it is, until the n-th request: the answer of that one may be lost, the others are not heard at all."""

    def __init__(self, at: int, *, heard: bool) -> None:
        self.at = at
        self.heard = heard
        self.seen = 0
        self.real = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen += 1
        if self.seen < self.at:
            return self.real.handle_request(request)
        if self.seen == self.at and self.heard:
            self.real.handle_request(request).read()
        return httpx.Response(500, json={"message": "Server Error"})

    def close(self) -> None:
        self.real.close()


@contextmanager
def cut_off(world: World, login: str, at: int, *, heard: bool) -> Iterator[GitHub]:
    token = world.standin.token(login)
    transport = Outage(at, heard=heard)
    base, headers = f"{world.standin.base}/api/v3/", {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, headers=headers, transport=transport) as client:
        yield GitHub(client, sleep=lambda _: None)


def at_every_request(world: World, login: str, command: Callable[[GitHub], Any], *, heard: bool) -> int:
    """Run the command with an outage at its first request, its second, and so on, until one run needs none of it.

    Gives how often it was cut off; each time the message says what was asked, and that running it again is right.
    """
    for at in range(1, MOST):
        told = ""
        with cut_off(world, login, at, heard=heard) as github:
            try:
                command(github)
            except GitHubError as error:
                told = str(error)
            except Refused as error:
                # An approval that was heard.
                told = "" if "has approved #" in str(error) else str(error)
        if not told:
            return at - 1
        assert told.endswith(f"GitHub answers 500: Server Error; {AGAIN}")
        assert "\n" not in told
    raise AssertionError(f"more than {MOST} requests")


HEARD = pytest.mark.parametrize("heard", [True, False], ids=["answer-lost", "not-heard"])


@HEARD
def test_a_promotion_is_offered_once(world: World, heard: bool) -> None:
    """One pull request; the older one is closed with one comment, and its branch is gone."""
    older = world.promote()
    newest = world.release("c", world.commits[2], "withchao")
    world.put("staging", newest)
    world.tell("staging", Kind.VERIFIED, newest)
    by = "aiko-tester"
    cuts = at_every_request(
        world,
        by,
        lambda github: Promoter(world.clone(by), github, world.repository).promote("prod"),
        heard=heard,
    )
    assert cuts >= 5
    owner = world.as_person("owner")
    pulls = list(owner.pages(f"repos/{world.repository}/pulls", state="all"))
    assert {one["number"]: one["state"] for one in pulls} == {older.number: "closed", pulls[0]["number"]: "open"}
    comments = owner.get(f"repos/{world.repository}/issues/{older.number}/comments")
    assert [one["body"] for one in comments] == [f"#{pulls[0]['number']} offers {newest.id} instead."]
    branches = [one["name"] for one in owner.pages(f"repos/{world.repository}/branches")]
    assert [name for name in branches if name.startswith("promote/")] == ["promote/prod/v3.9.0-ccccccc"]


@HEARD
def test_an_approval_is_given_once(world: World, heard: bool) -> None:
    """Also where GitHub took it and the answer was lost: the next run says that it is there."""
    offered = world.promote()
    login = "skiffer-git"
    cuts = at_every_request(
        world, login, lambda github: approve(world.clone(login), github, world.repository, "prod"), heard=heard
    )
    assert cuts >= 3
    reviews = list(world.as_person("owner").pages(f"repos/{world.repository}/pulls/{offered.number}/reviews"))
    assert [(one["user"]["login"], one["state"]) for one in reviews] == [(login, "APPROVED")]


@HEARD
def test_what_was_approved_is_recorded_once(world: World, heard: bool) -> None:
    """Each proposal and approval has one entry, however often collecting them was cut off."""
    offered = world.promote()
    for login in ("skiffer-git", "omar-sre"):
        world.agree(login)
    world.merge(offered.number)
    cuts = at_every_request(
        world,
        "deployer",
        lambda github: Collector(world.clone(), github, world.repository).record("prod"),
        heard=heard,
    )
    assert cuts >= 3
    entries = Ledger(world.clone("owner").root, "prod").entries()
    assert [(one.kind, one.actor.login) for one in entries[2:]] == [
        (Kind.PROPOSED, "aiko-tester"),
        (Kind.APPROVED, "skiffer-git"),
        (Kind.APPROVED, "omar-sre"),
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, text="<html>"), "GitHub answers 200: with what is no JSON; is a proxy in between"),
        (httpx.Response(502, text="<html>Bad gateway"), "GitHub answers 502: Bad Gateway; run the same command again"),
        (httpx.Response(404, json={"message": "Not Found"}), "GitHub answers 404: Not Found"),
    ],
    ids=["no-json", "bad-gateway", "not-found"],
)
def test_an_answer_that_is_none_is_told(answer: httpx.Response, said: str) -> None:
    """One line with what was asked; running it again is advised where that may help."""
    client = httpx.Client(base_url="http://github.invalid", transport=httpx.MockTransport(lambda _: answer))
    with client, pytest.raises(GitHubError) as refused:
        GitHub(client, sleep=lambda _: None).get("repos/a/b")
    assert str(refused.value).startswith(f"GET /repos/a/b: {said}")
    assert (AGAIN in str(refused.value)) == (answer.status_code >= 500)


@pytest.mark.parametrize(("asked", "slept"), [("3", [3.0]), ("Wed, 21 Oct 2015 07:28:00 GMT", [0.0]), ("soon", [1.0])])
def test_retry_after_may_be_a_date(asked: str, slept: list[float]) -> None:
    """RFC 9110 allows both; what is neither is waited for as without it."""
    answers = [httpx.Response(429, headers={"Retry-After": asked}), httpx.Response(200, json={"ok": True})]
    waited: list[float] = []
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    with httpx.Client(base_url="http://github.invalid", transport=transport) as client:
        assert GitHub(client, sleep=waited.append).get("repos/a/b") == {"ok": True}
    assert waited == slept
