"""What accounts, teams and repositories look like in answers. Field names and addresses are GitHub's."""

from base64 import b64decode, b64encode
from typing import Any

from sandbox.github.accounts import Role, permissions
from sandbox.github.apps import DEPLOYER, App
from sandbox.github.store import Database, Row, load
from sandbox.github.world import ORGANIZATION, World

Json = dict[str, Any]

NODES = {
    "U": "User",
    "O": "Organization",
    "T": "Team",
    "R": "Repository",
    "LA": "Label",
    "A": "App",
    "EN": "Environment",
    "RRS": "Ruleset",
    "DBP": "BranchPolicy",
    "GA": "Gate",
    "BPR": "Protection",
    "I": "Issue",
    "PR": "PullRequest",
    "PRR": "PullRequestReview",
    "PRRC": "PullRequestReviewComment",
    "PRRT": "PullRequestReviewThread",
    "IC": "IssueComment",
    "SC": "StatusContext",
    "CS": "CheckSuite",
    "CR": "CheckRun",
    "DE": "Deployment",
    "DES": "DeploymentStatus",
    "RE": "Release",
    "W": "Workflow",
    "WFR": "WorkflowRun",
    "WFJ": "WorkflowJob",
    "AR": "Artifact",
}
"""Prefixes of global node ids, and what each stands for."""

REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def node_id(prefix: str, number: int) -> str:
    """A global node id, stable for the life of the thing."""
    return f"{prefix}_{b64encode(f'{NODES[prefix]}{number}'.encode()).decode().rstrip('=')}"


def node_parts(identifier: str) -> tuple[str, int]:
    """Prefix and number of a global node id; an empty prefix for what is none."""
    prefix, _, coded = identifier.partition("_")
    try:
        text = b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
        number = int(text.removeprefix(NODES[prefix]))
    except (KeyError, ValueError):
        return "", 0
    return prefix, number


def user(world: World, account: Row) -> Json:
    """GitHub's "simple user", also for an organisation or an App's bot."""
    address = f"{world.api}/users/{account['login']}"
    head = {
        "login": account["login"],
        "id": account["id"],
        "node_id": node_id("O" if account["type"] == "Organization" else "U", account["id"]),
        "avatar_url": f"{world.base}/avatars/u/{account['id']}",
        "gravatar_id": "",
        "url": address,
        "html_url": f"{world.base}/{account['login']}",
        "type": account["type"],
        "site_admin": False,
        "user_view_type": "public",
    }
    return head | {name: address + path for name, path in USER_LINKS.items()}


def owner(world: World, db: Database, login: str = ORGANIZATION) -> Json:
    """An owner of repositories as an account: the organisation, or a user who forked."""
    row = db.one("SELECT * FROM accounts WHERE login = ?", login)
    return user(world, row or {})


def organization(world: World, db: Database) -> Json:
    """GitHub's "simple organization"."""
    account = owner(world, db)
    address = f"{world.api}/orgs/{account['login']}"
    row = db.one("SELECT settings FROM organization") or {}
    return {
        "login": account["login"],
        "id": account["id"],
        "node_id": account["node_id"],
        "url": address,
        "repos_url": f"{address}/repos",
        "events_url": f"{address}/events",
        "hooks_url": f"{address}/hooks",
        "issues_url": f"{address}/issues",
        "members_url": f"{address}/members{{/member}}",
        "public_members_url": f"{address}/public_members{{/member}}",
        "avatar_url": account["avatar_url"],
        "description": load(row["settings"])["description"],
    }


