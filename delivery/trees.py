"""Git's ids of what a deployment is made of (``model.fingerprint.tree_of``): in a checkout as it lies, or in a commit.

A checkout counts as its files are, committed or not, ignored or not, whatever filters and flags git was given for them.
Its id is that of the commit that would hold exactly these files. Python's ``__pycache__`` is left out, where Python
made it: one that was committed would run in the place of its source, and is refused.
"""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from delivery.errors import Refused
from delivery.git import Clone
from model.fingerprint import Parts, Trees, counts_uncommitted, tree_of
from model.moved import Files, moved

CACHE = "__pycache__"
FILE, PROGRAM, LINK, SUBMODULE, FOLDER = "100644", "100755", "120000", "160000", "040000"
"""Modes of git's tree entries."""
WHY = {LINK: "a symbolic link", SUBMODULE: "a submodule"}
COMPILED = "compiled code"
Row = tuple[str, str, str]
"""Mode, id and path of a tree's entry."""


def of_commit(clone: Clone, commit: str) -> Trees:
    """The trees of ``commit``.

    Raises:
        Refused: a symbolic link, a submodule or compiled code is among them.
    """
    return _grouped(_rows(clone.git("ls-tree", "-r", "-t", "-z", "--full-tree", commit)))


def of_checkout(clone: Clone) -> Trees:
    """The trees of the files in the working tree.

    Raises:
        Refused: a symbolic link, a submodule, committed compiled code or something else that is no plain file is among
            them; this is no git checkout.
    """
    committed = clone.committed()
    _refuse_compiled(committed)
    found = [one for path in _counted(clone.root, committed) for one in _files(clone.root, path)]
    hashed = clone.git("hash-object", "--no-filters", "--stdin-paths", text="".join(f"{path}\n" for _, path in found))
    rows = [f"{mode} {identity}\t{path}\0" for (mode, path), identity in zip(found, hashed.split(), strict=True)]
    with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
        index = Path(folder) / "index"
        clone.git("update-index", "-z", "--index-info", text="".join(rows), index=index)
        # Only names and ids are compared: the files themselves need not be in git's store.
        tree = clone.git("write-tree", "--missing-ok", index=index)
    return _grouped(_rows(clone.git("ls-tree", "-r", "-t", "-z", "--full-tree", tree)))


def difference(clone: Clone, old: Parts, new: Parts) -> tuple[str, ...]:
    """What moved from ``old`` to ``new``, with the names of files where git knows both trees."""
    return moved(old, new, _changed(clone, old.trees, new.trees))


def _changed(clone: Clone, old: Trees, new: Trees) -> Files:
    pairs = {(ids[path], new[name][path]) for name, ids in old.items() for path in ids if path in new.get(name, {})}
    found = {}
    for one, other in sorted(pairs):
        if one != other and clone.is_tree(one) and clone.is_tree(other):
            names = clone.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other)
            found[one, other] = tuple(filter(None, names.split("\0")))
    return found


def _rows(listing: str) -> list[Row]:
    """Each line of ``git ls-tree -z``."""
    heads = [row.partition("\t") for row in listing.split("\0") if row]
    return [(head.split()[0], head.split()[2], path) for head, _, path in heads]


def _grouped(rows: list[Row]) -> Trees:
    found: dict[str, dict[str, str]] = {}
    _refuse_compiled([path for mode, _, path in rows if mode != FOLDER])
    for mode, identity, path in rows:
        top, _, below = path.partition("/")
        name = tree_of(top)
        _refuse(path, WHY.get(mode, "") if name else "")
        if name and not below:
            found.setdefault(name, {})[path] = identity
    return found


def _counted(root: Path, committed: list[str]) -> list[str]:
    """What counts of a checkout's root, by name."""
    known = {path.partition("/")[0] for path in committed}
    return sorted(
        name
        for name in set(os.listdir(root)) - {CACHE}
        if tree_of(name) and (name in known or counts_uncommitted(name, folder=(root / name).is_dir()))
    )


def _refuse_compiled(paths: list[str]) -> None:
    for path in paths:
        _refuse(path, COMPILED if CACHE in path.split("/") and tree_of(path.partition("/")[0]) else "")


def _files(root: Path, path: str) -> Iterator[tuple[str, str]]:
    """``(mode, path)`` of every file below ``path``, in order."""
    mode = (root / path).lstat().st_mode
    if stat.S_ISDIR(mode):
        names = sorted(os.listdir(root / path))
        _refuse(path, "a submodule" if ".git" in names else "")
        for name in names:
            yield from _files(root, f"{path}/{name}") if name != CACHE else ()
    else:
        _refuse(path, "a symbolic link" if stat.S_ISLNK(mode) else "" if stat.S_ISREG(mode) else "no regular file")
        _refuse(path, "" if path.isprintable() else "named with characters that do not print")
        yield PROGRAM if mode & stat.S_IXUSR else FILE, path


def _refuse(path: str, what: str) -> None:
    if what:
        raise Refused(
            f"{path!r} is {what}, by which nobody sees what he approves: "
            "put plain files there, or take it out of the repository"
        )
