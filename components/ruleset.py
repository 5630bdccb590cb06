"""Rules on a repository's branches and tags. The deployer's App is the only one that they let past.

A plain function rather than a component: the rules belong to their repository.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github

DEFAULT_BRANCH = "~DEFAULT_BRANCH"


class RulesArgs(TypedDict):
    """Rules on a repository's refs."""

    branches: list[str]
    """Branch name patterns, or ``~DEFAULT_BRANCH``."""
    approvals: NotRequired[int]
    """Approving reviews that a pull request needs, 0 to 10; default 0."""
    code_owner_review: NotRequired[bool]
    """Whether code owners must approve; default false."""
    dismiss_stale_reviews: NotRequired[bool]
    """Whether a push takes approvals back; default false."""
    resolve_conversations: NotRequired[bool]
    """Whether every review thread must be resolved; default false."""
    linear_history: NotRequired[bool]
    """Whether merge commits are refused; default false."""
    up_to_date: NotRequired[bool]
    """Whether checks must have run on the newest target branch; default false."""
    restrict_creation: NotRequired[bool]
    """Whether only the App may make branches of these names; default false."""
    required_checks: NotRequired[list[str]]
    """Names of checks that must pass; default none."""
    immutable_tags: NotRequired[list[str]]
    """Tag name patterns that are neither moved nor deleted; default none."""
    bypass_app_id: int
    """Id of the GitHub App that the rules let past."""


def declare_rules(name: str, repository: pulumi.Input[str], rules: RulesArgs, opts: pulumi.ResourceOptions) -> None:
    """Register the branch rules of ``repository`` and, where tags are immutable, the tag rules."""
    bypass: list[github.RepositoryRulesetBypassActorArgsDict] = [
        {"actor_id": rules["bypass_app_id"], "actor_type": "Integration", "bypass_mode": "always"}
    ]
    github.RepositoryRuleset(
        f"{name}-branches",
        name="branches",
        repository=repository,
        target="branch",
        enforcement="active",
        bypass_actors=bypass,
        conditions=_conditions("refs/heads/", rules["branches"]),
        rules=_branch_rules(rules),
        opts=opts,
    )
    if tags := rules.get("immutable_tags"):
        github.RepositoryRuleset(
            f"{name}-tags",
            name="tags",
            repository=repository,
            target="tag",
            enforcement="active",  # without bypass: nobody moves what was released
            conditions=_conditions("refs/tags/", tags),
            rules=github.RepositoryRulesetRulesArgs(update=True, deletion=True),
            opts=opts,
        )


def _conditions(prefix: str, names: list[str]) -> github.RepositoryRulesetConditionsArgsDict:
    includes = [name if name == DEFAULT_BRANCH else f"{prefix}{name}" for name in names]
    return {"ref_name": {"includes": includes, "excludes": []}}


def _branch_rules(rules: RulesArgs) -> github.RepositoryRulesetRulesArgsDict:
    declared: github.RepositoryRulesetRulesArgsDict = {
        "creation": rules.get("restrict_creation", False),
        "deletion": True,
        "non_fast_forward": True,
        "required_linear_history": rules.get("linear_history", False),
        "pull_request": {
            "required_approving_review_count": rules.get("approvals", 0),
            "require_code_owner_review": rules.get("code_owner_review", False),
            "dismiss_stale_reviews_on_push": rules.get("dismiss_stale_reviews", False),
            "required_review_thread_resolution": rules.get("resolve_conversations", False),
            # Whoever pushed last may not be the one who approves: a commit on somebody else's pull request.
            "require_last_push_approval": rules.get("approvals", 0) > 0,
        },
    }
    if checks := rules.get("required_checks"):
        declared["required_status_checks"] = {
            "required_checks": [{"context": check} for check in checks],
            "strict_required_status_checks_policy": rules.get("up_to_date", False),
        }
    return declared
