"""The page on security names tests for everything that it claims, and they exist."""

import re
from collections.abc import Iterator
from pathlib import Path

TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(page: str) -> Iterator[tuple[str, ...]]:
    """Cells of the tables of threats."""
    for table in re.findall(r"^\| threat \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.M):
        yield from (tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table.splitlines())


def test_every_threat_has_its_answer_and_a_test(root: Path) -> None:
    """Three cells, and in the last one nothing but tests."""
    page = (root / "docs" / "security.md").read_text()
    found = list(rows(page))
    assert len(found) > 30
    for threat, answer, tests in found:
        assert threat
        assert answer
        assert all(TEST.fullmatch(one) for one in tests.rstrip(" |").split(", ")), tests


def test_every_test_that_is_named_is_there(root: Path) -> None:
    """In the file that is named."""
    for file, name in TEST.findall((root / "docs" / "security.md").read_text()):
        assert f"def {name}(" in (root / file).read_text(), f"{file}::{name}"
