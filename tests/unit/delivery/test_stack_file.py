"""Edits of a stack file: only the release changes, byte for byte."""

from pathlib import Path

import pytest

from delivery.errors import Refused
from delivery.stack_file import release_of, with_release, write_release
from model.problems import SettingsError
from model.release import Author, Release, Source
from tests.unit.delivery.conftest import STAGING

NEW = Release(
    id="v3.9.0+0123456",
    images={"openim-api": f"sha256:{'3' * 64}", "mongo": f"sha256:{'2' * 64}"},
    sources={"open-im-server": Source(branch="main", commit="a" * 40)},
    authors=(Author(id=7, login="withchao"), Author(login="somebody@example.org")),
)


def test_only_the_release_changes() -> None:
    """Comments, order, quotes and inline mappings stay."""
    after = with_release("staging", STAGING, NEW)
    assert release_of("staging", after) == NEW
    removed = set(STAGING.splitlines()) - set(after.splitlines())
    assert removed == {"    id: v3.8.4+a1b2c3d", f"      openim-api: sha256:{'1' * 64}"}
    assert "# the primary's" in after
    assert "      open-im-server: {branch: main, commit: " in after


def test_what_is_gone_is_removed() -> None:
    """A release without authors and sources leaves none of an older one's."""
    plain = Release(id="v3.8.4+a1b2c3d", images={"openim-api": f"sha256:{'1' * 64}", "mongo": f"sha256:{'2' * 64}"})
    assert with_release("staging", with_release("staging", STAGING, NEW), plain) == STAGING


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_projects_own_files_survive(root: Path, stack: str) -> None:
    """The release that stands there, written again, changes nothing."""
    text = (root / f"Pulumi.{stack}.yaml").read_text()
    assert with_release(stack, text, release_of(stack, text)) == text


def test_writing_the_same_again_is_no_change(tmp_path: Path) -> None:
    """And nothing is left beside the file."""
    (tmp_path / "Pulumi.staging.yaml").write_text(STAGING)
    assert write_release(tmp_path, "staging", NEW)
    assert not write_release(tmp_path, "staging", NEW)
    assert [one.name for one in tmp_path.iterdir()] == ["Pulumi.staging.yaml"]


def test_what_is_no_stack_file_is_refused() -> None:
    """The file is named; a tag in the place of a digest too."""
    with pytest.raises(Refused, match=r"Pulumi\.staging\.yaml is no stack file"):
        with_release("staging", "- a\n", NEW)
    with pytest.raises(SettingsError, match="not a tag"):
        release_of("staging", STAGING.replace("sha256:" + "1" * 64, "latest"))
