"""How the clone stands to the remote: what was decided elsewhere meanwhile, and what of ours is not there yet.

Deploying, rolling back and looking work without the remote. Entries then stay in the clone, and the command says that
publishing them is owed; the next command that reaches the remote publishes them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from delivery.errors import Refused
from delivery.git import Clone, GitError, ReadTree
from delivery.ledger import BRANCH, Ledger, ledger_file, parse_lines, publish
from delivery.stages import changed
from model.ledger import Entry
from model.settings import stack_file

Report = Callable[[str], None]
RECORDS = (":!ledger", ":!approvals")
"""Files that do not change what a stage runs."""


@dataclass
class Standing:
    """One stage's clone and its remote."""

    clone: Clone
    stage: str
    report: Report = field(repr=False)
    remote: str | None = None
    """The remote's commit; None where it does not answer."""
    anchor: Callable[[Sequence[Entry]], object] | None = field(default=None, repr=False)
    """Told what the remote's ledger holds after each publication."""

    @property
    def ledger(self) -> Ledger:
        """The stage's ledger in the clone."""
        return Ledger(self.clone.root, self.stage)

    def refresh(self) -> None:
        """Bring ledgers and approvals of the clone up to date, and publish what only the clone knows."""
        try:
            self.remote = self.clone.fetch(BRANCH)
            if self._is_owed():
                self._anchor(publish(self.clone, self.stage, f"Record what happened on {self.stage}"))
                self.remote = self.clone.fetch(BRANCH)
            self._take("ledger")
            self._take("approvals")
        except GitError as error:
            self.remote = None
            self.report(f"the remote does not answer, going on with what the clone knows ({_first_line(error)})")

    def publish(self, message: str, also: Callable[[ReadTree], Mapping[str, str]] | None = None) -> bool:
        """Publish the clone's entries, with ``also``; False where the remote does not take them now."""
        try:
            commit = publish(self.clone, self.stage, message, also)
        except GitError as error:
            self.report(f"not published yet ({_first_line(error)}); the next command that reaches the remote does it")
            return False
        self._anchor(commit)
        return True

    def anchor_published(self) -> None:
        """Keep the head of what the remote holds outside of git; where that fails, the next publication does it."""
        self._anchor(self.clone.fetch(BRANCH))

    def _anchor(self, commit: str) -> None:
        """Keep the published ledger's head outside of git; where that fails, the next publication does it."""
        if self.anchor is None:
            return
        entries = parse_lines(self.stage, self.clone.file_at(commit, ledger_file(self.stage)) or "")
        try:
            if entries:
                self.anchor(entries)
        except Refused as error:
            self.report(f"the ledger's head is not anchored: {_first_line(error)}")

    def rejoin(self) -> None:
        """Put the clone's branch on the remote's, once everything that its own commits hold is published."""
        with suppress(GitError):
            remote = self.clone.fetch(BRANCH)
            mine = self.clone.git("diff", "--name-only", f"{remote}...HEAD").split()
            ours = {stack_file(self.stage), ledger_file(self.stage)}
            same = all(self._text(path) == self.clone.file_at(remote, path) for path in mine)
            if mine and set(mine) <= ours and same:
                self.clone.git("reset", "--quiet", remote)
                self.clone.git("checkout", "--quiet", "--", *mine)

    def _text(self, path: str) -> str | None:
        file = self.clone.root / path
        return file.read_text(encoding="utf-8") if file.exists() else None

    @property
    def overtaken(self) -> bool:
        """Whether the remote's main has gone on from the clone's commit with another stack file for this stage."""
        head = self.clone.head()
        if self.remote in {None, head} or not self.clone.contains(str(self.remote), head):
            return False
        file = stack_file(self.stage)
        return self.clone.file_at(str(self.remote), file) != self.clone.file_at(head, file)

    def same_as(self, commit: str) -> bool:
        """Whether the checkout would bring the stage up as ``commit`` does; edits that nobody committed count."""
        try:
            self.clone.git("diff", "--quiet", "HEAD", "--", ".", *RECORDS)
        except GitError:
            return False
        return self.stage not in changed(self.clone, commit)

    def _is_owed(self) -> bool:
        theirs = parse_lines(self.stage, self.clone.file_at(str(self.remote), ledger_file(self.stage)) or "")
        return any(one not in theirs for one in self.ledger.entries())

    def _take(self, folder: str) -> None:
        if self.clone.git("ls-tree", str(self.remote), folder):
            self.clone.git("checkout", "--quiet", str(self.remote), "--", folder)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
