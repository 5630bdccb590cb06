"""What ``Repository`` registers."""

import pytest

from components.repository import Repository

ARGS = {
    "name": "chat",
    "description": "business layer",
    "homepage": "",
    "topics": ["im"],
    "visibility": "public",
    "template": False,
    "archived": False,
    "signoff": False,
    "features": {"issues": True, "wiki": True, "projects": False, "discussions": False},
    "merging": {
        "merge_commits": True,
        "squash": True,
        "rebase": False,
        "auto_merge": False,
        "suggest_update": False,
        "delete_branch": True,
        "squash_title": "PR_TITLE",
        "squash_message": "PR_BODY",
        "merge_title": "MERGE_MESSAGE",
        "merge_message": "PR_TITLE",
    },
}
RULES = {
    "branches": ["~DEFAULT_BRANCH", "release-*"],
    "approvals": 1,
    "code_owner_review": True,
    "dismiss_stale_reviews": True,
    "resolve_conversations": True,
    "linear_history": True,
    "up_to_date": True,
    "required_checks": ["Lint", "Test"],
    "immutable_tags": ["v*"],
    "bypass_app_id": 7,
}


@pytest.fixture
def made(record):
    """``made(**args)``: what a repository with these arguments registers, by resource type."""

    def run(**args):
        found = {}
        for one in record(lambda: Repository("chat", {**ARGS, **args})):
            found.setdefault(one.type.rpartition(":")[2], []).append(one)
        return found

    return run


def test_a_plain_repository_is_one_resource(made):
    """Nothing that was not asked for is declared."""
    resources = made()
    assert {kind: len(ones) for kind, ones in resources.items()} == {"Repository": 2}


def test_an_adopted_repository_is_imported_and_protected(made):
    """It is taken over under its own name; destroying the stack cannot delete it."""
    repository = made(adopt=True)["Repository"][1]
    assert (repository.import_id, repository.protect) == ("chat", True)
    assert "autoInit" not in repository.inputs
    assert repository.ignore_changes == ["hasDownloads"]


def test_a_new_repository_has_a_first_commit(made):
    """Rules and files need a default branch."""
    repository = made()["Repository"][1]
    assert (repository.import_id, repository.protect, repository.inputs["autoInit"]) == ("", False, True)


def test_every_setting_is_written_out(made):
    """An import would reset what is left out; deprecated settings, which the provider warns of, are not sent."""
    inputs = made(adopt=True)["Repository"][1].inputs
    assert {"hasWiki", "hasIssues", "hasProjects", "hasDiscussions", "allowUpdateBranch", "isTemplate"} <= set(inputs)
    assert {"allowMergeCommit", "allowSquashMerge", "allowRebaseMerge", "deleteBranchOnMerge"} <= set(inputs)
    assert {"squashMergeCommitTitle", "squashMergeCommitMessage", "mergeCommitTitle"} <= set(inputs)
    assert not {"hasDownloads", "defaultBranch", "private", "vulnerabilityAlerts"} & set(inputs)


def test_labels_stand_one_by_one(made):
    """Labels that nobody declared stay; one that exists is adopted."""
    labels = [
        {"name": "size/XS", "color": "3CBF00", "description": ""},
        {"name": "bug", "color": "D73A4A", "description": "broken", "adopt": True},
    ]
    resources = made(labels=labels)
    adopted = {one.inputs["name"]: one.import_id for one in resources["IssueLabel"]}
    assert adopted == {"size/XS": "", "bug": "chat:bug"}
    assert "IssueLabels" not in resources


def targeting(rulesets, target):
    (one,) = (ruleset.inputs for ruleset in rulesets if ruleset.inputs["target"] == target)
    return one


def test_rules_bind_everybody_but_the_deployers_app(made):
    """Administrators are held to them too."""
    rulesets = made(rules=RULES)["RepositoryRuleset"]
    assert {ruleset.inputs["target"] for ruleset in rulesets} == {"branch", "tag"}
    assert {ruleset.inputs["enforcement"] for ruleset in rulesets} == {"active"}
    app = [{"actorId": 7, "actorType": "Integration", "bypassMode": "always"}]
    assert targeting(rulesets, "branch")["bypassActors"] == app
    assert "bypassActors" not in targeting(rulesets, "tag")


