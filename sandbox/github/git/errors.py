"""What can go wrong with a repository, one type for each answer that a caller gives."""


class GitError(Exception):
    """Any refusal of this package."""


class InvalidNameError(GitError):
    """A repository name, ref, path, identity or message that git or GitHub would refuse."""


class RepositoryNotFoundError(GitError):
    """There is no repository of this name."""


class RepositoryExistsError(GitError):
    """The name is taken."""


class RefNotFoundError(GitError):
    """The ref does not exist, or leads to no commit."""


class RefExistsError(GitError):
    """The ref to be created is there already."""


class ObjectNotFoundError(GitError):
    """The repository has no such object, or it is of a kind that the ref cannot hold."""


class NotFastForwardError(GitError):
    """The update would lose commits and was not forced."""


class PathConflictError(GitError):
    """A file would have to be a folder as well, or there is nothing to remove."""


class RefConflictError(GitError):
    """The ref moved while the change was made, or its name collides with another ref."""

    def __init__(self, ref: str, expected: str | None, actual: str | None) -> None:
        super().__init__(f"{ref} is at {actual or 'nothing'} but expected {expected or 'nothing'}")
        self.ref, self.expected, self.actual = ref, expected, actual


class BlobConflictError(GitError):
    """The file is not what the caller took it for."""

    def __init__(self, path: str, expected: str | None, actual: str | None) -> None:
        super().__init__(f"{path} is {actual or 'absent'} but expected {expected or 'absent'}")
        self.path, self.expected, self.actual = path, expected, actual


class GitFailedError(GitError):
    """A git command failed in a way that nobody planned for: a defect here, or a broken repository."""

    def __init__(self, arguments: tuple[str, ...], code: int, complaint: bytes) -> None:
        said = complaint.decode(errors="replace").strip()
        super().__init__(f"git {' '.join(arguments)} ended with {code}: {said}")
        self.code, self.complaint = code, said
