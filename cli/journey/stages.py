"""What the stages' ledgers in the infrastructure repository say, read as anybody with a clone would."""

from dataclasses import dataclass

from cli.journey.waiting import until
from delivery.git import Clone
from delivery.ledger import BRANCH, ledger_file, parse_lines
from delivery.stack_file import release_of
from model.ledger import Entry, Kind
from model.settings import stack_file

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

    def of_commit(self, stage: str, repository: str, commit: str, kinds: tuple[Kind, ...], seconds: float) -> Entry:
        """The first entry of one of ``kinds`` about the release that is built from ``commit``.

        Raises:
            Refused: none came in time.
        """

        def look() -> Entry | None:
            text = self.clone.file_at(self.clone.fetch(BRANCH), stack_file(stage)) or ""
            release = release_of(stage, text)
            source = release.sources.get(repository)
            if source is None or source.commit != commit:
                return None
            return next((one for one in self.entries(stage) if one.release == release.id and one.kind in kinds), None)

        return until(f"{' or '.join(kinds)} of {commit[:7]} on {stage}", look, seconds, WHERE)
