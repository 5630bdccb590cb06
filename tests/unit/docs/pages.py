"""What the documentation's pages say: their commands, headings and links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^( *)```+ *(\w*)[^\n]*\n(.*?)^\1```", re.M | re.S)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PROGRAMS = ("openim-cicd", "make")
GENERATED = ("commands.md", "settings.md", "components.md")


@dataclass(frozen=True)
class Command:
    """One command as a page shows it."""

    page: str
    words: tuple[str, ...]
    whole: bool
    """To be typed as it stands; within a sentence a command may be named without its arguments."""

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def written_pages(root: Path) -> list[Path]:
    """Pages that somebody wrote, the README first; generated ones are left out."""
    pages = sorted(page for page in (root / "docs").rglob("*.md") if page.name not in GENERATED)
    return [root / "README.md", *pages]


def commands(root: Path, page: Path) -> Iterator[Command]:
    """Every command of ours that ``page`` shows, in blocks and within sentences."""
    text = page.read_text()
    blocks = "\n".join(match[3] for match in FENCE.finditer(text)).replace("\\\n", " ").splitlines()
    for lines, whole in ((blocks, True), (INLINE.findall(FENCE.sub("", text)), False)):
        for line in lines:
            yield from (Command(str(page.relative_to(root)), words, whole) for words in _commands(line))


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of one shell line, also those behind `&&`, `|` and inside `$(...)`."""
    for part in re.split(r"&&|\|\|?|;|\$\(|\)", line):
        words = _words(part)
        while words and (words[0] in ("$", "eval", '"', "!", "if", "then") or re.fullmatch(r"[A-Z_]+=.*", words[0])):
            words = words[1:]
        if words and Path(words[0]).name in PROGRAMS:
            yield (Path(words[0]).name, *words[1:])


def _words(part: str) -> list[str]:
    """As a shell splits it; a quotation mark that is closed elsewhere is left out."""
    try:
        return shlex.split(part, comments=True)
    except ValueError:
        return shlex.split(part.replace('"', "").replace("'", ""), comments=True)


def wrong_usage(command: Any, words: tuple[str, ...], whole: bool = True) -> str:
    """Why ``words`` are no call of the command line ``command``, or nothing."""
    rest = list(words[1:])
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"there is no command {rest[0]!r}"
        command = command.commands[rest.pop(0)]
    named = [p for p in command.params if p.param_type_name == "argument"]
    options = {name: p for p in command.params if p not in named for name in (*p.opts, *p.secondary_opts)}
    most = 99 if any(p.nargs == -1 for p in named) else len(named)
    return _wrong_rest(rest, options, sum(p.required for p in named) if whole else 0, most)


def _wrong_rest(rest: list[str], options: dict[str, Any], least: int, most: int) -> str:
    words, given = iter(rest), 0
    for word in words:
        name = word.partition("=")[0]
        if not word.startswith("-"):
            given += 1
        elif name not in options and name not in ("--help", "--install-completion", "--show-completion"):
            return f"there is no option {name}"
        elif name in options and not options[name].is_flag and "=" not in word:
            next(words, None)
    if given < least and "--help" not in rest:
        return "an argument is missing"
    return "too many arguments" if given > most else ""


def headings(text: str) -> list[int]:
    """The level of every heading, in order."""
    return [len(match[1]) for match in re.finditer(r"^(#+) ", FENCE.sub("", text), re.M)]


def shell_blocks(text: str) -> list[str]:
    """What a reader pastes, without comments and output."""
    return [_without_comments(match[3]) for match in FENCE.finditer(text) if match[2] in ("console", "bash", "sh")]


def _without_comments(block: str) -> str:
    return "\n".join(re.sub(r"\s+#.*$", "", line).rstrip() for line in block.splitlines() if not line.startswith("#"))


def relative_links(text: str) -> list[str]:
    """Links and pictures that lead to files, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text))
    return [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
