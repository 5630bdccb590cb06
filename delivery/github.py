"""A small client of GitHub's REST API: pages, patience with faults and limits, errors that say what was asked.

What may be asked twice is repeated after faults and broken connections. A POST makes something: it is repeated only
where GitHub has not begun, which is a limit (403, 429) or 503.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from delivery.errors import Refused
from model.ledger import Actor

TIMEOUT = 30.0
"""Seconds for one answer."""
PAGE = 100
ATTEMPTS = 4
LONGEST_PAUSE = 60.0
"""Seconds; GitHub asking for a longer wait is an answer for people, not for a loop."""
MAKES = "POST"
AGAIN = "run the same command again: it goes on from what is done"


class GitHubError(Refused):
    """GitHub said no, or nothing."""

    def __init__(self, method: str, path: str, status: int, reason: str) -> None:
        again = "" if 0 < status < httpx.codes.INTERNAL_SERVER_ERROR else f"; {AGAIN}"
        super().__init__(f"{method} {path}: GitHub answers {status or 'nothing'}: {reason}{again}")
        self.status = status
        """HTTP status; 0 where there was no answer."""
        self.reason = reason


def account(user: Mapping[str, Any]) -> Actor:
    """Who an account is, by GitHub's word."""
    return Actor(login=user["login"], id=user["id"])


def base_url() -> str:
    """``$GITHUB_BASE_URL``, else GitHub.com's."""
    return os.environ.get("GITHUB_BASE_URL", "https://api.github.com/")


def client(token: str, base: str = "") -> httpx.Client:
    """A client that is ``token``'s owner, at ``base`` (default: ``base_url``)."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return httpx.Client(base_url=base or base_url(), headers=headers, timeout=TIMEOUT)


def from_environment() -> "GitHub":
    """GitHub as the caller's own token sees it.

    Raises:
        Refused: there is no token.
    """
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        raise Refused("GITHUB_TOKEN is not set; `openim-cicd doctor` says what it needs")
    return GitHub(client(token))


@dataclass(frozen=True)
class GitHub:
    """Paths are relative to the API: ``repos/openimsdk/chat``. Use it in a ``with``."""

    http: httpx.Client
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of one answer.

        Raises:
            GitHubError: GitHub refused or did not answer.
        """
        return self._json("GET", path, params=query)

    def find(self, path: str, **query: Any) -> Any | None:
        """As ``get``; None where there is no such thing (404)."""
        try:
            return self.get(path, **query)
        except GitHubError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def pages(self, path: str, key: str = "", **query: Any) -> Iterator[Any]:
        """Every item of a list, page by page (GitHub REST API: pagination by Link); ``key`` names it in an object."""
        url: str | None = path
        parameters: dict[str, Any] | None = {"per_page": PAGE, **query}
        while url:
            answer = self.request("GET", url, params=parameters)
            found = _body("GET", path, answer)
            yield from found[key] if key else found
            url, parameters = answer.links.get("next", {}).get("url"), None

    def post(self, path: str, body: Any = None) -> Any:
        """What GitHub made; None where it says nothing."""
        return self._json("POST", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        """What GitHub changed."""
        return self._json("PATCH", path, json=body)

    def put(self, path: str, body: Any = None) -> Any:
        """What GitHub put there."""
        return self._json("PUT", path, json=body)

    def delete(self, path: str) -> None:
        """Remove what is at ``path``; it may be gone already."""
        try:
            self.request("DELETE", path)
        except GitHubError as error:
            # A reference that is not there is 422 (GitHub REST API: delete a reference).
            if error.status != httpx.codes.NOT_FOUND and "does not exist" not in error.reason:
                raise

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One answer that is no error, after as many attempts as make sense.

        Raises:
            GitHubError: GitHub refused or did not answer.
        """
        for attempt in range(1, ATTEMPTS + 1):
            answer, reason = self._once(method, path, options)
            if answer is not None and not answer.is_error:
                return answer
            pause = _pause(method, answer, attempt)
            if attempt == ATTEMPTS or pause is None:
                break
            self.sleep(pause)
        raise GitHubError(method, f"/{path.lstrip('/')}", answer.status_code if answer is not None else 0, reason)

    def _once(self, method: str, path: str, options: dict[str, Any]) -> tuple[httpx.Response | None, str]:
        try:
            answer = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            return (
                None,
                f"{error or type(error).__name__}; check the network and GITHUB_BASE_URL ({self.http.base_url})",
            )
        return answer, _reason(answer) if answer.is_error else ""

    def _json(self, method: str, path: str, **options: Any) -> Any:
        answer = self.request(method, path, **options)
        return _body(method, path, answer) if answer.content else None


def _body(method: str, path: str, answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        reason = "with what is no JSON; is a proxy in between, or GITHUB_BASE_URL not the address of an API?"
        raise GitHubError(method, f"/{path.lstrip('/')}", answer.status_code, reason) from None


def _pause(method: str, answer: httpx.Response | None, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None where there is no point in one."""
    backoff = float(2 ** (attempt - 1))
    if answer is not None and _limited(answer):
        return _asked(answer, backoff)
    if answer is not None and answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return backoff
    faulty = answer is None or answer.is_server_error
    return backoff if faulty and method != MAKES else None


def _limited(answer: httpx.Response) -> bool:
    """Whether a limit refused it (GitHub documentation: rate limits for the REST API)."""
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return True
    spent = answer.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in answer.headers
    return answer.status_code == httpx.codes.FORBIDDEN and (spent or "rate limit" in answer.text.lower())


def _asked(answer: httpx.Response, backoff: float) -> float | None:
    """What GitHub asks to wait, where that is bearable."""
    headers = answer.headers
    if "Retry-After" in headers:
        pause = _seconds(headers["Retry-After"], backoff)
    elif headers.get("X-RateLimit-Remaining") == "0" and "X-RateLimit-Reset" in headers:
        pause = max(1.0, float(headers["X-RateLimit-Reset"]) - time.time())
    else:
        pause = backoff
    return pause if pause <= LONGEST_PAUSE else None


def _seconds(text: str, otherwise: float) -> float:
    """Seconds, or the time until a date (RFC 9110, 10.2.3)."""
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return otherwise


def _reason(answer: httpx.Response) -> str:
    """GitHub's own words, with each error of a list."""
    try:
        body = answer.json()
    except ValueError:
        return answer.reason_phrase
    if not isinstance(body, dict):
        return answer.reason_phrase
    details = [_detail(one) for one in body.get("errors", []) or []]
    return "; ".join([str(body.get("message", answer.reason_phrase)), *details])


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error[k]) for k in ("resource", "field", "code") if k in error))
