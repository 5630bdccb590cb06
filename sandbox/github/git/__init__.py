"""Real bare git repositories, and the smart HTTP that git clients speak with them.

``Repositories`` holds one bare repository for each name and reads and writes them with git's own plumbing, never
through a shell. ``smart_http`` serves them to git clients. Who may do what, and which ref updates the rules allow, is
decided by callables that the caller hands in; git asks them while a push's objects are still in quarantine.

Deliberately absent:

- dumb HTTP, the git:// and SSH protocols, SHA-256 object names, LFS, signed pushes, push options;
- upkeep (gc, repack): a sandbox is short-lived, and packing behind a reader's back would only cost reproducibility;
- alternates: every repository is complete in itself, a fork as well;
- the rules themselves, tokens, webhooks: they belong to the REST core;
- catching up on ``pushed`` after a power cut between a ref update and its event; GitHub promises no more either.
"""

from sandbox.github.git.access import Denial
from sandbox.github.git.differences import Differences, FileDiff
from sandbox.github.git.errors import (
    BlobConflictError,
    GitError,
    InvalidNameError,
    NotFastForwardError,
    ObjectNotFoundError,
    PathConflictError,
    RefConflictError,
    RefExistsError,
    RefNotFoundError,
    RepositoryExistsError,
    RepositoryNotFoundError,
)
from sandbox.github.git.facts import SEED_AUTHOR, Blob, Change, Commit, Entry, Identity, Update
from sandbox.github.git.merger import Merger
from sandbox.github.git.push_event import PushEvent, push_events
from sandbox.github.git.reader import Reader
from sandbox.github.git.repositories import Repositories
from sandbox.github.git.smart_http import smart_http

__all__ = [
    "SEED_AUTHOR",
    "Blob",
    "BlobConflictError",
    "Change",
    "Commit",
    "Denial",
    "Differences",
    "Entry",
    "FileDiff",
    "GitError",
    "Identity",
    "InvalidNameError",
    "Merger",
    "NotFastForwardError",
    "ObjectNotFoundError",
    "PathConflictError",
    "PushEvent",
    "Reader",
    "RefConflictError",
    "RefExistsError",
    "RefNotFoundError",
    "Repositories",
    "RepositoryExistsError",
    "RepositoryNotFoundError",
    "Update",
    "push_events",
    "smart_http",
]
