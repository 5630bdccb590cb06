"""Commands in comments: only what a person says himself counts."""

import pytest

from model.commands import Subject, Word, Wrong, issue_title, parse, subject


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("/test pass", Word("pass", "")),
        ("/test pass  looks good  ", Word("pass", "looks good")),
        ("Hello,\r\n\r\n/test pass calls work\r\n\r\nregards", Word("pass", "calls work")),
        ("/test fail login hangs", Word("fail", "login hangs")),
        ("> /test fail no\n\n/test pass", Word("pass", "")),
        ("```\n/test fail no\n```\n/test pass", Word("pass", "")),
        ("```sh\n/test fail\n```sh\n/test fail\n```\n/test pass", Word("pass", "")),
        ("````\n```\n/test fail no\n```\n````\n/test pass", Word("pass", "")),
        ("~~~\n/test fail no\n```\n~~~\n/test pass", Word("pass", "")),
        ("<!-- /test fail no\n/test fail no -->\n/test pass", Word("pass", "")),
        ("   /test pass indented a little", Word("pass", "indented a little")),
    ],
)
def test_what_is_said(body: str, said: Word) -> None:
    """Fences, quotes and hidden text hold no commands; CRLF is a line's end."""
    assert parse(body) == said


@pytest.mark.parametrize(
    "body",
    [
        "",
        "I would /test pass it",
        "> /test pass",
        "  > /test pass",
        "    /test pass",
        "\t/test pass",
        "```\n/test pass\n```",
        "```\n/test pass",
        "~~~~\n/test pass\n~~~\n",
        "<!--\n/test pass",
        "`/test pass`",
        "/tested pass",
        "/TEST pass",
    ],
)
def test_what_is_only_talked_about(body: str) -> None:
    """No command, no answer."""
    assert parse(body) is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("/test", "say `/test pass"),
        ("/test passed", "say `/test pass"),
        ("/test fail", "say what failed"),
        ("/test pass\n/test fail no", "several"),
    ],
)
def test_what_cannot_be_followed(body: str, why: str) -> None:
    """Its writer is told why."""
    wrong = parse(body)
    assert isinstance(wrong, Wrong)
    assert why in wrong.reason


def test_a_release_is_known_by_its_issues_title() -> None:
    """And any other issue is none."""
    assert subject(issue_title("v3.8.4+a1b2c3d", "staging")) == Subject("v3.8.4+a1b2c3d", "staging")
    assert subject("Release v3.8.4+a1b2c3d failed on staging") is None
    assert subject("Login hangs") is None
