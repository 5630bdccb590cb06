"""The first hours exist in Chinese, and say the same."""

from pathlib import Path

import pytest

from tests.unit.docs.pages import headings, shell_blocks

FOLDER = Path(__file__).parents[3] / "docs" / "first-hour"
PAGES = sorted(page for page in FOLDER.glob("*.md") if not page.name.endswith(".zh.md"))


def test_there_are_first_hours() -> None:
    """A developer, a tester, an approver and an operator each have one."""
    assert {page.stem for page in PAGES} >= {"developer", "tester", "approver", "operator"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_first_hour_is_translated(page: Path) -> None:
    """The Chinese page has the same outline and the same commands, and is written in Chinese."""
    english, chinese = page.read_text(), page.with_suffix(".zh.md").read_text()
    assert headings(chinese) == headings(english)
    assert shell_blocks(chinese) == shell_blocks(english)
    assert sum("\u4e00" <= sign <= "\u9fff" for sign in chinese) > len(chinese) / 5


def test_no_translation_outlives_its_page() -> None:
    """A Chinese page without its English one is stale."""
    assert [page.name for page in FOLDER.glob("*.zh.md") if not (FOLDER / page.name.replace(".zh", "")).exists()] == []
