"""A new repository's first commit, by git-fast-import: one process for any number of files."""

from collections.abc import Iterator, Mapping

from sandbox.github.git import identity, names
from sandbox.github.git.errors import PathConflictError
from sandbox.github.git.facts import Identity


def stream(ref: str, files: Mapping[str, bytes], message: str, author: Identity) -> bytes:
    """What git-fast-import reads to make one commit of ``files`` on ``ref``.

    Raises:
        InvalidNameError: a path, the message or the author is not acceptable.
        PathConflictError: a path is needed as a file and as a folder.
    """
    identity.check(author)
    _check_paths(files)
    return b"".join(_lines(ref, files, message, author))


def _check_paths(files: Mapping[str, bytes]) -> None:
    for path in files:
        parts = names.path(path).split("/")
        if clash := [above for end in range(1, len(parts)) if (above := "/".join(parts[:end])) in files]:
            raise PathConflictError(f"{clash[0]} is a file and the folder of {path}")


def _lines(ref: str, files: Mapping[str, bytes], message: str, author: Identity) -> Iterator[bytes]:
    yield f"commit {ref}\n".encode()
    for role in ("author", "committer"):
        yield f"{role} {author.name} <{author.email}> {identity.raw_date(author)}\n".encode()
    yield _data(identity.full_message(message))
    for path, content in sorted(files.items()):
        quoted = path.replace('"', '\\"')
        yield f'M 100644 inline "{quoted}"\n'.encode()
        yield _data(content)
    yield b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
