"""A repository with everything that GitHub keeps beside its code.

Not in it: webhooks, workflows and deployment environments, which are components of their own.
Only the labels named here are looked at: GitHub's own and other people's labels stay.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github

from components.ruleset import RulesArgs, declare_rules

UNSEEN_WHEN_ARCHIVED = [
    "allowAutoMerge",
    "allowMergeCommit",
    "allowRebaseMerge",
    "allowSquashMerge",
    "allowUpdateBranch",
    "deleteBranchOnMerge",
    "mergeCommitMessage",
    "mergeCommitTitle",
    "squashMergeCommitMessage",
    "squashMergeCommitTitle",
    "webCommitSignoffRequired",
]
"""What the provider does not read of an archived repository, and so would take for missing."""


class FeaturesArgs(TypedDict):
    """Which of GitHub's tabs a repository has."""

    issues: bool
    """Issues."""
    wiki: bool
    """Wiki."""
    projects: bool
    """Projects."""
    discussions: bool
    """Discussions."""


class MergingArgs(TypedDict):
    """How pull requests are merged."""

    merge_commits: bool
    """Allow merge commits."""
    squash: bool
    """Allow squashing."""
    rebase: bool
    """Allow rebasing."""
    auto_merge: bool
    """Allow a merge to be scheduled for when its checks pass."""
    suggest_update: bool
    """Offer to update a pull request's branch."""
    delete_branch: bool
    """Delete a merged pull request's branch."""
    squash_title: str
    """``PR_TITLE`` or ``COMMIT_OR_PR_TITLE``."""
    squash_message: str
    """``PR_BODY``, ``COMMIT_MESSAGES`` or ``BLANK``."""
    merge_title: str
    """``PR_TITLE`` or ``MERGE_MESSAGE``."""
    merge_message: str
    """``PR_BODY``, ``PR_TITLE`` or ``BLANK``."""


class LabelArgs(TypedDict):
    """One label."""

    name: str
    """Name."""
    color: str
    """Six hexadecimal digits, without ``#``."""
    description: str
    """What it says."""
    adopt: NotRequired[bool]
    """It exists: take it over. Default: create it."""


class TeamAccessArgs(TypedDict):
    """What a team may do."""

    team: str
    """The team's slug."""
    team_id: NotRequired[pulumi.Input[str]]
    """The team's GitHub id; default: looked up by the slug."""
    permission: str
    """``pull``, ``triage``, ``push``, ``maintain`` or ``admin``."""


class ActionsPolicyArgs(TypedDict):
    """Which actions workflows may use."""

    github_owned: bool
    """Those of GitHub's own organisations."""
    verified: bool
    """Those of verified creators."""
    patterns: list[str]
    """Others, e.g. ``docker/*``."""
    sha_pinning: bool
    """Refuse actions that are not pinned to a commit."""


class RepositoryArgs(TypedDict):
    """Arguments of ``Repository``."""

    name: str
    """Name, without its owner."""
    description: str
    """One line."""
    homepage: str
    """Address, or empty."""
    topics: list[str]
    """Topics."""
    visibility: str
    """``public``, ``private`` or ``internal``."""
    template: bool
    """Whether others can be made from it."""
    archived: bool
    """Whether it is read-only."""
    signoff: bool
    """Whether commits made on the web must be signed off."""
    features: FeaturesArgs
    """Which of GitHub's tabs it has."""
    merging: MergingArgs
    """How pull requests are merged."""
    adopt: NotRequired[bool]
    """It exists: import and protect it. Default: create it, with a first commit."""
    labels: NotRequired[list[LabelArgs]]
    """Labels it must have; default none."""
    teams: NotRequired[list[TeamAccessArgs]]
    """What teams may do; default: as it is."""
    rules: NotRequired[RulesArgs]
    """Rules on its refs; default none."""
    actions: NotRequired[ActionsPolicyArgs]
    """Which actions its workflows may use; default: as it is."""
    variables: NotRequired[dict[str, str]]
    """Actions variables by name; default none."""
    secrets: NotRequired[dict[str, pulumi.Input[str]]]
    """Actions secrets by name; default none."""
    code_owners: NotRequired[dict[str, list[str]]]
    """Owners by path pattern, committed as .github/CODEOWNERS; default none."""


