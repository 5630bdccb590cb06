"""What ``Team`` and ``DeploymentEnvironment`` register."""

from components.deployment_environment import DeploymentEnvironment
from components.team import Team

MEMBERS = [{"login": "ann", "role": "maintainer"}, {"login": "bob", "role": "member"}]


def test_a_new_team_is_created_with_its_members(record):
    """GitHub derives the slug, and members are set by it."""
    component, team, members = record(lambda: Team("sre", {"name": "sre", "members": MEMBERS}))
    assert (team.inputs["privacy"], team.import_id, team.protect) == ("closed", "", False)
    assert members.inputs["members"] == [
        {"username": "ann", "role": "maintainer"},
        {"username": "bob", "role": "member"},
    ]
    assert team.parent == members.parent == component.urn


def test_an_adopted_team_is_imported_and_protected(record):
    """Team and membership are both taken over by the team's id."""
    _, *both = record(lambda: Team("old", {"name": "Old", "members": MEMBERS, "adopt_id": 12}))
    assert [(one.import_id, one.protect) for one in both] == [("12", True), ("12", True)]


def test_an_environment_without_reviewers_asks_nobody(record):
    """Staging deploys by itself, from its branches only."""
    args = {"repository": "infra", "environment": "staging", "branches": ["main", "release-*"]}
    _, environment, *policies = record(lambda: DeploymentEnvironment("staging", args))
    assert "reviewers" not in environment.inputs
    assert "waitTimer" not in environment.inputs
    assert environment.inputs["preventSelfReview"] is False
    assert environment.inputs["deploymentBranchPolicy"] == {"protectedBranches": False, "customBranchPolicies": True}
    assert {one.inputs["branchPattern"] for one in policies} == {"main", "release-*"}


def test_nobody_lets_his_own_deployment_through(record):
    """Unless the settings say so."""
    args = {"repository": "infra", "environment": "prod", "branches": ["main"], "reviewer_teams": [3]}
    assert record(lambda: DeploymentEnvironment("prod", args))[1].inputs["preventSelfReview"] is True
    lenient = record(lambda: DeploymentEnvironment("prod", {**args, "self_review": True}))[1]
    assert lenient.inputs["preventSelfReview"] is False