def test_branch_rules_ask_for_a_reviewed_and_checked_pull_request(made):
    """One review by a code owner, taken back by a push; threads resolved; history linear; checks up to date."""
    branches = targeting(made(rules=RULES)["RepositoryRuleset"], "branch")
    assert branches["conditions"]["refName"] == {
        "includes": ["~DEFAULT_BRANCH", "refs/heads/release-*"],
        "excludes": [],
    }
    assert branches["rules"] == {
        "creation": False,
        "deletion": True,
        "nonFastForward": True,
        "requiredLinearHistory": True,
        "pullRequest": {
            "requiredApprovingReviewCount": 1,
            "requireCodeOwnerReview": True,
            "dismissStaleReviewsOnPush": True,
            "requiredReviewThreadResolution": True,
            "requireLastPushApproval": True,
        },
        "requiredStatusChecks": {
            "requiredChecks": [{"context": "Lint"}, {"context": "Test"}],
            "strictRequiredStatusChecksPolicy": True,
        },
    }


def test_tags_neither_move_nor_vanish(made):
    """A release's tag stays what it was; new ones may be made."""
    tags = targeting(made(rules=RULES)["RepositoryRuleset"], "tag")
    assert (tags["target"], tags["rules"]) == ("tag", {"update": True, "deletion": True})
    assert tags["conditions"]["refName"]["includes"] == ["refs/tags/v*"]


def test_without_checks_none_are_required(made):
    """GitHub refuses an empty list."""
    rules = {key: value for key, value in RULES.items() if key not in {"required_checks", "immutable_tags"}}
    (branches,) = made(rules=rules)["RepositoryRuleset"]
    assert "requiredStatusChecks" not in branches.inputs["rules"]


def test_teams_are_given_by_id(made):
    """A rename of the team takes no access away."""
    (access,) = made(teams=[{"team": "sre", "team_id": "12", "permission": "push"}])["TeamRepository"]
    assert access.inputs == {"repository": "chat", "teamId": "12", "permission": "push"}


def test_workflows_use_selected_actions(made):
    """Pinned ones of GitHub and of the listed owners."""
    policy = {"github_owned": True, "verified": False, "patterns": ["docker/*"], "sha_pinning": True}
    (permissions,) = made(actions=policy)["ActionsRepositoryPermissions"]
    assert permissions.inputs["allowedActions"] == "selected"
    assert permissions.inputs["shaPinningRequired"] is True
    assert permissions.inputs["allowedActionsConfig"] == {
        "githubOwnedAllowed": True,
        "verifiedAllowed": False,
        "patternsAlloweds": ["docker/*"],
    }


def test_secrets_are_secret_and_variables_are_not(made):
    """A secret's value is never sent in clear."""
    resources = made(secrets={"TOKEN": "hunter2"}, variables={"REGION": "cn"})
    (secret,), (variable,) = resources["ActionsSecret"], resources["ActionsVariable"]
    assert (secret.inputs["value"], secret.secrets) == ("hunter2", ["value"])
    assert (variable.inputs["value"], variable.secrets) == ("cn", [])


def test_code_owners_are_a_file(made):
    """One line for each pattern, where GitHub looks first."""
    (file,) = made(code_owners={"*": ["@o/sre", "@ann"], "docs/": ["@bob"]})["RepositoryFile"]
    assert file.inputs["file"] == ".github/CODEOWNERS"
    assert file.inputs["content"] == "* @o/sre @ann\ndocs/ @bob\n"


def test_everything_hangs_below_the_component(made):
    """So a provider given to the component reaches all of it."""
    labels = [{"name": "bug", "color": "D73A4A", "description": ""}]
    resources = made(labels=labels, rules=RULES, variables={"A": "1"})
    component = resources["Repository"][0]
    rest = [one for ones in resources.values() for one in ones if one is not component]
    assert {one.parent for one in rest} == {component.urn}


def test_an_archived_repository_is_left_alone(made):
    """What GitHub no longer reports of it is not taken for a change."""
    repository = made(adopt=True, archived=True)["Repository"][1]
    assert {"hasDownloads", "allowMergeCommit", "deleteBranchOnMerge"} <= set(repository.ignore_changes)


def test_a_workflows_token_reads_and_never_reviews(made):
    """Else a workflow could approve the change that brought it."""
    (token,) = made(rules=RULES)["WorkflowRepositoryPermissions"]
    assert token.inputs["defaultWorkflowPermissions"] == "read"
    assert token.inputs["canApprovePullRequestReviews"] is False
