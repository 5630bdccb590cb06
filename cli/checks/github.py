"""GitHub: who the token is and whether it may do what the stack ``shared`` does."""

import os
from collections.abc import Iterator

import httpx

from cli.checks.finding import Finding, bad, good
from cli.place import read_file
from delivery import github
from model.base import parse
from model.document import load
from model.estate.teams import TeamsFile
from model.settings import StackSettings

SCOPES = ("repo", "admin:org", "admin:repo_hook", "workflow")
"""What a classic token needs (GitHub documentation: scopes for OAuth apps)."""
MANAGED = {
    "webhooks": "hooks",
    "Actions secrets": "actions/secrets",
    "Actions variables": "actions/variables",
    "rulesets": "rulesets",
    "environments": "environments",
}
"""What is managed of a repository, and where its list is read."""
PERMISSIONS = (
    "Administration, Actions, Contents, Environments, Issues, Pull requests, Secrets, Variables, Webhooks and "
    "Workflows (write) and Checks (read) on repositories, and Members (write) on the organisation"
)
"""What the deployer's App needs (GitHub documentation: permissions required for GitHub Apps)."""
CREATE = f"install a GitHub App with {PERMISSIONS}, and export its installation token as GITHUB_TOKEN"


def check(settings: StackSettings) -> Iterator[Finding]:
    """The token, the organisation, and read access to what will be managed."""
    if settings.organization is None:
        return
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        yield bad("GITHUB_TOKEN", "not set", CREATE)
        return
    with github.client(token) as client:
        try:
            yield from _answers(client, settings, settings.organization.name)
        except httpx.HTTPError as error:
            yield bad(
                "GitHub", f"{github.base_url()} does not answer: {error}", "check the network and GITHUB_BASE_URL"
            )


def _answers(client: httpx.Client, settings: StackSettings, organization: str) -> Iterator[Finding]:
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
    yield from _rights(client, organization)
    yield _strangers(client, settings, organization)


def _strangers(client: httpx.Client, settings: StackSettings, organization: str) -> Finding:
    """Who is in a declared team and not in the organisation: bringing the estate up would invite them."""
    teams = parse(TeamsFile, load(settings.estate.teams, read_file), settings.estate.teams).teams
    people = sorted({member.login for team in teams for member in team.members})
    found = {login: client.get(f"orgs/{organization}/members/{login}") for login in people}
    strangers = [login for login, answer in found.items() if answer.status_code != httpx.codes.NO_CONTENT]
    if strangers:
        remedy = f"name your own people in {settings.estate.teams}: `up` would invite these accounts, whoever they are"
        return bad("team members", f"not members of {organization}: {', '.join(strangers)}", remedy)
    return good("team members", f"all {len(people)} are members of {organization}")


def _rights(client: httpx.Client, organization: str) -> Iterator[Finding]:
    """Reads what only somebody who may manage it is shown, in the organisation and in one of its repositories."""
    first = client.get(f"orgs/{organization}/repos", params={"per_page": 1}).json()
    paths = [("teams", f"orgs/{organization}/teams"), ("members", f"orgs/{organization}/members")]
    for one in first:
        repository = f"repos/{organization}/{one['name']}"
        paths += [(subject, f"{repository}/{path}") for subject, path in MANAGED.items()]
    for subject, path in paths:
        answer = client.get(path, params={"per_page": 1})
        seen = f"GET /{path}: {answer.status_code}"
        yield bad(f"right to {subject}", seen, CREATE) if answer.is_error else good(f"right to {subject}", seen)


def _scopes(answer: httpx.Response) -> Finding:
    """Only classic tokens say what they may do; the others show it by what GitHub answers."""
    header = answer.headers.get("X-OAuth-Scopes")
    if header is None:
        return good("GITHUB_TOKEN", "an App's or fine-grained token")
    missing = sorted(set(SCOPES) - {scope.strip() for scope in header.split(",")})
    if missing:
        return bad("GITHUB_TOKEN", f"lacks the scopes {missing}", "add them on the token's page")
    return good("GITHUB_TOKEN", "classic, with every scope needed")
