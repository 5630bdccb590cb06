"""One push: git's hooks ask, the rules answer, and what came of it is told once.

Git itself receives, verifies and stores the objects. While they are in quarantine its pre-receive hook asks here; a
push of which nothing may pass is refused there and its objects vanish. Otherwise the update hook refuses single refs.
Between the question and the update git compares each ref with its old value again, so a verdict cannot be outdated.
"""

import asyncio
import json
import logging
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from sandbox.github.git import names
from sandbox.github.git.errors import InvalidNameError
from sandbox.github.git.facts import Update
from sandbox.github.git.plumbing import Git
from sandbox.github.git.process import alongside, running
from sandbox.github.git.reader import Reader
from sandbox.github.git.writer import ZEROS

A = TypeVar("A")
CheckUpdate = Callable[[Update, A], list[str]]
Pushed = Callable[[str, list[Update], A], None]

ESCAPED = "surrogateescape"
"""How a ref name that is not UTF-8 travels through Python's text: hooks and reports carry bytes."""
QUESTION_LIMIT = 16 * 1024 * 1024
"""Bytes of the longest question: a line of about 150 bytes for each of 100,000 refs."""

log = logging.getLogger(__name__)


class Push(Generic[A]):
    """The server's half of one push."""

    def __init__(self, repository: str, git: Git, actor: A, check_update: CheckUpdate[A], pushed: Pushed[A]) -> None:
        self._repository, self._git, self._actor = repository, git, actor
        self._check_update, self._pushed = check_update, pushed
        self.refused: dict[str, list[str]] = {}
        """The reasons for each refused ref; complete once the pre-receive hook was answered."""

    @asynccontextmanager
    async def receiving(self, variables: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run git-receive-pack, answering its hooks."""
        ours, theirs = socket.socketpair()
        with ours, theirs, tempfile.TemporaryDirectory(dir=self._git.home.making) as scratch:
            verdict = Path(scratch, "refused")
            told = {"SANDBOX_PUSH": str(theirs.fileno()), "SANDBOX_REFUSED": str(verdict)}
            arguments = ("receive-pack", "--stateless-rpc")
            async with running(
                self._git, *arguments, variables={**variables, **told}, descriptors=[theirs.fileno()]
            ) as git:
                theirs.close()
                async with alongside(self._converse(ours, verdict)):
                    yield git

    async def _converse(self, ours: socket.socket, verdict: Path) -> None:
        reader, writer = await asyncio.open_connection(sock=ours, limit=QUESTION_LIMIT)
        try:
            while question := await reader.readline():
                answer = await asyncio.to_thread(self._answer, json.loads(question), verdict)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except Exception:
            log.exception("the hooks of a push to %s could not be answered", self._repository)
        finally:
            # A hook that waits for an answer now refuses.
            writer.close()

    def _answer(self, question: dict[str, Any], verdict: Path) -> dict[str, Any]:
        reader = Reader(self._git.seeing(question["objects"]))
        updates = [
            reader.update(self._repository, ref, None if old == ZEROS else old, None if new == ZEROS else new)
            for old, new, ref in question["updates"]
        ]
        return self._before(updates, verdict) if question["hook"] == "pre-receive" else self._after(updates)

    def _before(self, updates: list[Update], verdict: Path) -> dict[str, Any]:
        reasons = {update.ref: self._reasons(update) for update in updates}
        self.refused.update({ref: given for ref, given in reasons.items() if given})
        verdict.write_bytes("".join(f"{ref}\n" for ref in self.refused).encode(errors=ESCAPED))
        message = "".join(explanation(ref, given) for ref, given in self.refused.items())
        return {"accept": len(self.refused) < len(updates), "message": message}

    def _reasons(self, update: Update) -> list[str]:
        try:
            names.ref(update.ref)
            return self._check_update(update, self._actor)
        except InvalidNameError as error:
            return [str(error)]
        except Exception:
            # A rule that cannot be evaluated must not let anything through.
            log.exception("checking %s of %s failed", update.ref, self._repository)
            return ["The rules could not be evaluated."]

    def _after(self, updates: list[Update]) -> dict[str, Any]:
        try:
            self._pushed(self._repository, updates, self._actor)
        except Exception:
            # The refs have moved; the client must hear that, whatever became of the event.
            log.exception("announcing the push to %s failed", self._repository)
        return {"accept": True, "message": ""}


def explanation(ref: str, reasons: list[str]) -> str:
    """What the git client shows after ``remote:``, in GitHub's form."""
    listed = "".join(f"- {reason}\n" for reason in reasons)
    return f"error: GH013: Repository rule violations found for {ref}.\n\n{listed}\n"
