"""Refusals in GitHub's shape: ``{message, errors, documentation_url, status}``."""

from collections.abc import Sequence
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"

Detail = dict[str, Any]


class RefusalError(Exception):
    """An answer that is an error; raising it rolls the request's transaction back."""

    def __init__(self, status: int, message: str, errors: Sequence[Detail | str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors:
            body["errors"] = self.errors
        return body | {"documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found() -> RefusalError:
    """What is missing, and what the caller may not know about."""
    return RefusalError(404, "Not Found")


def forbidden(message: str) -> RefusalError:
    """The caller is known and may not do this."""
    return RefusalError(403, message)


def conflict(message: str) -> RefusalError:
    """The request does not fit the present state."""
    return RefusalError(409, message)


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> RefusalError:
    """One offending field; codes are those of GitHub's "Client errors"."""
    return RefusalError(422, "Validation Failed", [detail(resource, field, code, message)])


def detail(resource: str, field: str, code: str, message: str = "") -> Detail:
    """One entry of ``errors``."""
    entry = {"resource": resource, "field": field, "code": code}
    return entry | ({"message": message} if message else {})


def unsupported(resource: str, field: str, what: str) -> RefusalError:
    """A real option of GitHub that this stand-in does not do: refused, never swallowed."""
    return invalid(resource, field, "custom", f"{what} is not supported by this stand-in of GitHub")


def rule_violations(reasons: Sequence[str]) -> RefusalError:
    """A write through the API that a ruleset or a protected branch refuses (409, as the contents API answers)."""
    return RefusalError(409, "Repository rule violations found\n\n" + "\n".join(reasons))
