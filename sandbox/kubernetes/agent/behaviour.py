"""What a program does, as its image's labels say; with no labels it runs for ever and listens nowhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIX = "openim-cicd.sandbox/"
BEHAVIOUR, PORTS, EXIT = f"{PREFIX}behaviour", f"{PREFIX}ports", f"{PREFIX}exit"
PROTOCOLS = ("http", "grpc", "tcp")

_WORDS = "crash, crash-after=<s>, unready, unhealthy, slow-start=<s>"


@dataclass(frozen=True)
class Behaviour:
    """A program's life; seconds are a pod's (see clock)."""

    ports: Mapping[int, str] = field(default_factory=dict)
    """Where it listens, and the protocol: http, grpc or tcp."""
    listens_after: float = 0.0
    ends_after: float | None = None
    """None: it runs until it is stopped."""
    exit_code: int = 0
    ready: bool = True
    """Whether readiness probes are ever answered well."""
    healthy: bool = True
    """Whether liveness probes are."""


def behaviour_of(labels: Mapping[str, str], cluster: str = "") -> Behaviour:
    """Read an image's labels; one for ``cluster`` alone stands in for the general one there.

    Raises:
        ValueError: a label that cannot be read, with what would be right.
    """
    name = next((one for one in (f"{BEHAVIOUR}-{cluster}", BEHAVIOUR) if one in labels), BEHAVIOUR)
    words = dict(_word(each, name) for each in labels.get(name, "").split(",") if each.strip())
    ends_after, exit_code = _end(words, labels.get(EXIT))
    return Behaviour(
        ports=dict(_port(each) for each in labels.get(PORTS, "").split(",") if each.strip()),
        listens_after=words.get("slow-start") or 0.0,
        ends_after=ends_after,
        exit_code=exit_code,
        ready="unready" not in words,
        healthy="unhealthy" not in words,
    )


def _end(words: Mapping[str, float | None], exit_label: str | None) -> tuple[float | None, int]:
    if "crash" in words:
        return 0.0, 1
    if "crash-after" in words:
        return words["crash-after"], 1
    if exit_label is None:
        return None, 0
    if not exit_label.isdecimal():
        raise ValueError(f"label {EXIT} is {exit_label!r}; it must be an exit code, e.g. 0")
    return 0.0, int(exit_label)


def _word(text: str, label: str) -> tuple[str, float | None]:
    found = re.fullmatch(r"(?:(crash|unready|unhealthy)|(crash-after|slow-start)=(\d+(?:\.\d+)?))", text.strip())
    if not found:
        raise ValueError(f"label {label} has {text.strip()!r}; known: {_WORDS}")
    bare, timed, seconds = found.groups()
    return (bare, None) if bare else (timed, float(seconds))


def _port(text: str) -> tuple[int, str]:
    number, _, protocol = text.strip().partition("/")
    if not number.isdecimal() or protocol not in PROTOCOLS:
        raise ValueError(f"label {PORTS} has {text.strip()!r}; it must read <port>/<{'|'.join(PROTOCOLS)}>")
    return int(number), protocol
