"""What an update would do, and whether what runs has drifted: as text, as Markdown, as a comment, as an issue."""

import json
import os
import time
from pathlib import Path
from typing import Any

from cli.console import say
from cli.place import project_root
from delivery import comments, preview
from delivery.engine import Engine
from delivery.git import Clone
from delivery.github import from_environment
from delivery.place import repository
from delivery.stages import stages
from model.preview import Summary, comment, marker, plain, read, summarize

DRIFT = "<!-- openim-cicd drift: {} -->"


def diff(stack: str, source: str, save: str, number: int, *, markdown: bool) -> bool:
    """Show what an update of ``stack`` would do; whether the preview came to its end.

    Raises:
        Refused: there is no preview to show, or GitHub refused the comment.
    """
    data = _data(stack, source, save, refresh=False)
    ended = time.monotonic()
    summary = summarize(stack, read(data))
    if number:
        with from_environment() as github:
            where = repository(Clone(project_root()))
            address = comments.put_comment(github, where, number, marker(stack), comment(summary))
        say(f"{address}, {time.monotonic() - ended:.1f} s after the preview")
    elif not save:
        print(comment(summary) if markdown else plain(summary), end="")
    return not summary.errors


def drift(stack: str, source: str, save: str, *, issue: bool) -> bool:
    """Compare what ``stack`` declares with what exists; True where they agree. All stacks where ``stack`` is empty.

    Raises:
        Refused: a preview failed, or GitHub refused the issue.
    """
    names = (stack,) if stack else stages(Clone(project_root()))
    agreeing = [_drift(name, source, save, issue=issue) for name in names]
    return all(agreeing)


def _drift(stack: str, source: str, save: str, *, issue: bool) -> bool:
    summary = summarize(stack, read(_data(stack, source, save, refresh=True)))
    same = not summary.changes and not summary.errors
    if issue:
        _tell(stack, summary, same=same)
    elif not save:
        print(f"{stack}: what runs is what is declared" if same else plain(summary), end="\n" if same else "")
    return same


def _data(stack: str, source: str, save: str, *, refresh: bool) -> dict[str, Any]:
    if source:
        data = preview.load(Path(source), dict(os.environ))
    else:
        data = preview.run(Engine(project_root()), stack, refresh=refresh)
    if save:
        Path(save).write_text(json.dumps(data))
    return data


def _tell(stack: str, summary: Summary, *, same: bool) -> None:
    first = DRIFT.format(stack)
    with from_environment() as github:
        where = repository(Clone(project_root()))
        if same:
            address = comments.close_issue(github, where, first, "What runs is what is declared again.")
            say(f"{stack} has not drifted{f'; closed {address}' if address else ''}")
            return
        text = comment(summary).partition("\n")[2].replace("### Preview of", "### What an update would put right on", 1)
        body = f"{first}\nWhat runs is not what is declared.\n\n{text}"
        say(comments.put_issue(github, where, f"Drift on {stack}", first, body))
