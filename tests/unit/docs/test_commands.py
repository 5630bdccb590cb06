"""What the documentation tells people to type exists, and what exists is documented."""

import re
from pathlib import Path

import pytest
import typer

from cli.app import app
from cli.command_page import leaves
from tests.unit.docs.pages import commands, written_pages, wrong_usage

PAGES = written_pages(Path(__file__).parents[3])


@pytest.fixture(scope="session")
def targets(root: Path) -> set[str]:
    return set(re.findall(r"^([a-z.]+):", (root / "Makefile").read_text(), re.M))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_exists(root: Path, page: Path) -> None:
    """Nobody is told to type a command, an option or an argument that the command line refuses."""
    known = typer.main.get_command(app)
    shown = [one for one in commands(root, page) if one.words[0] == "openim-cicd"]
    assert [f"{one}: {wrong}" for one in shown if (wrong := wrong_usage(known, one.words, one.whole))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_on_a_page_exists(root: Path, page: Path, targets: set[str]) -> None:
    """Nobody is told to make what the Makefile does not know."""
    shown = [one for one in commands(root, page) if one.words[0] == "make"]
    named = [(one, word) for one in shown for word in one.words[1:] if not re.match(r"-|[A-Z_]+=|\.venv", word)]
    assert [str(one) for one, word in named if word not in targets] == []


@pytest.mark.parametrize("name", [name for name, _ in leaves(typer.main.get_command(app), "openim-cicd")])
def test_every_command_is_on_a_written_page(root: Path, name: str) -> None:
    """A command that nobody is told about, in words of our own, does not exist."""
    words = tuple(name.split())
    shown = {one.words[: len(words)] for page in PAGES for one in commands(root, page)}
    assert words in shown or ("make", words[-1]) in shown


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("openim-cicd adopt --write", ""),
        ("openim-cicd adopt --rewrite", "there is no option --rewrite"),
        ("openim-cicd adopt more", "too many arguments"),
        ("openim-cicd sandbox begin", "there is no command 'begin'"),
        ("openim-cicd no-such-command", "there is no command 'no-such-command'"),
        ("openim-cicd --install-completion", ""),
    ],
)
def test_wrong_usage_is_noticed(line: str, wrong: str) -> None:
    """The check itself sees what a reader would stumble over."""
    assert wrong_usage(typer.main.get_command(app), tuple(line.split())) == wrong


def test_commands_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """In blocks, behind other commands, in substitutions and within sentences."""
    page = tmp_path / "page.md"
    page.write_text('```console\n$ cd x && make down  # stop\neval "$(make -s env)"\n```\nType `openim-cicd doctor`.\n')
    assert [one.words for one in commands(tmp_path, page)] == [
        ("make", "down"),
        ("make", "-s", "env"),
        ("openim-cicd", "doctor"),
    ]
