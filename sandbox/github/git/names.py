"""Which names are accepted: repositories, refs, paths. Everything from outside passes here before it meets git.

Sources: git-check-ref-format(1); GitHub's "Creating a new repository" and "Dealing with special characters in branch
and tag names". Beyond git's own rules this refuses what GitHub refuses: refs that look like object ids or options, and
paths that a checkout on some system would take for ``.git``.
"""

import re

from sandbox.github.git.errors import InvalidNameError

_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OWNER = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}")
_RESERVED = re.compile(r"\.{1,2}|.*\.(git|wiki)", re.IGNORECASE)
_BAD_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.(lock)?(/|$)|/$|^refs/[^/]+/-")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_ABBREVIATED = re.compile(r"[0-9a-f]{4,40}")
_BAD_IN_PATH = re.compile(r"[\x00-\x1f\x7f\\]")
_BAD_COMPONENTS = frozenset({"", ".", "..", ".git", "git~1"})

ACCOUNTS = "accounts"
"""The folder of the repositories that are not the organisation's."""
REF_LIMIT = 244
"""Bytes of the longest ref name; a loose ref is a file, and its lock has a longer name."""
PATH_LIMIT = 4096
"""Bytes of the longest path."""


def folder(repository: str) -> str:
    """The folder of a repository, ``name`` or ``owner/name``; names that differ in case only share one.

    Raises:
        InvalidNameError: GitHub would not have such a repository.
    """
    if not is_repository(repository):
        raise InvalidNameError(
            f"repository name {repository!r}: letters, digits, '.', '-' and '_', at most 100, no .git"
        )
    return f"{ACCOUNTS}/{repository.lower()}.git" if "/" in repository else f"{repository.lower()}.git"


def is_repository(repository: str) -> bool:
    """Whether a repository could have this name, with or without an owner's before it."""
    owner, slash, name = repository.rpartition("/")
    owned = not slash or bool(_OWNER.fullmatch(owner))
    return owned and bool(_REPOSITORY.fullmatch(name)) and not _RESERVED.fullmatch(name)


def ref(name: str) -> str:
    """A full ref name such as ``refs/heads/main``, unchanged.

    Raises:
        InvalidNameError: git or GitHub would refuse it.
    """
    _text(name, "ref", REF_LIMIT)
    if not name.startswith("refs/") or name.count("/") < 2 or _BAD_IN_REF.search(name):
        raise InvalidNameError(f"ref {name!r}: not a valid full ref name, such as refs/heads/main")
    if is_object_id(name.split("/", 2)[2]):
        raise InvalidNameError(f"ref {name!r}: looks like an object id")
    return name


def branch(name: str) -> str:
    """The full ref of a branch.

    Raises:
        InvalidNameError: git or GitHub would refuse it.
    """
    if name == "HEAD":
        raise InvalidNameError("branch 'HEAD': reserved")
    return ref(f"refs/heads/{name}")


def candidates(reference: str) -> list[str]:
    """The names that a short or full reference may stand for, the likeliest first; none if it is not valid."""
    if reference == "HEAD":
        return ["HEAD"]
    prefixes = ("", "refs/", "refs/heads/", "refs/tags/")
    found = [full for prefix in prefixes if _is_ref(full := prefix + reference)]
    return [*found, reference] if _ABBREVIATED.fullmatch(reference) else found


def _is_ref(name: str) -> bool:
    try:
        return bool(ref(name))
    except InvalidNameError:
        return False


def is_object_id(text: str) -> bool:
    """Whether the text is a full SHA-1 object id."""
    return bool(_OBJECT_ID.fullmatch(text))


def path(name: str) -> str:
    """A file's path inside a repository, unchanged.

    Raises:
        InvalidNameError: it is absolute, leaves the repository, or cannot be checked out everywhere.
    """
    _text(name, "path", PATH_LIMIT)
    if _BAD_IN_PATH.search(name) or any(part.lower() in _BAD_COMPONENTS for part in name.split("/")):
        raise InvalidNameError(
            f"path {name!r}: must be relative, without '..', '.git', empty parts or control characters"
        )
    return name


def folder_path(name: str) -> str:
    """A folder's path inside a repository, without slashes around it; the root is empty.

    Raises:
        InvalidNameError: see ``path``.
    """
    return path(stripped) if (stripped := name.strip("/")) else ""


def _text(name: str, kind: str, limit: int) -> None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidNameError(f"{kind} {name!r}: not UTF-8 text") from None
    if size > limit:
        raise InvalidNameError(f"{kind} {name[:40]!r}…: {size} bytes, at most {limit}")
