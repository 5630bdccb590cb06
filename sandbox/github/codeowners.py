"""CODEOWNERS: who answers for which files. The last pattern that fits a path counts (GitHub, "About code owners")."""

import re
from dataclasses import dataclass

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may be; the first that exists counts."""
COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
WORDS = re.compile(r"(?:\\\s|\S)+")


@dataclass(frozen=True)
class Line:
    """A pattern and its owners: ``@login``, ``@organization/team`` or an e-mail address; none frees a path."""

    pattern: str
    owners: tuple[str, ...]


def parse(text: str) -> list[Line]:
    """The lines that say something."""
    found = [WORDS.findall(COMMENT.sub("", line)) for line in text.splitlines()]
    return [Line(words[0], tuple(words[1:])) for words in found if words]


def owners(lines: list[Line], path: str) -> tuple[str, ...]:
    """Who owns ``path``; nobody if no pattern fits."""
    fitting = [line for line in lines if matches(line.pattern, path)]
    return fitting[-1].owners if fitting else ()


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern, in gitignore's manner but without ``!`` and ``[ ]``, fits a file's path."""
    plain = pattern.replace("\\ ", " ")
    stripped = plain.strip("/")
    anchored = "/" in plain.rstrip("/")
    start = "" if anchored else "(?:.*/)?"
    return re.fullmatch(start + _expression(stripped) + _end(plain), path) is not None


def _end(pattern: str) -> str:
    if pattern.endswith("/"):
        return "/.*"
    # Unlike with gitignore, docs/* means the files right in docs and not those below.
    return "" if pattern.endswith("/*") else "(?:/.*)?"


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", pattern)
    meanings = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(meanings.get(part) or re.escape(part) for part in parts)
