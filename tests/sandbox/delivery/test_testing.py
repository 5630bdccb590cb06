"""Testers' words: said as comments, counted by who said them and how, recorded once."""

import time
from typing import Any

import pytest

from delivery.declared import parts_at
from delivery.errors import Refused
from delivery.ledger import Ledger
from delivery.test_results import Recorder, say
from model.commands import Word, issue_title
from model.ledger import Entry, Kind
from tests.sandbox.delivery.conftest import World

RELEASE = "v3.9.0+bbbbbbb"


@pytest.fixture
def issue(world: World) -> str:
    """The issue that tells testers of staging's release; its path."""
    made = world.as_person("owner").post(f"repos/{world.repository}/issues", {"title": issue_title(RELEASE, "staging")})
    return f"repos/{world.repository}/issues/{made['number']}"


def comment(world: World, issue: str, by: str, body: str) -> dict[str, Any]:
    return dict(world.as_person(by).post(f"{issue}/comments", {"body": body}))


def record(world: World, number: int) -> str:
    return Recorder(world.clone(), world.as_person("deployer"), world.repository).comment(number)


def told(world: World) -> list[Entry]:
    """What staging's ledger holds beyond what the world began with."""
    return list(Ledger(world.clone("owner").root, "staging").entries()[2:])


def answers(world: World, issue: str) -> list[str]:
    found = world.as_person("owner").pages(f"{issue}/comments")
    return [one["body"] for one in found if one["user"]["type"] != "User"]


def test_a_pass_is_recorded_once(world: World, issue: str) -> None:
    """With who, what and where; the workflow may run twice."""
    said = comment(world, issue, "aiko-tester", "Tried groups.\r\n\r\n/test pass groups work\r\n")
    assert record(world, said["id"]) == f"Recorded: {RELEASE} passed on staging by aiko-tester."
    assert record(world, said["id"]) == "aiko-tester's comment is recorded already"
    [entry] = told(world)
    assert (entry.kind, entry.release, entry.reasons) == (Kind.TESTED, RELEASE, ("groups work",))
    assert entry.actor == world.actor("aiko-tester")
    assert entry.evidence["url"] == said["html_url"]
    assert len(answers(world, issue)) == 1


def test_a_fail_withdraws_the_release(world: World, issue: str) -> None:
    """And names the note, also to whoever wants to promote it."""
    record(world, comment(world, issue, "lin-tester", "/test fail login hangs")["id"])
    assert [(one.kind, one.reasons) for one in told(world)] == [
        (Kind.TESTED, ("login hangs",)),
        (Kind.WITHDRAWN, ("login hangs",)),
    ]


def test_the_command_says_the_same(world: World, issue: str) -> None:
    """`openim-cicd test` writes the comment that the workflow records."""
    clone = world.clone("lin-tester")
    url = say(world.as_person("lin-tester"), world.repository, clone.root, "staging", Word("pass", "all\nof it"))
    [made] = list(world.as_person("owner").pages(f"{issue}/comments"))
    assert (made["html_url"], made["body"]) == (url, "/test pass all of it")
    assert "passed on staging by lin-tester" in record(world, made["id"])


def test_there_must_be_something_to_test(world: World) -> None:
    """No issue, or nothing that runs: the next command is named."""
    with pytest.raises(
        Refused, match=r"has no issue 'Release v3\.9\.0\+bbbbbbb on staging'; openim-cicd deploy staging"
    ):
        say(world.as_person("lin-tester"), world.repository, world.clone().root, "staging", Word("pass", ""))
    with pytest.raises(Refused, match="nowhere's ledger names no release"):
        say(world.as_person("lin-tester"), world.repository, world.clone().root, "nowhere", Word("pass", ""))


@pytest.mark.parametrize(
    ("by", "body", "why"),
    [
        ("omar-sre", "/test pass", "testers of staging are team/qa"),
        ("lin-tester", "/test fail", "say what failed"),
        ("lin-tester", "/test pass\n/test fail no", "several"),
    ],
)
def test_what_does_not_count_is_answered(world: World, issue: str, by: str, body: str, why: str) -> None:
    """Its writer is told why, and nothing is recorded."""
    with pytest.raises(Refused, match=why):
        record(world, comment(world, issue, by, body)["id"])
    assert told(world) == []
    [answer] = answers(world, issue)
    assert answer.startswith(f"@{by}'s comment is not recorded: ")


