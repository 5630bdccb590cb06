"""Commits and refs against plain dictionaries: whatever happens in whatever order, both agree."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.github.git import (
    BlobConflictError,
    Identity,
    InvalidNameError,
    ObjectNotFoundError,
    PathConflictError,
    Repositories,
)

AUTHOR = Identity("Ada", "ada@openim.example", datetime(2026, 5, 1, tzinfo=UTC))
PATHS = st.sampled_from(
    ["a", "b", "d", "d/a", "d/e/f", "d/e", ".github/workflows/ci.yml", 'odd "name" \u00fc,\u20ac', "*"]
)
CONTENTS = st.binary(max_size=40)
BRANCHES = st.sampled_from(["main", "release/v1"])


class Files(RuleBasedStateMachine):
    """A repository and the dictionary that it should equal."""

    @initialize(files=st.dictionaries(st.sampled_from(["a", "d/a", "x y"]), CONTENTS, min_size=1))
    def seed(self, files: dict[str, bytes]) -> None:
        """A repository with its first commit."""
        self.folder = tempfile.TemporaryDirectory()
        self.repositories = Repositories(Path(self.folder.name))
        first = self.repositories.create("chat", "main", files)
        self.model = {"main": dict(files)}
        self.history = {"main": [str(first)]}

    def sha(self, branch: str, path: str) -> str | None:
        """The blob that a client would name as the one it replaces."""
        blob = self.repositories.read("chat", branch, path)
        return blob.sha if blob else None

    def commit(self, branch: str, path: str, content: bytes | None, expected: str | None) -> None:
        """Commit one file and remember it."""
        made = self.repositories.commit(
            "chat", branch, path, content, message="m", author=AUTHOR, committer=AUTHOR, expected_blob=expected
        )
        self.history[branch].append(made)

    @precondition(lambda self: len(self.model) == 1)
    @rule()
    def make_branch(self) -> None:
        """A second branch, from the first one's tip."""
        self.repositories.create_ref("chat", "refs/heads/release/v1", self.history["main"][-1])
        self.model["release/v1"] = dict(self.model["main"])
        self.history["release/v1"] = list(self.history["main"])

    @rule(branch=BRANCHES, path=PATHS, content=CONTENTS)
    def write(self, branch: str, path: str, content: bytes) -> None:
        """Write a file, unless a file or folder of the same name is in the way."""
        if branch not in self.model:
            return
        files = self.model[branch]
        collides = any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in files)
        try:
            self.commit(branch, path, content, self.sha(branch, path))
        except PathConflictError:
            assert collides
        else:
            assert not collides
            files[path] = content

    @rule(branch=BRANCHES, path=PATHS)
    def remove(self, branch: str, path: str) -> None:
        """Remove a file, if there is one."""
        if branch not in self.model:
            return
        try:
            self.commit(branch, path, None, self.sha(branch, path))
        except (ObjectNotFoundError, PathConflictError):
            assert path not in self.model[branch]
        else:
            del self.model[branch][path]

    @rule(branch=BRANCHES, path=PATHS, content=CONTENTS)
    def write_blindly(self, branch: str, path: str, content: bytes) -> None:
        """Somebody who does not know the file is there never overwrites it."""
        if path not in self.model.get(branch, {}):
            return
        for stale in (None, "0" * 40):
            with pytest.raises(BlobConflictError) as conflict:
                self.commit(branch, path, content, stale)
            assert conflict.value.actual == self.sha(branch, path)

    @invariant()
    def agrees(self) -> None:
        """Every branch has exactly the model's files, and its own history."""
        for branch, files in getattr(self, "model", {}).items():
            assert self.walk(branch) == files
            newest = self.repositories.commits("chat", branch, limit=1000)
            assert [commit.sha for commit in reversed(newest)] == self.history[branch]

    def walk(self, branch: str, folder: str = "") -> dict[str, bytes]:
        """All files, found through the listings."""
        found: dict[str, bytes] = {}
        for entry in self.repositories.listing("chat", branch, folder) or []:
            if entry.type == "tree":
                found |= self.walk(branch, entry.path)
            else:
                blob = self.repositories.read("chat", branch, entry.path)
                assert blob
                assert (blob.sha, len(blob.content)) == (entry.sha, entry.size)
                found[entry.path] = blob.content
        return found

    def teardown(self) -> None:
        """The repository is valid to the last object."""
        if hasattr(self, "folder"):
            self.repositories.git("chat").run("fsck", "--strict", "--full")
            self.folder.cleanup()


TestFiles = Files.TestCase
TestFiles.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=12), content=CONTENTS)
def test_any_path_is_kept_exactly_or_refused(repositories: Any, path: str, content: bytes) -> None:
    """No text makes a write land anywhere else, or fail in a way that callers do not know."""
    if not repositories.exists("chat"):
        repositories.create("chat", "main", {"README.md": b""})
    before = repositories.head("chat", "main")
    try:
        made = repositories.commit(
            "chat", "main", path, content, message="m", author=AUTHOR, committer=AUTHOR, expected_blob=None
        )
    except (InvalidNameError, PathConflictError, BlobConflictError):
        assert repositories.head("chat", "main") == before
    else:
        assert [change.path for change in repositories.changed_files("chat", before, made)] == [path]
        assert repositories.read("chat", "main", path).content == content


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=12))
def test_any_ref_name_is_kept_exactly_or_refused(repositories: Any, name: str) -> None:
    """A ref that was created is listed under its own name, and nothing else changes."""
    if not repositories.exists("chat"):
        repositories.create("chat", "main", {"README.md": b""})
    tip = repositories.head("chat", "main")
    ref = f"refs/heads/x/{name}"
    try:
        repositories.create_ref("chat", ref, tip)
    except InvalidNameError:
        assert list(repositories.branches("chat")) == ["main"]
    else:
        assert repositories.branches("chat") == {"main": tip, f"x/{name}": tip}
        repositories.delete_ref("chat", ref)
