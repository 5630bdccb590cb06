"""The real GitHub provider under the real engine takes the stand-in for GitHub."""

import os
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_github as github_sdk
import pytest
from pulumi import automation

BUDGET_EXTRA = {"BranchProtectionV3": 1, "ActionsRepositoryPermissions": 1, "RepositoryFile": 1}
"""Resources whose refresh takes the provider a second call."""


@pytest.fixture
def stack(github, tool, tmp_path, monkeypatch):
    """Makes a stack of an inline program that is given the provider's options."""
    plugin = tmp_path / "home" / "plugins" / "resource-github-v6.15.0"
    plugin.mkdir(parents=True)
    (plugin / "pulumi-resource-github").symlink_to(tool("pulumi-resource-github"))
    settings = {
        "PATH": f"{Path(tool('pulumi')).parent}:{os.environ['PATH']}",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def make(declare: Callable[[pulumi.ResourceOptions], None]) -> automation.Stack:
        def program() -> None:
            provider = github_sdk.Provider(
                "github",
                base_url=f"{github.base}/api/v3/",
                owner="openimsdk",
                token=github.token("deployer"),
                write_delay_ms=0,
                parallel_requests=True,
            )
            declare(pulumi.ResourceOptions(provider=provider))

        backend = automation.ProjectBackend(f"file://{tmp_path}")
        project = automation.ProjectSettings("standin", runtime="python", backend=backend)
        return automation.create_stack(
            "test", "standin", program, opts=automation.LocalWorkspaceOptions(project_settings=project)
        )

    return make


def calls(client, github):
    counted = client.get(f"{github.base}/_sandbox/calls").json()
    client.post(f"{github.base}/_sandbox/calls/reset")
    return counted["total"]


def declare_everything(options: pulumi.ResourceOptions) -> None:
    sdk = github_sdk
    repository = sdk.Repository("r", name="declared", topics=["a"], auto_init=True, has_issues=True, opts=options)
    team = sdk.Team("t", name="Declared team", description="x", privacy="closed", opts=options)
    members = [{"username": "lin-tester", "role": "member"}]
    sdk.TeamMembers("tm", team_slug=team.slug, members=members, opts=options)
    sdk.TeamRepository("tr", team_id=team.id, repository=repository.name, permission="maintain", opts=options)
    sdk.IssueLabel("l", repository=repository.name, name="size/XS", color="3CBF00", opts=options)
    sdk.RepositoryRuleset(
        "rs",
        name="branches",
        repository=repository.name,
        target="branch",
        enforcement="active",
        bypass_actors=[{"actor_id": 1, "actor_type": "Integration", "bypass_mode": "always"}],
        conditions={"ref_name": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        rules={
            "deletion": True,
            "pull_request": {"required_approving_review_count": 1},
            "required_status_checks": {"required_checks": [{"context": "Lint"}]},
        },
        opts=options,
    )
    reviews = {"required_approving_review_count": 1, "bypass_pull_request_allowances": {"apps": ["openim-cicd"]}}
    sdk.BranchProtectionV3(
        "bp", repository=repository.name, branch="main", required_pull_request_reviews=reviews, opts=options
    )
    sdk.BranchProtection("bg", repository_id=repository.node_id, pattern="release-*", opts=options)
    hook = {"url": "http://127.0.0.1:1/hook", "content_type": "json", "secret": "hush"}
    sdk.RepositoryWebhook("w", repository=repository.name, configuration=hook, events=["push"], opts=options)
    branches = {"protected_branches": False, "custom_branch_policies": True}
    environment = sdk.RepositoryEnvironment(
        "e", repository=repository.name, environment="prod", deployment_branch_policy=branches, opts=options
    )
    place = {"repository": repository.name, "environment": environment.environment}
    sdk.RepositoryEnvironmentDeploymentPolicy("ep", branch_pattern="release-*", opts=options, **place)
    sdk.ActionsEnvironmentSecret("es", secret_name="KUBE", value="hush", opts=options, **place)
    sdk.ActionsEnvironmentVariable("ev", variable_name="STAGE", value="prod", opts=options, **place)
    sdk.ActionsSecret("s", repository=repository.name, secret_name="PASSWORD", value="hush", opts=options)
    sdk.ActionsVariable("v", repository=repository.name, variable_name="REGISTRY", value="x", opts=options)
    sdk.ActionsRepositoryPermissions(
        "ap",
        repository=repository.name,
        enabled=True,
        allowed_actions="selected",
        allowed_actions_config={"github_owned_allowed": True, "patterns_alloweds": ["docker/*"]},
        opts=options,
    )
    sdk.RepositoryFile(
        "f",
        repository=repository.name,
        branch="main",
        file=".github/CODEOWNERS",
        content="* @x\n",
        commit_message="Declare owners",
        opts=options,
    )
    sdk.Branch("b", repository=repository.name, branch="dev", opts=options)


def test_a_declared_repository_is_made_once_and_stays(stack, deployer, github):
    """Everything is created; a refresh finds no difference, within the budget of calls; destroying leaves nothing."""
    declared = stack(declare_everything)
    created = declared.up().summary.resource_changes
    assert created == {"create": 20}
    declared.refresh()
    calls(deployer, github)
    preview = declared.preview(refresh=True)
    assert preview.change_summary == {"same": 20}
    resources = 18
    assert calls(deployer, github) <= resources + sum(BUDGET_EXTRA.values()) + 2
    declared.destroy()
    assert deployer.get("/repos/openimsdk/declared").status_code == 404
    assert deployer.get("/orgs/openimsdk/teams/declared-team").status_code == 404


def declare_adopted(options: pulumi.ResourceOptions) -> None:
    def adopt(identifier: str) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=options.provider, import_=identifier)

    github_sdk.Repository(
        "gomake",
        name="gomake",
        description="Build tool of the OpenIM Go services",
        homepage_url="https://docs.openim.io",
        topics=["golang"],
        visibility="public",
        has_issues=True,
        has_projects=True,
        has_downloads=True,
        has_wiki=False,
        allow_merge_commit=False,
        allow_rebase_merge=False,
        squash_merge_commit_title="PR_TITLE",
        squash_merge_commit_message="PR_BODY",
        delete_branch_on_merge=True,
        opts=adopt("gomake"),
    )
    github_sdk.Team("approvers", name="OpenIM-approvers", privacy="closed", opts=adopt("3"))
    members = [{"username": "withchao", "role": "member"}]
    github_sdk.TeamMembers("approvers", team_slug="openim-approvers", members=members, opts=adopt("3"))


def test_what_exists_is_imported_without_a_change(stack, deployer):
    """A repository, a team and its members that are declared as they are get imported, and nothing is written."""
    before = deployer.get("/repos/openimsdk/gomake").json()
    imported = stack(declare_adopted).up().summary.resource_changes
    assert imported == {"create": 2, "import": 3}
    assert deployer.get("/repos/openimsdk/gomake").json() == before
