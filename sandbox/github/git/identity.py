"""Identities and messages in the form that git keeps them."""

from sandbox.github.git.errors import InvalidNameError
from sandbox.github.git.facts import Identity

_CRUD = " .,:;<>\"\\'"
"""What git strips from both ends of a name; nothing but these is no name (git-commit-tree(1))."""


def raw_date(identity: Identity) -> str:
    """The moment as git writes it: seconds since the epoch and the offset.

    Raises:
        InvalidNameError: the moment has no time zone or lies before 1970.
    """
    offset, seconds = identity.when.strftime("%z")[:5], int(identity.when.timestamp())
    if not offset or seconds < 0:
        raise InvalidNameError(f"time {identity.when}: needs a time zone and a year from 1970 on")
    return f"{seconds} {offset}"


def variables(role: str, identity: Identity) -> dict[str, str]:
    """The environment that makes git-commit-tree take this AUTHOR or COMMITTER.

    Raises:
        InvalidNameError: git could not keep the identity as it is.
    """
    check(identity)
    moment = f"@{raw_date(identity)}"
    return {f"GIT_{role}_NAME": identity.name, f"GIT_{role}_EMAIL": identity.email, f"GIT_{role}_DATE": moment}


def check(identity: Identity) -> None:
    """Refuse what git could not keep as it is.

    Raises:
        InvalidNameError: the name or the address is empty, or holds what delimits them.
    """
    for text in (identity.name, identity.email):
        encoded(text)
        if not text.strip(_CRUD) or any(sign in text for sign in "<>\n"):
            raise InvalidNameError(f"identity {text!r}: must not be empty or contain '<', '>' or a line break")


def encoded(text: str) -> bytes:
    """The text for an object.

    Raises:
        InvalidNameError: it is not UTF-8 text, or contains NUL, which git objects cannot.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InvalidNameError(f"{text[:40]!r}: not UTF-8 text") from None
    if b"\0" in data:
        raise InvalidNameError(f"{text[:40]!r}: contains NUL")
    return data


def full_message(text: str) -> bytes:
    """A commit message, its last line complete."""
    data = encoded(text)
    return data if data.endswith(b"\n") else data + b"\n"
