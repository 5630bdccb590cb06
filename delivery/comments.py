"""Comments and issues that the machine keeps up to date: found again by their first line and their author.

Somebody else's comment with the same first line is somebody else's: it is neither changed nor taken for ours.
"""

from typing import Any

from delivery.errors import Refused
from delivery.github import GitHub, GitHubError

VIEWER = {"query": "query { viewer { login } }"}


def myself(github: GitHub) -> str:
    """Login of whoever the token belongs to, people and Apps alike.

    Raises:
        Refused: GitHub does not say.
    """
    answer = github.post(_graphql(str(github.http.base_url)), VIEWER)
    login = ((answer.get("data") or {}).get("viewer") or {}).get("login")
    if not login:
        raise Refused(f"GitHub does not say whose token this is: {answer.get('errors')}")
    return str(login)


def put_comment(github: GitHub, repository: str, number: int, marker: str, body: str) -> str:
    """Make the comment that begins with ``marker``, or change it where it is there; its address.

    Raises:
        GitHubError: GitHub refused.
    """
    known = _own(github, repository, number, marker)
    if known is None:
        made = github.post(f"repos/{repository}/issues/{number}/comments", {"body": body})
    elif known["body"] == body:
        made = known
    else:
        made = github.patch(f"repos/{repository}/issues/comments/{known['id']}", {"body": body})
    return str(made["html_url"])


def put_issue(github: GitHub, repository: str, title: str, marker: str, body: str) -> str:
    """Open the issue whose text begins with ``marker``, or change it where one is open; its address.

    Raises:
        GitHubError: GitHub refused.
    """
    known = _open_issue(github, repository, marker)
    if known is None:
        made = github.post(f"repos/{repository}/issues", {"title": title, "body": body})
    elif known["body"] == body:
        made = known
    else:
        made = github.patch(f"repos/{repository}/issues/{known['number']}", {"body": body})
    return str(made["html_url"])


def close_issue(github: GitHub, repository: str, marker: str, last_word: str) -> str:
    """Close the open issue whose text begins with ``marker``; its address, empty where there is none.

    Raises:
        GitHubError: GitHub refused.
    """
    known = _open_issue(github, repository, marker)
    if known is None:
        return ""
    github.post(f"repos/{repository}/issues/{known['number']}/comments", {"body": last_word})
    github.patch(f"repos/{repository}/issues/{known['number']}", {"state": "closed", "state_reason": "completed"})
    return str(known["html_url"])


def _own(github: GitHub, repository: str, number: int, marker: str) -> dict[str, Any] | None:
    comments = github.pages(f"repos/{repository}/issues/{number}/comments")
    found = [one for one in comments if _begins(one, marker)]
    return _mine(github, found)


def _open_issue(github: GitHub, repository: str, marker: str) -> dict[str, Any] | None:
    issues = github.pages(f"repos/{repository}/issues", state="open")
    return _mine(github, [one for one in issues if "pull_request" not in one and _begins(one, marker)])


def _mine(github: GitHub, found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first of ours; GitHub is asked who we are only where it matters."""
    if not found:
        return None
    try:
        login = myself(github)
    except GitHubError:
        login = str(github.get("user")["login"])
    return next((one for one in found if (one["user"] or {}).get("login") == login), None)


def _begins(one: dict[str, Any], marker: str) -> bool:
    return str(one.get("body") or "").split("\n", 1)[0].strip() == marker


def _graphql(base: str) -> str:
    """GitHub Enterprise Server has it beside /api/v3 (GitHub documentation: forming calls with GraphQL)."""
    root = base.rstrip("/")
    return f"{root.removesuffix('/v3')}/graphql" if root.endswith("/api/v3") else f"{root}/graphql"
