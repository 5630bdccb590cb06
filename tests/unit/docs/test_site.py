"""The documentation builds as a site: every link leads somewhere, nothing is loaded from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.docs.pages import relative_links

EXTERNAL = re.compile(r"""(?:<(?:script|img|iframe)[^>]*\bsrc|<link[^>]*\bhref)=["']?(https?:)?//[^>]*>""")


@pytest.fixture(scope="session")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_the_site_builds_without_a_warning(root: Path, site: Path) -> None:
    """No dead link, no dead anchor, no page that the navigation forgets; every page is there."""
    docs = root / "docs"
    pages = [page.relative_to(docs) for page in docs.rglob("*.md") if not page.name.endswith(".zh.md")]
    folders = [page.parent if page.name == "index.md" else page.with_suffix("") for page in pages]
    assert [str(folder) for folder in folders if not (site / folder / "index.html").exists()] == []


def test_a_reader_loads_nothing_from_elsewhere(site: Path) -> None:
    """No fonts, scripts or pictures of third parties: the site works on a machine without internet."""
    found = {match[0] for page in site.rglob("*.html") for match in EXTERNAL.finditer(page.read_text())}
    assert found == set()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "AGENTS.md"])
def test_links_of_the_front_pages_lead_to_files(root: Path, page: str) -> None:
    """The pages outside the site are checked, too."""
    assert [link for link in relative_links((root / page).read_text()) if not (root / link).exists()] == []
