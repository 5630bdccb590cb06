"""CODEOWNERS files, as GitHub reads them."""

import pytest

from sandbox.github.codeowners import matches, owners, parse


def test_the_last_fitting_pattern_counts():
    """A later line overrides an earlier one, also with nobody; comments and empty lines say nothing."""
    lines = parse("# all\n* @a @org/team\n\n/docs/ writer@example.org # prose\n/docs/generated/\nwith\\ space @b\n")
    assert owners(lines, "main.go") == ("@a", "@org/team")
    assert owners(lines, "docs/a.md") == ("writer@example.org",)
    assert owners(lines, "docs/generated/a.md") == ()
    assert owners(lines, "x/with space") == ("@b",)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "deep/down/file", True),
        ("*.go", "a/b.go", True),
        ("*.go", "a/b.go.txt", False),
        ("/build/", "build/logs/x", True),
        ("/build/", "src/build/x", False),
        ("build/", "src/build/x", True),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/deep/a.md", False),
        ("docs/*", "src/docs/a.md", False),
        ("/docs", "docs/deep/a.md", True),
        ("apps/**/main.go", "apps/main.go", True),
        ("apps/**/main.go", "apps/a/b/main.go", True),
        ("**/logs", "a/b/logs/x", True),
        ("/scripts/**", "scripts/a/b", True),
        ("file?.txt", "file1.txt", True),
        ("a.b", "axb", False),
    ],
)
def test_patterns(pattern, path, fits):
    """The examples of GitHub's documentation, and what they leave open as gitignore has it."""
    assert matches(pattern, path) is fits