def test_an_edited_comment_does_not_count(world: World, issue: str) -> None:
    """What was said when others read it is not known any more."""
    said = comment(world, issue, "lin-tester", "nice")
    time.sleep(1.1)  # GitHub tells times in whole seconds
    world.as_person("lin-tester").patch(
        f"repos/{world.repository}/issues/comments/{said['id']}", {"body": "/test pass"}
    )
    with pytest.raises(Refused, match="it was edited; write a new comment"):
        record(world, said["id"])
    assert told(world) == []


def test_what_is_no_command_is_left_alone(world: World, issue: str) -> None:
    """Talk, quotes, code, other issues, and the machine's own answers."""
    other = world.as_person("owner").post(f"repos/{world.repository}/issues", {"title": "Login hangs"})
    elsewhere = f"repos/{world.repository}/issues/{other['number']}"
    for where, by, body in (
        (issue, "lin-tester", "> /test pass"),
        (issue, "lin-tester", "```\n/test fail no\n```"),
        (issue, "deployer", "/test pass"),
        (elsewhere, "lin-tester", "/test pass"),
    ):
        assert record(world, comment(world, where, by, body)["id"]).endswith("nothing to do")
    assert told(world) == []


def test_a_release_that_nobody_knows_is_not_tested(world: World) -> None:
    """Anybody may open an issue with such a title."""
    made = world.as_person("lin-tester").post(
        f"repos/{world.repository}/issues", {"title": issue_title("v9.9.9+1234567", "staging")}
    )
    said = comment(world, f"repos/{world.repository}/issues/{made['number']}", "lin-tester", "/test pass")
    with pytest.raises(Refused, match=r"staging's ledger knows no v9\.9\.9\+1234567"):
        record(world, said["id"])


def test_a_freeze_is_recorded_with_who_asked(world: World) -> None:
    """By GitHub's word for who it is."""
    recorder = Recorder(world.clone(), world.as_person("deployer"), world.repository)
    assert recorder.freeze("freeze", "prod", "launch day", "omar-sre") == "prod is frozen by omar-sre"
    assert recorder.freeze("thaw", "prod", "", "omar-sre") == "prod is thawed by omar-sre"
    entries = Ledger(world.clone("owner").root, "prod").entries()
    assert [(one.kind, one.actor, one.reasons) for one in entries[2:]] == [
        (Kind.FROZEN, world.actor("omar-sre"), ("launch day",)),
        (Kind.THAWED, world.actor("omar-sre"), ()),
    ]
    for command, stage, why in (("melt", "prod", "unknown command 'melt'"), ("freeze", "nowhere", "no stage")):
        with pytest.raises(Refused, match=why):
            recorder.freeze(command, stage, "", "omar-sre")


def test_breaking_the_glass_is_recorded_for_exactly_what_main_declares(world: World) -> None:
    """With who by GitHub's word, and why; whoever may not, or means something else, is refused."""
    world.put("prod", world.release("b", world.commits[2], "withchao"))
    clone = world.clone()
    recorder = Recorder(clone, world.as_person("deployer"), world.repository)
    fingerprint = parts_at(clone, "prod", "HEAD").fingerprint
    for login, reason, mark, why in (
        ("skiffer-git", "logins fail", fingerprint, "skiffer-git may not break the glass of prod: team/sre may"),
        ("omar-sre", " - ", fingerprint, "say why"),
        ("omar-sre", "logins fail", "0" * 64, "git pull, look again"),
    ):
        with pytest.raises(Refused, match=why):
            recorder.break_glass("prod", reason, login, mark)
    assert world.decided().allowed is False
    told = recorder.break_glass("prod", "logins fail", "omar-sre", fingerprint)
    assert told == "BREAK-GLASS: omar-sre lets v3.9.0+bbbbbbb past the gate of prod: logins fail"
    newest = Ledger(world.clone("owner").root, "prod").entries()[-1]
    assert (newest.kind, newest.actor, newest.fingerprint) == (Kind.BREAKGLASS, world.actor("omar-sre"), fingerprint)
    assert world.decided().emergency == ("omar-sre: logins fail",)
