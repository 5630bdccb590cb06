"""Merging without a working tree: merges, squashes and rebases as new objects. No ref moves here."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sandbox.github.git import identity
from sandbox.github.git.facts import Identity
from sandbox.github.git.plumbing import Git
from sandbox.github.git.reader import Reader

MOST_COMMITS = 1000
"""Commits of one rebase."""
SCRATCH = Identity("OpenIM CICD", "cicd@openim.example", datetime(2026, 1, 1, tzinfo=UTC))
"""Whose commits nobody sees."""


class Merger:
    """Makes commits in one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def tree(self, ours: str, theirs: str) -> str | None:
        """The tree of ``theirs`` merged into ``ours``; None for a conflict, or for unrelated histories."""
        merged = self._git.attempt("merge-tree", "--write-tree", "--name-only", ours, theirs)
        return None if merged.returncode else merged.stdout.decode().split("\n")[0]

    def commit(self, tree: str, parents: Sequence[str], message: str, author: Identity, committer: Identity) -> str:
        """A commit; its object id."""
        by = self._git.seeing(identity.variables("AUTHOR", author) | identity.variables("COMMITTER", committer))
        onto = [word for parent in parents for word in ("-p", parent)]
        return by.line("commit-tree", tree, *onto, data=identity.full_message(message))

    def rebase(self, base: str, head: str, committer: Identity) -> str | None:
        """The commits of ``head`` that ``base`` lacks, again on top of ``base``; None for a conflict.

        Merges are left out, and so are commits whose change is there already.
        """
        commits = Reader(self._git).introduced(head, base, MOST_COMMITS)
        tip = base
        for commit in reversed(commits):
            if len(commit.parents) > 1:
                continue
            tree = self._picked(tip, commit.sha, commit.parents)
            if tree is None:
                return None
            if tree != self._tree_of(tip):
                tip = self.commit(tree, [tip], commit.message, commit.author, committer)
        return tip

    def _picked(self, tip: str, commit: str, parents: Sequence[str]) -> str | None:
        # Merging from the commit's own parent applies just the commit; a child of that parent with the tip's files
        # makes git find that parent as the merge base.
        stand_in = self.commit(self._tree_of(tip), parents, "stand-in", SCRATCH, SCRATCH)
        return self.tree(stand_in, commit)

    def _tree_of(self, commit: str) -> str:
        return self._git.line("rev-parse", f"{commit}^{{tree}}")
