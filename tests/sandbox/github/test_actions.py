"""Environments, secrets, variables and permissions of Actions."""

from base64 import b64decode, b64encode

import pytest
from nacl.public import PublicKey, SealedBox

from sandbox.github.actions_secrets import open_all
from sandbox.github.scopes import Scope
from sandbox.github.store import Store


def sealed(key: str, value: str) -> str:

    return b64encode(SealedBox(PublicKey(b64decode(key))).encrypt(value.encode())).decode()


@pytest.fixture
def environment(deployer, repository):
    """An environment whose name has a slash."""
    path = f"/repos/openimsdk/{repository}/environments/prod%2Feu"
    deployer.put(path, json={}).raise_for_status()
    return path


def test_a_secret_is_sealed_and_never_told(github, deployer, repository):
    """A value sealed with the published key is kept sealed, opens inside the sandbox, and no answer contains it."""
    api = github.typed()
    key = api.rest.actions.get_repo_public_key("openimsdk", repository).parsed_data
    arguments = {"encrypted_value": sealed(key.key, "open sesame"), "key_id": key.key_id}
    path = f"/repos/openimsdk/{repository}/actions/secrets/registry_password"
    assert deployer.put(path, json=arguments).status_code == 201
    assert deployer.put(path, json=arguments).status_code == 204
    assert api.rest.actions.get_repo_secret("openimsdk", repository, "REGISTRY_PASSWORD").parsed_data.created_at
    listed = deployer.get(f"/repos/openimsdk/{repository}/actions/secrets")
    assert listed.json()["secrets"][0]["name"] == "REGISTRY_PASSWORD"
    assert "sesame" not in listed.text
    assert not [f for f in github.root.glob("github.sqlite*") if b"open sesame" in f.read_bytes()]
    with Store(github.root / "github.sqlite").transaction(write=False) as db:
        row = db.one("SELECT * FROM repositories WHERE name = ?", repository)
        assert open_all(db, Scope(row, 0)) == {"REGISTRY_PASSWORD": "open sesame"}


def test_a_secret_that_could_not_be_used_is_refused(deployer, repository):
    """Another key's id, a box that does not open, and a reserved name are 422."""
    path = f"/repos/openimsdk/{repository}/actions/secrets"
    key = deployer.get(f"{path}/public-key").json()
    other = deployer.get("/repos/openimsdk/chat/actions/secrets/public-key").json()
    foreign = {"encrypted_value": sealed(other["key"], "x"), "key_id": key["key_id"]}
    assert deployer.put(f"{path}/A", json=foreign).json()["errors"][0]["field"] == "encrypted_value"
    wrong_id = {"encrypted_value": sealed(key["key"], "x"), "key_id": other["key_id"]}
    assert deployer.put(f"{path}/A", json=wrong_id).json()["errors"][0]["field"] == "key_id"
    right = {"encrypted_value": sealed(key["key"], "x"), "key_id": key["key_id"]}
    assert deployer.put(f"{path}/GITHUB_X", json=right).status_code == 422
    assert deployer.get(path).json()["total_count"] == 0


def test_environment_secrets_and_variables(github, deployer, repository, environment):
    """They live in their environment, under both of its addresses, and go with it."""
    number = deployer.get(f"/repos/openimsdk/{repository}").json()["id"]
    by_number = f"/repositories/{number}/environments/prod%2Feu/secrets"
    key = deployer.get(f"{by_number}/public-key").json()
    body = {"encrypted_value": sealed(key["key"], "x"), "key_id": key["key_id"]}
    assert deployer.put(f"{by_number}/KUBE", json=body).status_code == 201
    assert deployer.get(f"{environment}/secrets/KUBE").status_code == 200
    assert deployer.get(f"/repos/openimsdk/{repository}/actions/secrets/KUBE").status_code == 404
    assert deployer.post(f"{environment}/variables", json={"name": "stage", "value": "prod"}).status_code == 201
    assert deployer.get(f"{environment}/variables/STAGE").json()["value"] == "prod"
    assert deployer.delete(environment).status_code == 204
    deployer.put(environment, json={}).raise_for_status()
    assert deployer.get(f"{environment}/secrets").json()["total_count"] == 0