class Repository(pulumi.ComponentResource):
    """A repository: settings, topics, labels, teams, rules, Actions permissions, secrets and variables."""

    repository_name: pulumi.Output[str]
    """Name, known once the repository exists."""
    html_url: pulumi.Output[str]
    """Address in a browser."""
    clone_url: pulumi.Output[str]
    """Address for git over HTTP."""

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:Repository", name, {}, opts)
        self._name = name
        repository = self._repository(args)
        self.repository_name = repository.name
        self._labels(args)
        self._teams(args)
        if "rules" in args:
            declare_rules(name, self.repository_name, args["rules"], self._child())
            self._workflow_token()
        if "actions" in args:
            self._actions(args["actions"])
        self._values(args)
        if "code_owners" in args:
            self._code_owners(args["code_owners"])
        self.html_url = repository.html_url
        self.clone_url = repository.http_clone_url
        self.register_outputs(
            {"repositoryName": self.repository_name, "htmlUrl": self.html_url, "cloneUrl": self.clone_url}
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _repository(self, args: RepositoryArgs) -> github.Repository:
        features, merging, adopt = args["features"], args["merging"], args.get("adopt", False)
        return github.Repository(
            self._name,
            name=args["name"],
            description=args["description"],
            homepage_url=args["homepage"],
            topics=args["topics"],
            visibility=args["visibility"],
            is_template=args["template"],
            archived=args["archived"],
            web_commit_signoff_required=args["signoff"],
            has_issues=features["issues"],
            has_wiki=features["wiki"],
            has_projects=features["projects"],
            has_discussions=features["discussions"],
            allow_merge_commit=merging["merge_commits"],
            allow_squash_merge=merging["squash"],
            allow_rebase_merge=merging["rebase"],
            allow_auto_merge=merging["auto_merge"],
            allow_update_branch=merging["suggest_update"],
            delete_branch_on_merge=merging["delete_branch"],
            squash_merge_commit_title=merging["squash_title"],
            squash_merge_commit_message=merging["squash_message"],
            merge_commit_title=merging["merge_title"],
            merge_commit_message=merging["merge_message"],
            auto_init=None if adopt else True,
            opts=self._owned(args),
        )

    def _owned(self, args: RepositoryArgs) -> pulumi.ResourceOptions:
        unseen = UNSEEN_WHEN_ARCHIVED if args["archived"] else []
        if not args.get("adopt", False):
            return pulumi.ResourceOptions(parent=self, ignore_changes=unseen)
        # GitHub dropped downloads, yet reports them: left out, the import would switch them off.
        return pulumi.ResourceOptions(
            parent=self, import_=args["name"], protect=True, ignore_changes=["hasDownloads", *unseen]
        )

    def _labels(self, args: RepositoryArgs) -> None:
        for label in args.get("labels", []):
            adopted = f"{args['name']}:{label['name']}" if label.get("adopt", False) else None
            github.IssueLabel(
                f"{self._name}-{label['name']}",
                repository=self.repository_name,
                name=label["name"],
                color=label["color"],
                description=label["description"],
                opts=pulumi.ResourceOptions(parent=self, import_=adopted),
            )

    def _teams(self, args: RepositoryArgs) -> None:
        for access in args.get("teams", []):
            github.TeamRepository(
                f"{self._name}-{access['team']}",
                repository=self.repository_name,
                team_id=access.get("team_id", access["team"]),
                permission=access["permission"],
                opts=self._child(),
            )

    def _actions(self, policy: ActionsPolicyArgs) -> None:
        github.ActionsRepositoryPermissions(
            self._name,
            repository=self.repository_name,
            enabled=True,
            allowed_actions="selected",
            allowed_actions_config={
                "github_owned_allowed": policy["github_owned"],
                "verified_allowed": policy["verified"],
                "patterns_alloweds": policy["patterns"],
            },
            sha_pinning_required=policy["sha_pinning"],
            opts=self._child(),
        )

    def _workflow_token(self) -> None:
        """Read-only unless a job asks for more, and never a reviewer: else a workflow could approve its own change."""
        github.WorkflowRepositoryPermissions(
            self._name,
            repository=self.repository_name,
            default_workflow_permissions="read",
            can_approve_pull_request_reviews=False,
            opts=self._child(),
        )

    def _values(self, args: RepositoryArgs) -> None:
        for variable, text in args.get("variables", {}).items():
            github.ActionsVariable(
                f"{self._name}-{variable}",
                repository=self.repository_name,
                variable_name=variable,
                value=text,
                opts=self._child(),
            )
        for secret, value in args.get("secrets", {}).items():
            github.ActionsSecret(
                f"{self._name}-{secret}",
                repository=self.repository_name,
                secret_name=secret,
                value=pulumi.Output.secret(value),
                opts=self._child(),
            )

    def _code_owners(self, owners: dict[str, list[str]]) -> None:
        lines = [f"{pattern} {' '.join(people)}" for pattern, people in owners.items()]
        github.RepositoryFile(
            f"{self._name}-codeowners",
            repository=self.repository_name,
            file=".github/CODEOWNERS",
            content="\n".join([*lines, ""]),
            commit_message="Declare .github/CODEOWNERS",
            overwrite_on_create=True,
            opts=self._child(),
        )
