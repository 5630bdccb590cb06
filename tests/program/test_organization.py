"""What ``Organization`` composes of OpenIM's real estate."""

from itertools import pairwise

import pytest
from pydantic import SecretStr

from components.organization import Organization
from components.organization_arguments import organization_args
from model.approval import Approval
from model.declaration import DeclaredOrganization
from model.estate import assemble
from model.settings import EstateFiles, Mirror, Registry
from model.settings import Organization as OrganizationSettings

SETTINGS = OrganizationSettings.model_validate(
    {
        "name": "openimsdk",
        "deployerAppId": 7,
        "webhook": {"url": "https://ci.example.org/hook", "handles": ["push"]},
        "dispatchToken": "hunter2",
    }
)
OWN = ("machine", "preview")
MIRROR = Mirror(address="ghcr.io/openimsdk", username="ci", password=SecretStr("hunter2"))
REGISTRY = Registry(
    host="127.0.0.1:5000", username="ci", password=SecretStr("hunter2"), mirrors={"ghcr": MIRROR, "aliyun": MIRROR}
)
APPROVALS = {
    "shared": Approval(),
    "staging": Approval(),
    "prod": Approval(required=2, approvers=("team/release-managers", "team/sre"), wait_minutes=5),
}


@pytest.fixture(scope="module")
def estate(root):
    return assemble(
        EstateFiles(), lambda file: (root / file).read_text(), "openim-cicd", APPROVALS, mirrors=REGISTRY.mirrors
    )


@pytest.fixture
def made(record, estate):
    """What the organisation registers, by resource type."""
    args = organization_args(DeclaredOrganization(SETTINGS, REGISTRY, estate))
    found = {}
    for one in record(lambda: Organization("openimsdk", args), stack="shared"):
        found.setdefault(one.type.rpartition(":")[2], []).append(one)
    return found


def custom(ones):
    return [one for one in ones if one.custom]


def test_all_repositories_exist_and_only_ours_is_created(made):
    """The organisation's 55 repositories are adopted; the infrastructure repository is new."""
    repositories = custom(made["Repository"])
    created = [one.inputs["name"] for one in repositories if not one.import_id]
    assert (len(repositories), created) == (56, ["openim-cicd"])
    assert all(one.protect == bool(one.import_id) for one in repositories)


def test_adopting_renames_nothing(made):
    """Each is imported under the name that it keeps."""
    adopted = [one for one in custom(made["Repository"]) if one.import_id]
    assert all(one.import_id == one.inputs["name"] for one in adopted)


def test_every_required_check_is_a_job_on_pull_requests(estate):
    """No pull request waits for a check that nothing reports, and no check is forgotten."""
    for declared in estate.repositories:
        produced = [check for workflow in declared.workflows for check in workflow.checks("pull_request")]
        if declared.ruleset:
            assert set(declared.repository.required_checks) == set(produced)


def test_each_repository_of_the_machine_has_its_hook_rules_and_workflow(made):
    """What is built, deployed or released is watched and protected."""
    hooked = {one.inputs["repository"] for one in made["RepositoryWebhook"]}
    ruled = {one.inputs["repository"] for one in made["RepositoryRuleset"]}
    built = {one.inputs["repository"] for one in made["RepositoryFile"] if "workflows" in one.inputs["file"]}
    assert hooked == ruled == {
        "open-im-server", "chat", "openim-docker", "helm-charts", "openim-sdk-core", "tools", "protocol", "gomake",
        "openim-msggateway-proxy", "openim-cicd",
    }  # fmt: skip
    assert built == hooked - {"openim-docker", "helm-charts"}


def test_only_repositories_that_build_images_get_credentials(made):
    """A push credential is where it is needed and nowhere else."""
    pushing = {one.inputs["repository"] for one in made["ActionsEnvironmentSecret"]}
    assert pushing == {"open-im-server", "chat", "openim-msggateway-proxy"}
    names = {one.inputs["secretName"] for one in made["ActionsEnvironmentSecret"]}
    mirrors = {f"REGISTRY_{mirror}_{what}" for mirror in ("GHCR", "ALIYUN") for what in ("USERNAME", "PASSWORD")}
    assert names == {"DOCKER_USERNAME", "DOCKER_PASSWORD", "DISPATCH_TOKEN"} | mirrors
    assert all(one.secrets == ["value"] for one in made["ActionsEnvironmentSecret"])


def test_teams_are_adopted_or_created(made):
    """The four of OpenIM are taken over with their members; those of the machine are new."""
    adopted = {one.inputs["name"] for one in custom(made["Team"]) if one.import_id}
    created = {one.inputs["name"] for one in custom(made["Team"]) if not one.import_id}
    assert adopted == {"maintainers", "OpenIM-maintainers", "OpenIM-approvers", "contributors"}
    assert created == {"release-managers", "sre", "qa", "automation"}
    assert all(bool(one.import_id) == (one.protect) for one in made["TeamMembers"])


def test_production_waits_for_its_reviewers(made):
    """Who approves and how long a job waits come from that stage's own settings; administrators wait too."""
    environments = {one.inputs["environment"]: one.inputs for one in made["RepositoryEnvironment"]}
    prod, staging = environments["prod"], environments["staging"]
    assert len(prod["reviewers"][0]["teams"]) == 2
    assert (prod["waitTimer"], prod["preventSelfReview"], prod["canAdminsBypass"]) == (5, True, False)
    assert "reviewers" not in staging
    policies = [one.inputs for one in made["RepositoryEnvironmentDeploymentPolicy"]]
    assert {one["branchPattern"] for one in policies if one["environment"] in {"prod", "staging"}} == {"main"}


def test_the_machines_own_environments_are_open_to_its_branch_only(made):
    """Whoever writes releases down runs from the branch; what only looks also runs for pull requests."""
    policies = [one.inputs for one in made["RepositoryEnvironmentDeploymentPolicy"]]
    opened = {name: {one["branchPattern"] for one in policies if one["environment"] == name} for name in OWN}
    assert opened == {"machine": {"main"}, "preview": {"main", "refs/pull/*/merge"}}


def test_files_of_one_repository_are_committed_one_after_the_other(made):
    """Two commits at once to one branch refuse each other."""
    workflows = [one for one in made["Workflow"] if one.name.startswith("openim-cicd-")]
    assert [one.name.removeprefix("openim-cicd-") for one in workflows] == [
        "preview",
        "release",
        "deploy",
        "commands",
        "drift",
    ]
    for earlier, later in pairwise(workflows):
        (file,) = (one for one in made["RepositoryFile"] if one.parent == earlier.urn)
        assert file.urn in later.depends_on


def test_no_secret_is_sent_in_clear(made):
    """Every input that carries a credential is marked, and so is the output that carries hook secrets."""
    for one in (one for ones in made.values() for one in ones):
        shown = {key: value for key, value in one.inputs.items() if key not in one.secrets}
        assert "hunter2" not in str(shown)
