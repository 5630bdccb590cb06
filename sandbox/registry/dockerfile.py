"""What a Dockerfile says of its image, without running any of it: its labels, and whether it could be built at all.

Source: Docker's "Dockerfile reference". Not in it: what RUN would do; heredocs.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

INSTRUCTIONS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"),
    *("ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}
VARIABLE = re.compile(r"\\\$|\$(?:\{(?P<braced>\w+)(?::(?P<sign>[-+])(?P<word>[^}]*))?\}|(?P<plain>\w+))")


class DockerfileError(ValueError):
    """A Dockerfile that cannot be built; the text names the line."""


@dataclass
class Facts:
    """What is known once it is read."""

    labels: dict[str, str] = field(default_factory=dict)
    """The last stage's."""


def read(text: str, arguments: Mapping[str, str], context: Path) -> Facts:
    """Read a Dockerfile with its build arguments; what it copies must be in ``context``.

    Raises:
        DockerfileError: it does not parse, or names what is not there.
    """
    facts: Facts | None = None
    values: dict[str, str] = {}
    stages: list[str] = []
    for line, name, rest in instructions(text):
        _check(line, name, rest, begun=facts is not None)
        if name == "FROM":
            facts = Facts()
            stages += re.findall(r"(?i)\bAS\s+(\S+)", rest)
        elif name == "ARG":
            values |= _argument(rest, arguments, values)
        elif name == "ENV":
            values |= _pairs(line, rest, values)
        elif name == "LABEL" and facts:
            facts.labels |= _pairs(line, rest, values)
        elif name in ("COPY", "ADD"):
            _check_sources(line, filled(rest, values), stages, context)
    if facts is None:
        raise DockerfileError("dockerfile parse error: file with no instructions")
    return facts


def _check(line: int, name: str, rest: str, *, begun: bool) -> None:
    reason = ""
    if name not in INSTRUCTIONS:
        reason = f"unknown instruction: {name}"
    elif not begun and name not in ("FROM", "ARG"):
        reason = "no build stage in current context"
    elif not rest:
        reason = f"{name} requires at least one argument"
    if reason:
        raise DockerfileError(f"dockerfile parse error on line {line}: {reason}")


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name in capitals, and the rest of each instruction; continued lines are joined, comments dropped."""
    whole, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or (whole and not line.strip()):
            continue
        start = start or number
        if line.rstrip().endswith("\\"):
            whole += line.rstrip()[:-1] + " "
            continue
        if (whole := (whole + line).strip()) != "":
            name, _, rest = whole.partition(" ")
            yield start, name.upper(), rest.strip()
        whole, start = "", 0
    if whole:
        raise DockerfileError(f"dockerfile parse error on line {start}: the instruction does not end")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables' values."""

    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        if name is None:
            return "$"
        known = values.get(name, "")
        if found["sign"] == "+":
            return (found["word"] or "") if known else ""
        return known or (found["word"] or "")

    return VARIABLE.sub(value, text)


def _argument(rest: str, arguments: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    name, _, default = rest.partition("=")
    return {name: arguments.get(name, filled(" ".join(shlex.split(default)), values) or values.get(name, ""))}


def _pairs(line: int, rest: str, values: Mapping[str, str]) -> dict[str, str]:
    try:
        words = shlex.split(filled(rest, values))
    except ValueError as error:
        raise DockerfileError(f"dockerfile parse error on line {line}: {error}") from None
    if words and "=" not in words[0]:  # the old way to write it: a name, a space, and the rest
        return {words[0]: " ".join(words[1:])}
    if bad := [word for word in words if "=" not in word]:
        raise DockerfileError(f"dockerfile parse error on line {line}: {bad[0]!r} must be of the form name=value")
    return dict(word.split("=", 1) for word in words)


def _check_sources(line: int, rest: str, stages: list[str], context: Path) -> None:
    words = json.loads(rest) if rest.startswith("[") else rest.split()
    flags = [word for word in words if word.startswith("--")]
    sources = [word for word in words if not word.startswith("--")][:-1]
    if stage := next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), ""):
        if stage not in stages and not stage.isdecimal() and "/" not in stage and ":" not in stage:
            raise DockerfileError(f"dockerfile parse error on line {line}: there is no stage {stage!r}")
        return
    for source in sources:
        if "://" not in source and not any(context.glob(source.lstrip("/") or ".")):
            raise DockerfileError(f"line {line}: failed to compute cache key: {source!r}: not found")