def test_variables(github, deployer, repository):
    """Variables are made once, changed, renamed, listed and deleted."""
    api = github.typed()
    api.rest.actions.create_repo_variable("openimsdk", repository, name="registry", value="one")
    path = f"/repos/openimsdk/{repository}/actions/variables"
    assert deployer.post(path, json={"name": "REGISTRY", "value": "x"}).status_code == 409
    assert deployer.patch(f"{path}/registry", json={"name": "REG", "value": "two"}).status_code == 204
    assert api.rest.actions.get_repo_variable("openimsdk", repository, "REG").parsed_data.value == "two"
    assert api.rest.actions.list_repo_variables("openimsdk", repository).parsed_data.total_count == 1
    assert deployer.post(path, json={"name": "1X", "value": "x"}).status_code == 422
    assert deployer.delete(f"{path}/REG").status_code == 204


def test_an_environments_rules(github, deployer, repository, environment):
    """Reviewers, wait timer and branch policies are what was put, and what is left out is set back."""
    reviewers = [{"type": "Team", "id": 1}, {"type": "User", "id": 70000002}]
    policy = {"protected_branches": False, "custom_branch_policies": True}
    body = {"wait_timer": 30, "prevent_self_review": True, "can_admins_bypass": False, "reviewers": reviewers}
    deployer.put(environment, json=body | {"deployment_branch_policy": policy}).raise_for_status()
    api = github.typed()
    listed = api.rest.repos.get_all_environments("openimsdk", repository).parsed_data
    rules = {rule.type: rule for rule in listed.environments[0].protection_rules}
    assert rules["wait_timer"].wait_timer == 30
    assert [reviewer.reviewer.id for reviewer in rules["required_reviewers"].reviewers] == [1, 70000002]
    assert rules["required_reviewers"].prevent_self_review is True
    made = deployer.post(f"{environment}/deployment-branch-policies", json={"name": "release-*"})
    assert (made.status_code, made.json()["type"]) == (200, "branch")
    assert deployer.get(f"{environment}/deployment-branch-policies").json()["total_count"] == 1
    deployer.put(environment, json={}).raise_for_status()
    assert deployer.get(environment).json()["protection_rules"] == []
    assert deployer.post(f"{environment}/deployment-branch-policies", json={"name": "x"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"wait_timer": 43201},
        {"reviewers": [{"type": "User", "id": 1}]},
        {"reviewers": [{"type": "Team", "id": n} for n in range(1, 8)]},
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
    ],
)
def test_impossible_environments_are_refused(deployer, environment, body):
    """What GitHub would not take is 422."""
    assert deployer.put(environment, json=body).status_code == 422


def test_permissions_of_actions(github, deployer, repository):
    """Which actions may run, for a repository and for the organisation."""
    api = github.typed()
    actions = api.rest.actions
    actions.set_github_actions_permissions_repository("openimsdk", repository, enabled=True, allowed_actions="selected")
    selected = {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": ["docker/*"]}
    actions.set_allowed_actions_repository("openimsdk", repository, **selected)
    found = actions.get_github_actions_permissions_repository("openimsdk", repository).parsed_data
    assert (found.enabled, found.allowed_actions) == (True, "selected")
    allowed = actions.get_allowed_actions_repository("openimsdk", repository).parsed_data
    assert allowed.patterns_allowed == ["docker/*"]
    assert deployer.get("/repos/openimsdk/chat/actions/permissions/selected-actions").status_code == 409
    actions.set_github_actions_permissions_organization(
        "openimsdk", enabled_repositories="selected", allowed_actions="all"
    )
    actions.set_selected_repositories_enabled_github_actions_organization(
        "openimsdk", selected_repository_ids=[80000001]
    )
    enabled = actions.list_selected_repositories_enabled_github_actions_organization("openimsdk").parsed_data
    assert [repo.name for repo in enabled.repositories] == ["open-im-server"]
    actions.set_github_actions_permissions_organization("openimsdk", enabled_repositories="all")
    workflow = actions.get_github_actions_default_workflow_permissions_repository("openimsdk", repository).parsed_data
    assert workflow.default_workflow_permissions == "read"
