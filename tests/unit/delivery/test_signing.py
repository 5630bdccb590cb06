"""Which key is at hand, from what the environment names."""

from pathlib import Path

import pytest

from delivery.errors import Refused
from delivery.signing import MACHINE_KEY, OWN_KEY, at_hand, make, own, public_of
from model import sshsig


def test_the_machines_key_signs_before_a_persons(tmp_path: Path) -> None:
    """A job has only the first; who holds both records as the machine, and approves as himself."""
    made = {name: make(tmp_path / name) for name in ("machine", "person")}
    environment = {MACHINE_KEY: str(tmp_path / "machine"), OWN_KEY: str(tmp_path / "person")}
    for found, owner in ((at_hand(environment), "machine"), (own(environment), "person")):
        assert found is not None
        assert found("space", b"text").public_key == made[owner]
    assert at_hand({}) is None


def test_an_empty_file_is_no_key(tmp_path: Path) -> None:
    """What a job makes of a secret that nobody has set: it records unsigned, and says nothing wrong."""
    (tmp_path / "machine").write_text("\n")
    assert at_hand({MACHINE_KEY: str(tmp_path / "machine")}) is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(Refused, match=r"OPENIM_CICD_MACHINE_KEY names .*, which is no file: openim-cicd key new"):
        at_hand({MACHINE_KEY: str(tmp_path / "nothing")})


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """Its owner alone reads it."""
    public = make(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="is there already"):
        make(tmp_path / "key")
    assert public_of(tmp_path / "key") == public
    assert sshsig.normal(f"{public} somebody@somewhere") == public