def repository(world: World, db: Database, row: Row, role: Role) -> Json:
    """GitHub's "minimal repository" and all that fits every list of repositories."""
    settings = load(row["settings"])
    full_name = row["full_name"]
    address = f"{world.api}/repos/{full_name}"
    host = world.base.partition("://")[2]
    return {
        "id": row["id"],
        "node_id": node_id("R", row["id"]),
        "name": row["name"],
        "full_name": full_name,
        "owner": owner(world, db, row["owner"]),
        "private": settings["visibility"] != "public",
        "html_url": f"{world.base}/{full_name}",
        "url": address,
        "fork": row["fork_of"] is not None,
        **{name: address + path for name, path in REPOSITORY_LINKS.items()},
        "git_url": f"git://{host}/{full_name}.git",
        "ssh_url": f"git@{host}:{full_name}.git",
        "clone_url": f"{world.base}/{full_name}.git",
        "svn_url": f"{world.base}/{full_name}",
        "mirror_url": None,
        "license": None,
        "disabled": False,
        "has_pages": False,
        "topics": load(row["topics"]),
        **{name: value for name, value in settings.items() if name != "security_and_analysis"},
        **dict.fromkeys(("forks", "forks_count"), _forks(db, row)),
        **dict.fromkeys(("watchers", "watchers_count", "stargazers_count"), 0),
        **dict.fromkeys(("open_issues", "open_issues_count", "size"), 0),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "pushed_at": row["pushed_at"],
        "permissions": permissions(role),
    }


def _forks(db: Database, row: Row) -> int:
    return db.count("SELECT count(*) FROM repositories WHERE fork_of = ?", row["id"])


def full_repository(world: World, db: Database, row: Row, role: Role) -> Json:
    """GitHub's "full repository"; the security settings are for administrators' eyes."""
    document = repository(world, db, row, role)
    document |= {
        "subscribers_count": 0,
        "network_count": _forks(db, row),
        "temp_clone_token": None,
        "custom_properties": {},
    }
    if row["owner"] == ORGANIZATION:
        document["organization"] = owner(world, db)
    if row["fork_of"] is not None:
        origin = db.one("SELECT * FROM repositories WHERE id = ?", row["fork_of"]) or {}
        document |= dict.fromkeys(("parent", "source"), repository(world, db, origin, Role.READ))
    document["use_squash_pr_title_as_default"] = document["squash_merge_commit_title"] == "PR_TITLE"
    if role >= Role.ADMIN:
        document["security_and_analysis"] = load(row["settings"])["security_and_analysis"]
    return document


NOT_TOLD = {
    "network_count",
    "organization",
    "permissions",
    "security_and_analysis",
    "subscribers_count",
    "temp_clone_token",
}
"""What depends on who asks, or is an administrator's; events have no reader."""


def told_repository(world: World, db: Database, row: Row) -> Json:
    """A repository as events show it."""
    shown = full_repository(world, db, row, Role.READ)
    return {name: value for name, value in shown.items() if name not in NOT_TOLD}


def simple_team(world: World, db: Database, row: Row) -> Json:
    """GitHub's "simple team"."""
    organization_id = (db.one("SELECT account_id FROM organization") or {})["account_id"]
    address = f"{world.api}/organizations/{organization_id}/team/{row['id']}"
    return {
        "id": row["id"],
        "node_id": node_id("T", row["id"]),
        "url": address,
        "html_url": f"{world.base}/orgs/{ORGANIZATION}/teams/{row['slug']}",
        "name": row["name"],
        "slug": row["slug"],
        "description": row["description"],
        "privacy": row["privacy"],
        "notification_setting": row["notification_setting"],
        "permission": "pull",
        "members_url": f"{address}/members{{/member}}",
        "repositories_url": f"{address}/repos",
        "type": "organization",
        "organization_id": organization_id,
    }


def team(world: World, db: Database, row: Row) -> Json:
    """A team as in lists, with its parent."""
    parent = db.one("SELECT * FROM teams WHERE id = ?", row["parent_id"]) if row["parent_id"] else None
    return simple_team(world, db, row) | {"parent": simple_team(world, db, parent) if parent else None}


def app(world: World, db: Database, shown: App = DEPLOYER) -> Json:
    """An App, as GitHub shows an "integration"."""
    moment = (db.one("SELECT created_at FROM accounts WHERE login = ?", ORGANIZATION) or {})["created_at"]
    return {
        "id": shown.id,
        "slug": shown.slug,
        "node_id": node_id("A", shown.id),
        "client_id": shown.client_id,
        "owner": owner(world, db),
        "name": shown.name,
        "description": shown.description,
        "external_url": world.base,
        "html_url": f"{world.base}/apps/{shown.slug}",
        "created_at": moment,
        "updated_at": moment,
        "permissions": dict(shown.permissions),
        "events": list(shown.events),
    }
