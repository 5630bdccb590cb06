"""Environments hold jobs back, and give their secrets to the jobs that they let through."""

from base64 import b64decode, b64encode

import pytest
from githubkit_schemas.latest import models
from nacl.public import PublicKey, SealedBox

from tests.sandbox.runner.conftest import Organisation

WORKFLOW = ".github/workflows/deploy.yml"
DEPLOY = """
name: Deploy
on: push
permissions: {}
env: {REPOSITORY_SECRET: "${{ secrets.SHARED }}"}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps: [{run: 'test -z "$OWN" && test "$REPOSITORY_SECRET" = for-all-jobs', env: {OWN: "${{ secrets.OWN }}"}}]
  deploy:
    needs: build
    environment: {name: prod, url: "https://example.openim/${{ steps.at.outputs.path }}"}
    runs-on: ubuntu-24.04
    steps:
      - {id: at, run: 'echo "path=$WHERE" >> "$GITHUB_OUTPUT"; echo "it is $OWN"; test "$OWN" = of-production',
         env: {OWN: "${{ secrets.OWN }}", WHERE: "${{ vars.WHERE }}"}}
"""


def seal(organisation: Organisation, place: str, name: str, value: str) -> None:
    key = organisation.call("GET", f"{place}/public-key").raise_for_status().json()
    sealed = SealedBox(PublicKey(b64decode(key["key"]))).encrypt(value.encode())
    body = {"encrypted_value": b64encode(sealed).decode(), "key_id": key["key_id"]}
    organisation.call("PUT", f"{place}/{name}", **body).raise_for_status()


@pytest.fixture
def held(organisation: Organisation, request: pytest.FixtureRequest) -> str:
    """A repository whose environment prod asks ines-sre."""
    name = request.node.name.replace("_", "-")[:40]
    organisation.create(name)
    base = f"/repos/openimsdk/{name}"
    ines = organisation.call("GET", "/users/ines-sre").json()["id"]
    rules = {"reviewers": [{"type": "User", "id": ines}], "prevent_self_review": True}
    organisation.call("PUT", f"{base}/environments/prod", **rules).raise_for_status()
    seal(organisation, f"{base}/actions/secrets", "SHARED", "for-all-jobs")
    seal(organisation, f"{base}/environments/prod/secrets", "OWN", "of-production")
    organisation.call("POST", f"{base}/environments/prod/variables", name="WHERE", value="here").raise_for_status()
    organisation.push(name, {WORKFLOW: DEPLOY})
    return name


def test_a_reviewer_lets_a_deployment_through(organisation: Organisation, held: str) -> None:
    """Until then it waits; nobody else's word counts; afterwards the deployment is recorded with its address."""
    run = organisation.run(held, status="waiting")
    base = f"/repos/openimsdk/{held}"
    pending = f"{base}/actions/runs/{run['id']}/pending_deployments"
    [waiting] = organisation.call("GET", pending, who="ines-sre").json()
    assert models.PendingDeployment.model_validate(waiting).environment.name == "prod"
    assert waiting["current_user_can_approve"]
    word = {"environment_ids": [waiting["environment"]["id"]], "state": "approved", "comment": "go"}
    assert organisation.call("POST", pending, who="owner", **word).status_code == 422
    organisation.call("POST", pending, who="ines-sre", **word).raise_for_status()
    run = organisation.run(held)
    assert run["conclusion"] == "success", organisation.log(held, organisation.jobs(held, run)["deploy"])
    [approval] = organisation.call("GET", f"{base}/actions/runs/{run['id']}/approvals").json()
    assert models.EnvironmentApprovals.model_validate(approval).user.login == "ines-sre"
    [deployment] = organisation.call("GET", f"{base}/deployments").json()
    statuses = organisation.call("GET", f"{base}/deployments/{deployment['id']}/statuses").json()
    assert [status["state"] for status in statuses] == ["success", "in_progress", "queued", "waiting"]
    assert statuses[0]["environment_url"] == "https://example.openim/here"


def test_secrets_do_not_show_in_logs(organisation: Organisation, held: str) -> None:
    """Not even where a step prints them."""
    run = organisation.run(held, status="waiting")
    pending = f"/repos/openimsdk/{held}/actions/runs/{run['id']}/pending_deployments"
    [waiting] = organisation.call("GET", pending).json()
    word = {"environment_ids": [waiting["environment"]["id"]], "state": "approved", "comment": ""}
    organisation.call("POST", pending, who="ines-sre", **word).raise_for_status()
    log = organisation.log(held, organisation.jobs(held, organisation.run(held))["deploy"])
    assert "it is ***" in log
    assert "of-production" not in log


def test_a_rejection_ends_the_job(organisation: Organisation, held: str) -> None:
    """It fails without having run."""
    run = organisation.run(held, status="waiting")
    pending = f"/repos/openimsdk/{held}/actions/runs/{run['id']}/pending_deployments"
    [waiting] = organisation.call("GET", pending).json()
    word = {"environment_ids": [waiting["environment"]["id"]], "state": "rejected", "comment": "no"}
    organisation.call("POST", pending, who="ines-sre", **word).raise_for_status()
    run = organisation.run(held)
    assert run["conclusion"] == "failure"
    assert organisation.jobs(held, run)["deploy"]["runner_name"] is None


def test_a_branch_that_may_not_deploy_does_not(organisation: Organisation, held: str) -> None:
    """Its job fails with the reason, and sees no secret."""
    base = f"/repos/openimsdk/{held}"
    policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    organisation.call("PUT", f"{base}/environments/prod", **policy).raise_for_status()
    policies = f"{base}/environments/prod/deployment-branch-policies"
    organisation.call("POST", policies, name="release-*").raise_for_status()
    organisation.push(held, {"a": "b"}, branch="feature")
    run = organisation.run(held, branch="feature")
    checks = organisation.call("GET", f"{base}/commits/feature/check-runs").json()["check_runs"]
    assert run["conclusion"] == "failure"
    [check] = [check for check in checks if check["name"] == "deploy"]
    assert 'Branch "feature" is not allowed to deploy to prod' in check["output"]["title"]
