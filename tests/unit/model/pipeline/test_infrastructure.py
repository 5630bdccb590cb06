"""The infrastructure repository's own workflows: who may do what, in which order, with whose credentials."""

import pytest

from model.pipeline.actions import Action, Actions
from model.pipeline.infrastructure import ACTIONS, MACHINE, PREVIEW, Pipeline, Stage, workflows
from model.pipeline.workflow import Event

TABLE = Actions(Action(action=action, version="v1.0.0", commit="1" * 40) for action in ACTIONS)
STAGES = (
    Stage("shared", ("DISPATCH_TOKEN", "GITHUB_OWNER", "WEBHOOK_URL")),
    Stage("staging", ("KUBECONFIG_STAGING", "REGISTRY", "REGISTRY_PASSWORD")),
    Stage("prod", ("KUBECONFIG_PROD", "REGISTRY", "REGISTRY_PASSWORD")),
)
PIPELINE = Pipeline.model_validate({"tools": {"python": "3.12", "pulumi": "3.259.0"}})


@pytest.fixture(scope="module")
def made():
    """The workflows by the name of their file."""
    ones = workflows("machine", PIPELINE, STAGES, ("server", "infra"), TABLE)
    return {one.path.rpartition("/")[2]: one for one in ones}


def jobs(workflow):
    return {one.id: one for one in workflow.jobs}


def values(job):
    return [str(value) for step in job.steps for value in (*step.inputs.values(), *step.environment.values())]


def test_there_is_one_for_each_thing_that_happens(made):
    """Previews, releases, deployments, commands, drift."""
    assert sorted(made) == ["commands.yml", "deploy.yml", "drift.yml", "preview.yml", "release.yml"]


def test_every_stage_is_previewed_deployed_and_watched(made):
    """No stage is forgotten, and a pull request reports a check for each."""
    assert made["preview.yml"].checks(Event.pull_request) == (
        "Stages",
        "Preview shared",
        "Preview staging",
        "Preview prod",
    )
    assert made["deploy.yml"].checks(Event.push) == ("Stages", "Deploy shared", "Deploy staging", "Deploy prod")
    assert made["drift.yml"].checks(Event.schedule) == ("Drift shared", "Drift staging", "Drift prod")


def test_stages_are_deployed_one_after_the_other_and_each_behind_its_environment(made):
    """Production waits for staging, also where staging had nothing to do; two deployments of a stage never overlap."""
    deploy = jobs(made["deploy.yml"])
    assert deploy["prod"].needs == ("stages", "shared", "staging")
    for name in ("shared", "staging", "prod"):
        job = deploy[name]
        assert job.environment == name
        assert job.condition.startswith("!cancelled()")
        assert job.concurrency is not None
        assert (job.concurrency.group, job.concurrency.cancel) == (f"deploy-{name}", False)


def test_a_forks_pull_request_meets_no_credentials(made):
    """Jobs that have any run for the repository's own branches only."""
    for job in made["preview.yml"].jobs:
        if any("secrets." in value for value in values(job)):
            assert job.condition.startswith("github.event.pull_request.head.repo.full_name == github.repository")
            assert job.environment == PREVIEW


def test_a_pull_requests_code_runs_without_the_right_to_write(made):
    """The step that runs the program has a token that reads; the one that comments runs no program."""
    for job in made["preview.yml"].jobs[1:]:
        preview, comment = job.steps[-2:]
        assert preview.environment["GITHUB_TOKEN"] == "${{ secrets.READER_TOKEN || github.token }}"
        assert "DEPLOYER" not in "".join(values(job))
        assert comment.environment["GITHUB_TOKEN"] == "${{ github.token }}"
        assert "secrets." not in "".join(comment.environment.values())


def test_a_stage_gets_only_its_own_cluster(made):
    """Production's credentials are a secret of production's environment."""
    staging = jobs(made["deploy.yml"])["staging"]
    assert "KUBECONFIG_STAGING" in staging.steps[-2].environment
    assert not [step for step in staging.steps if "KUBECONFIG_PROD" in step.environment]


def test_whatever_records_can_sign(made):
    """Each job that writes into a ledger takes the machine's key, as a file, for the one step that records."""
    for file, names in {"deploy.yml": ("shared", "staging", "prod"), "commands.yml": ("record", "freeze")}.items():
        for name in names:
            steps = jobs(made[file])[name].steps
            taken = next(step for step in steps if step.environment.get("CONTENT") == "${{ secrets.MACHINE_KEY }}")
            signing = [step for step in steps if "OPENIM_CICD_MACHINE_KEY" in step.environment]
            assert [step.environment["OPENIM_CICD_MACHINE_KEY"] for step in signing] == [taken.environment["FILE"]]
    for file in ("preview.yml", "drift.yml", "release.yml"):
        assert "MACHINE_KEY" not in "".join(text for job in made[file].jobs for text in values(job))


def test_only_the_organisations_stage_may_write_everywhere(made):
    """Tokens of the other stages are good for the infrastructure repository alone."""
    for name, job in jobs(made["deploy.yml"]).items():
        tokens = [step for step in job.steps if step.id == "machine"]
        assert [("owner" in step.inputs) for step in tokens] == ([name == "shared"] if name != "stages" else [])


def test_a_release_sees_the_repositories_that_it_is_made_from(made):
    """And no other."""
    (token,) = (step for step in made["release.yml"].jobs[0].steps if step.id == "machine")
    assert token.inputs["repositories"] == "server,infra"
    assert token.inputs["permission-contents"] == "write"


def test_a_comment_is_named_by_its_number_only(made):
    """What somebody wrote reaches no shell; the command reads it from GitHub and judges it there."""
    record = jobs(made["commands.yml"])["record"]
    assert record.steps[-1].environment["COMMENT"] == "${{ github.event.comment.id }}"
    assert record.environment == MACHINE
    assert not any("comment.body" in value for value in values(record))


def test_what_the_machine_writes_down_deploys_nothing(made):
    """Records and declared workflows are commits too."""
    (push, _) = made["deploy.yml"].triggers
    assert {"ledger/**", "approvals/**", ".github/workflows/**"} <= set(push.paths_ignore)
