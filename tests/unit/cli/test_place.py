"""Which project a command works on."""

from pathlib import Path

import pytest

from cli.place import project_root
from delivery.errors import Refused


def test_it_is_the_clone_that_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder inside it."""
    (tmp_path / "Pulumi.yaml").touch()
    inside = tmp_path / "estate" / "deep"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert project_root() == tmp_path


def test_outside_of_every_clone_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that took some other clone might deploy what nobody meant."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=r"is in no clone of the project .*: cd into one"):
        project_root()
