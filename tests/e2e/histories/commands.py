"""Commands as the people of a history type them: to their end, without a neighbour, killed, or taken down by a job."""

import random
import time
from dataclasses import dataclass

from delivery.ledger import Ledger
from model.ledger import Entry
from tests.e2e.histories.desk import OPERATOR, Desk
from tests.histories.play import ERRORED, FAILED, WORKED

LONGEST = 25.0
"""Seconds after which a command is killed at the latest."""


@dataclass
class Commands:
    """What is typed at one desk; each leaves a line in the diary."""

    desk: Desk
    chance: random.Random

    def type(self, who: str, *command: str) -> bool:
        """Whether a command ended well."""
        began = time.monotonic()
        done = self.desk.type(who, *command)
        seconds = time.monotonic() - began
        self.desk.say(f"{who} $ {' '.join(command)}: {done.code} in {seconds:.1f} s: {_last_line(done.text)}")
        return done.code == 0

    def let_go(self, stage: str, outcome: int, verb: str) -> None:
        """The operator's command; with some outcomes it has no cluster or no GitHub, or is killed on its way."""
        self.desk.refresh()
        command = ("openim-cicd", verb, stage)
        if outcome == WORKED:
            self.type(OPERATOR, *command)
        elif outcome == FAILED:
            with self.desk.without_cluster(stage):
                self.type(OPERATOR, *command)
        elif outcome == ERRORED:
            with self.desk.without_github():
                self.type(OPERATOR, *command)
            self._publish(stage, verb)
        else:
            self._killed(*command)

    def told(self, stage: str, who: str, *command: str) -> tuple[Entry, ...]:
        """What a workflow has recorded of somebody's words."""
        self.desk.refresh()
        mark, before = len(self.desk.entries(stage)), max(self.desk.recordings(), default=0)
        if self.type(who, *command):
            self.desk.wait_for_record(before)
        return tuple(self.desk.entries(stage)[mark:])

    def _publish(self, stage: str, verb: str) -> None:
        """What was done without GitHub: the same command once more, to the release that it had reached."""
        newest = Ledger(self.desk.clone.root, stage).entries()[-1]
        self.type(OPERATOR, "openim-cicd", verb, stage, *([newest.release] if verb == "rollback" else []))

    def _killed(self, *command: str) -> None:
        after = self.chance.uniform(2, LONGEST)
        killed = self.desk.killed(OPERATOR, *command, after=after)
        self.desk.say(f"{OPERATOR} $ {' '.join(command)}: {f'killed after {after:.1f} s' if killed else 'ended'}")


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
