"""GitHub: who the token is and whether it may do what the stack ``shared`` does."""

import os
from collections.abc import Iterator

import httpx

from cli.checks.finding import Finding, bad, good
from model.settings import StackSettings

SCOPES = ("repo", "admin:org", "admin:repo_hook", "workflow")
"""What a classic token needs (GitHub documentation: scopes for OAuth apps)."""
CREATE = (
    "make a GitHub App, or a token with the scopes " + ", ".join(SCOPES) + ", and export it as GITHUB_TOKEN; "
    "an App needs Administration, Contents, Environments, Secrets, Variables, Webhooks, Workflows (write) "
    "on repositories and Members (write) on the organisation"
)


def check(settings: StackSettings) -> Iterator[Finding]:
    """The token, the organisation, and read access to what will be managed."""
    if settings.organization is None:
        return
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        yield bad("GITHUB_TOKEN", "not set", CREATE)
        return
    base = os.environ.get("GITHUB_BASE_URL", "https://api.github.com/")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    with httpx.Client(base_url=base, headers=headers, timeout=15) as client:
        try:
            yield from _answers(client, settings.organization.name)
        except httpx.HTTPError as error:
            yield bad("GitHub", f"{base} does not answer: {error}", "check the network and GITHUB_BASE_URL")


def _answers(client: httpx.Client, organization: str) -> Iterator[Finding]:
    found = client.get(f"orgs/{organization}")
    if found.status_code == httpx.codes.UNAUTHORIZED:
        yield bad("GITHUB_TOKEN", "GitHub does not accept it (401)", CREATE)
        return
    yield _scopes(found)
    if found.is_error:
        remedy = "openim-cicd:organization.name in Pulumi.shared.yaml, and the token's organisation, must agree"
        yield bad(f"organisation {organization}", f"GitHub answers {found.status_code}", remedy)
        return
    yield good(f"organisation {organization}", f"id {found.json()['id']}")
    for subject, path in (
        ("teams", f"orgs/{organization}/teams"),
        ("Actions secrets", f"orgs/{organization}/actions/secrets"),
        ("webhooks", f"orgs/{organization}/hooks"),
    ):
        answer = client.get(path, params={"per_page": 1})
        good_enough = not answer.is_error
        yield Finding(
            f"right to {subject}", good_enough, f"GET /{path}: {answer.status_code}", "" if good_enough else CREATE
        )


def _scopes(answer: httpx.Response) -> Finding:
    """Only classic tokens say what they may do; the others show it by what GitHub answers."""
    header = answer.headers.get("X-OAuth-Scopes")
    if header is None:
        return good("GITHUB_TOKEN", "an App's or fine-grained token")
    missing = sorted(set(SCOPES) - {scope.strip() for scope in header.split(",")})
    if missing:
        return bad("GITHUB_TOKEN", f"lacks the scopes {missing}", "add them on the token's page")
    return good("GITHUB_TOKEN", "classic, with every scope needed")
