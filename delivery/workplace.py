"""Where an operation works: a clone with its remote and its anchor, an engine, and somebody who listens."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.anchors import anchors
from delivery.engine import Again, Engine
from delivery.engine_words import Outcome
from delivery.errors import Refused, Unanswered
from delivery.git import Clone
from delivery.ledger import Ledger
from delivery.standing import Standing
from delivery.update import HeldPlan, Watch
from model.evidence import Part
from model.ledger import Entry
from model.problems import SettingsError


@dataclass
class Journal:
    """Tells what happens, and how long each phase took."""

    say: Callable[[str], None]
    progress: Callable[[str, int, str], None] = field(default=lambda *_: None)
    """Told a phase, a count and the last thing done."""
    phases: list[tuple[str, float]] = field(default_factory=list)

    def phase(self, name: str, since: float) -> None:
        """A phase has ended."""
        self.phases.append((name, time.monotonic() - since))

    def part(self, part: Part) -> None:
        """A part of the evidence is there."""
        self.say(f"{part.name}: {part.verdict} after {part.seconds:.1f}s")
        for reason in part.reasons:
            self.say(f"  {reason}")


@dataclass(frozen=True)
class Workplace:
    """Where an operation works: a clone, an environment, somebody who listens."""

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    journal: Journal
    logs: Path
    """Folder of the engine's logs."""
    program: Path | None = None
    """Where the program is brought up from; default the clone."""

    @property
    def engine(self) -> Engine:
        """The engine, where the program is brought up from."""
        return Engine(self.program or self.root, self.environment)

    @property
    def clone(self) -> Clone:
        """The clone."""
        return Clone(self.root)

    def read(self, file: str) -> str:
        """A file of the clone, as it lies."""
        return (self.root / file).read_text("utf-8")

    def outputs(self, name: str) -> Mapping[str, Any]:
        """What the stack ``name`` has put out; nothing where there is no such stack.

        Raises:
            Unanswered: its backend does not answer.
        """
        try:
            return self.engine.outputs(name)
        except Refused as error:
            if "no stack named" in str(error):
                return {}
            raise Unanswered(str(error)) from None

    def standing(self, stage: str) -> Standing:
        """How the clone stands to its remote."""
        return Standing(self.clone, stage, self.journal.say, anchor=lambda entries: self._anchor(stage, entries))

    def hold_to_anchor(self, stage: str) -> None:
        """Nothing, where the clone's ledger goes on from the head that the registry keeps.

        Raises:
            NotHeld: it does not.
            Refused: the registry does not answer.
        """
        kept = anchors(self.program or self.root, stage, self.environment)
        if kept:
            kept.hold(Ledger(self.root, stage).entries())

    def _anchor(self, stage: str, entries: Sequence[Entry]) -> None:
        try:
            kept = anchors(self.program or self.root, stage, self.environment)
        except SettingsError:
            # What is published stands; whoever breaks the glass on a laptop need not have the registry's account.
            raise Refused("the registry of its settings cannot be used from here (openim-cicd doctor)") from None
        if kept:
            kept.put(entries)

    def update(
        self, name: str, watch: Watch = lambda: None, again: Again = lambda: None, plan: HeldPlan | None = None
    ) -> Outcome:
        """Run the engine on the stack ``name``; ``again`` is called before what waited for a lock is tried again."""
        began = time.monotonic()
        try:
            return self.engine.up(
                name,
                self.logs / f"up-{name}.log",
                lambda n, last: self.journal.progress("update", n, last),
                self.journal.say,
                watch=watch,
                again=again,
                plan=plan,
            )
        finally:
            self.journal.phase("update", began)
