"""Who may talk to which repository, and in whose words the others are turned away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request

from sandbox.github.git.errors import InvalidNameError, RepositoryNotFoundError
from sandbox.github.git.plumbing import Git
from sandbox.github.git.repositories import Repositories

A = TypeVar("A")

NOT_FOUND = (404, "Repository not found.")


@dataclass(frozen=True)
class Denial:
    """Why a request is turned away, with the status that GitHub would give."""

    status: int
    """401 (no or bad credentials: the client asks for them), 403 (not allowed) or 404 (not to be known of)."""
    message: str
    """Shown by git clients after ``remote:``."""


class DeniedError(Exception):
    """A request that is answered with a denial."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.denial = Denial(status, message)


Authorize = Callable[[str | None, str, bool], A | Denial]
"""Takes the Authorization header, the repository's name, and whether it is to be written; gives the caller."""


@dataclass(frozen=True)
class Access(Generic[A]):
    """The way in."""

    owner: str
    """Whose repositories go by their bare names."""
    repositories: Repositories
    authorize: Authorize[A]

    def enter(self, request: Request, *, write: bool) -> tuple[str, Git, A]:
        """The repository's name, git on it, and the caller.

        Raises:
            DeniedError: the caller may not, or there is no such repository.
        """
        name, owner = request.path_params["repository"].removesuffix(".git"), request.path_params["owner"]
        if owner.lower() != self.owner.lower():
            name = f"{owner}/{name}"
        caller = self.authorize(request.headers.get("authorization"), name, write)
        if isinstance(caller, Denial):
            raise DeniedError(caller.status, caller.message)
        try:
            return name, self.repositories.git(name), caller
        except (InvalidNameError, RepositoryNotFoundError):
            raise DeniedError(*NOT_FOUND) from None
