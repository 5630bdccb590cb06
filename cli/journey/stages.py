"""What the stages' ledgers in the infrastructure repository say, read as anybody with a clone would."""

from dataclasses import dataclass

from cli.journey.waiting import until
from delivery.git import Clone
from delivery.ledger import BRANCH, ledger_file, parse_lines
from model.ledger import Entry, Kind

WHERE = "the runs of the infrastructure repository; `openim-cicd sandbox status` names the runner's log"


@dataclass(frozen=True)
class Ledgers:
    """The ledgers as the remote holds them, fetched anew at each look."""

    clone: Clone

    def entries(self, stage: str) -> tuple[Entry, ...]:
        """All entries of ``stage``, oldest first."""
        return parse_lines(stage, self.clone.file_at(self.clone.fetch(BRANCH), ledger_file(stage)) or "")

    def mark(self, stage: str) -> int:
        """The number of the newest entry; what comes later is news."""
        return len(self.entries(stage))

    def after(self, stage: str, mark: int, kinds: tuple[Kind, ...], seconds: float) -> Entry:
        """The first entry of one of ``kinds`` after the one numbered ``mark``.

        Raises:
            Refused: none came in time.
        """

        def look() -> Entry | None:
            return next((one for one in self.entries(stage) if one.seq > mark and one.kind in kinds), None)

        return until(f"{' or '.join(kinds)} on {stage}", look, seconds, WHERE)
