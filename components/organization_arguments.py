"""From the organisation's estate to the arguments of ``Organization``."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import cast

from components.organization import OrganizationArgs, StageArgs
from components.registry_access import MirrorAccessArgs, RegistryAccessArgs
from components.repository import FeaturesArgs, LabelArgs, MergingArgs, RepositoryArgs
from components.ruleset import RulesArgs
from components.team import TeamArgs
from components.webhook import WebhookArgs
from components.workflow import WorkflowArgs
from model.approval import Approval
from model.declaration import DeclaredOrganization
from model.estate.labels import Label
from model.estate.organization import DeclaredRepository, OrganizationEstate
from model.estate.rules import Ruleset
from model.estate.teams import Team
from model.pipeline.infrastructure import MACHINE, PREVIEW, PREVIEWED
from model.pipeline.render import render
from model.settings import Author, Mirror, Organization, Registry


def organization_args(declared: DeclaredOrganization) -> OrganizationArgs:
    """What ``Organization`` is to declare."""
    estate, organization, registry = declared.estate, declared.settings, declared.registry
    repositories = estate.repositories
    return {
        "teams": {team.slug: _team(team) for team in estate.teams},
        "repositories": {one.name: _repository(one, organization) for one in repositories},
        "webhooks": {one.name: _webhook(one, str(organization.webhook.url)) for one in repositories if one.webhook},
        "workflows": {key: args for one in repositories for key, args in _workflows(one, organization.author)},
        "registry": _registry(registry, organization, repositories),
        "infrastructure_repository": estate.infrastructure_repository,
        "stages": {name: _stage(approval) for name, approval in estate.environments.items()} | _own(estate),
    }


def _team(team: Team) -> TeamArgs:
    declared: TeamArgs = {
        "name": team.name,
        "description": team.description,
        "privacy": team.privacy,
        "notifications": team.notifications,
        "members": [{"login": member.login, "role": member.role} for member in team.members],
    }
    if team.adopt:
        declared["adopt_id"] = team.adopt.id
    return declared


def _repository(declared: DeclaredRepository, organization: Organization) -> RepositoryArgs:
    entry = declared.repository
    args: RepositoryArgs = {
        "name": entry.name,
        "description": entry.description,
        "homepage": entry.homepage,
        "topics": list(entry.topics),
        "visibility": entry.visibility,
        "template": entry.template,
        "archived": entry.archived,
        "signoff": entry.signoff,
        "features": cast(FeaturesArgs, entry.features.model_dump()),
        "merging": cast(MergingArgs, entry.merging.model_dump()),
        "adopt": entry.adopt,
        "labels": [_label(label, label.name in entry.present_labels) for label in declared.labels],
        "teams": [{"team": slug, "permission": permission.value} for slug, permission in entry.teams.items()],
        "variables": dict(entry.variables),
    }
    return _with_policies(args, declared, organization)


def _with_policies(args: RepositoryArgs, declared: DeclaredRepository, organization: Organization) -> RepositoryArgs:
    if declared.ruleset:
        args["rules"] = _rules(declared.ruleset, declared.repository.required_checks, organization.deployer_app_id)
    if declared.actions:
        args["actions"] = {
            "github_owned": declared.actions.github_owned,
            "verified": declared.actions.verified,
            "patterns": list(declared.actions.patterns),
            "sha_pinning": declared.actions.sha_pinning,
        }
    if declared.repository.code_owners:
        args["code_owners"] = {
            path: [_owner(owner, organization.name) for owner in owners]
            for path, owners in declared.repository.code_owners.items()
        }
    return args


def _owner(principal: str, organization: str) -> str:
    """``team/sre`` and ``user/ann`` as CODEOWNERS writes them."""
    kind, _, name = principal.partition("/")
    return f"@{organization}/{name}" if kind == "team" else f"@{name}"


def _label(label: Label, present: bool) -> LabelArgs:
    return {"name": label.name, "color": label.color, "description": label.description, "adopt": present}


def _rules(ruleset: Ruleset, checks: tuple[str, ...], app_id: int) -> RulesArgs:
    branches = ruleset.branches
    return {
        "branches": list(branches.names),
        "approvals": branches.approvals,
        "code_owner_review": branches.code_owner_review,
        "dismiss_stale_reviews": branches.dismiss_stale_reviews,
        "resolve_conversations": branches.resolve_conversations,
        "linear_history": branches.linear_history,
        "up_to_date": branches.up_to_date,
        "restrict_creation": branches.restrict_creation,
        "required_checks": list(checks),
        "immutable_tags": list(ruleset.immutable_tags),
        "bypass_app_id": app_id,
    }


def _webhook(declared: DeclaredRepository, url: str) -> WebhookArgs:
    events = declared.webhook.events if declared.webhook else ()
    return {"repository": declared.name, "url": url, "events": list(events)}


def _workflows(declared: DeclaredRepository, author: Author | None) -> Iterator[tuple[str, WorkflowArgs]]:
    for workflow in declared.workflows:
        key = declared.name if len(declared.workflows) == 1 else f"{declared.name}-{PurePosixPath(workflow.path).stem}"
        args: WorkflowArgs = {
            "repository": declared.name,
            "branch": declared.repository.default_branch,
            "path": workflow.path,
            "content": render(workflow),
        }
        if author:
            args["author"] = {"name": author.name, "email": author.email}
        yield key, args


def _registry(
    registry: Registry, organization: Organization, repositories: Iterable[DeclaredRepository]
) -> RegistryAccessArgs:
    building = [one for one in repositories if one.builds_images]
    return {
        "host": registry.host,
        "username": registry.username,
        "password": registry.password.get_secret_value(),
        "dispatch_token": organization.dispatch_token.get_secret_value(),
        "repositories": {
            one.name: {
                "repository": one.name,
                "branches": list(one.image_branches),
                "mirrors": {name: _mirror(registry.mirrors[name]) for name in one.mirrors},
            }
            for one in building
        },
    }


def _mirror(mirror: Mirror) -> MirrorAccessArgs:
    return {
        "address": mirror.address,
        "username": mirror.username,
        "password": mirror.password.get_secret_value(),
    }


def _own(estate: OrganizationEstate) -> dict[str, StageArgs]:
    """The environments of workflows that deploy nothing; nobody is asked, and only these refs get at their secrets."""
    host = next((one for one in estate.repositories if one.name == estate.infrastructure_repository), None)
    if host is None or len(host.workflows) == 0:
        return {}
    branch = host.repository.default_branch
    opened: dict[str, list[str]] = {MACHINE: [branch], PREVIEW: [branch, PREVIEWED]}
    return {name: _stage(Approval(branches=tuple(branches))) for name, branches in opened.items()}


def _stage(approval: Approval) -> StageArgs:
    return {
        "reviewers": list(approval.approvers) if approval.required else [],
        "self_review": approval.self_approval,
        "wait_minutes": approval.wait_minutes,
        "branches": list(approval.branches),
    }
