"""Previews as the engine wrote them for this project's own stages, cut to a few resources."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.preview import Summary, read, summarize

DATA = Path(__file__).parent / "data"

Step = dict[str, Any]


@pytest.fixture
def recorded() -> Callable[[str], dict[str, Any]]:
    """``recorded("images")``: the engine's JSON of that preview."""
    return lambda name: json.loads((DATA / f"{name}.json").read_text())


@pytest.fixture
def summary(recorded: Callable[[str], dict[str, Any]]) -> Callable[[str], Summary]:
    """``summary("images")``: its facts."""
    return lambda name: summarize("staging", read(recorded(name)))


def step(kind: str, op: str = "update", old: Any = None, new: Any = None, **keys: Any) -> Step:
    """One step in the engine's form."""
    made: Step = {"op": op, "urn": f"urn:pulumi:prod::openim-cicd::{kind}::thing", **keys}
    if old is not None:
        made["oldState"] = {"inputs": old}
    if new is not None:
        made["newState"] = {"inputs": new}
    return made


def facts(*steps: Step) -> Summary:
    """What is made of these steps."""
    return summarize("prod", read({"steps": list(steps)}))
