"""Workflows as typed data: what they report, and what cannot be said with them."""

import pytest

from model.pipeline.actions import Action, Actions
from model.pipeline.golang import ACTIONS, Pipeline, Tools, workflow
from model.pipeline.images import CHECK, Image, Images
from model.pipeline.workflow import Event, Job, Step, Trigger, Workflow

TABLE = Actions(Action(action=action, version="v1.0.0", commit="1" * 40) for action in ACTIONS)
TOOLS = Tools(golangci_lint="v2.1.0", crane="v0.20.7")
IMAGES = Images(
    path="openim", mirrors=("ghcr",), images=(Image(name="api"), Image(name="push", arguments={"B": "2", "A": "1"}))
)
LIBRARY = Pipeline(branches=("main",))
SERVER = Pipeline(branches=("main",), images=IMAGES)


def made(name, pipeline):
    return workflow(name, pipeline, TOOLS, TABLE, "infra")


def job(name, **keys):
    return Job(name, name, (Step("Say", run="true"),), 5, **keys)


def test_checks_are_the_names_of_the_jobs_that_run():
    """A job that runs on pushes only, or needs one that does, reports nothing on a pull request."""
    jobs = (job("test"), job("image", only_on=Event.push, needs=("test",)), job("after", needs=("image",)))
    one = Workflow("CI", "ci.yml", "here", (Trigger(Event.push), Trigger(Event.pull_request)), jobs)
    assert one.checks(Event.pull_request) == ("test",)
    assert one.checks(Event.push) == ("test", "image", "after")
    assert one.checks(Event.schedule) == ()


def test_a_job_for_each_combination_reports_a_check_for_each():
    """Rules name checks as GitHub shows them."""
    matrix = ({"name": "api"}, {"name": "push"})
    one = Job("image", "Image ${{ matrix.name }}", (Step("Say", run="true"),), 5, matrix=matrix)
    assert one.checks == ("Image api", "Image push")


def test_all_images_are_one_job():
    """The repository is checked out and its layers are built once, however many images it has."""
    assert made("server", SERVER).checks(Event.push)[4:] == (
        "Build images",
        "Attest images",
        "Report images",
        "Mirror to ghcr",
        "Announce",
    )


def test_no_job_is_named_as_the_check_that_holds_the_digests():
    """A commit has one check of that name: the one whose text is the digests."""
    assert CHECK not in {one.name for one in made("server", SERVER).jobs}


def test_a_mirror_delays_no_release():
    """A release waits for the registry that it is deployed from, and for no copy."""
    jobs = {one.id: one for one in made("server", SERVER).jobs}
    assert jobs["announce"].needs == ("report",)
    assert jobs["report"].needs == ("image", "attest")
    assert jobs["mirror-ghcr"].needs == ("image",)


def test_who_builds_writes_no_checks():
    """Somebody's Dockerfile runs where no right to report exists, and the report runs without their code."""
    jobs = {one.id: one for one in made("server", SERVER).jobs}
    assert {one.scope: one.level for one in jobs["image"].permissions} == {"contents": "read"}
    assert {one.scope: one.level for one in jobs["report"].permissions} == {"checks": "write"}
    assert not any(step.uses for step in jobs["report"].steps)


def test_a_library_builds_no_images():
    """It is linted, tested and analysed; nothing of it leaves the runner."""
    one = made("library", LIBRARY)
    assert one.checks(Event.push) == one.checks(Event.pull_request) == ("Lint", "Test", "Vulnerabilities", "Analysis")


def test_images_wait_for_every_check():
    """Nothing is pushed that did not pass."""
    jobs = {one.id: one for one in made("server", SERVER).jobs}
    assert set(jobs["image"].needs) == {"lint", "test", "vulnerabilities", "analysis"}


def test_pull_requests_get_no_credentials():
    """Only jobs that run on pushes read a secret, so that a fork's code never sees one."""
    for one in made("server", SERVER).jobs:
        values = [value for step in one.steps for value in (*step.inputs.values(), *step.environment.values())]
        if any("secrets." in str(value) for value in values):
            assert one.only_on == Event.push


def test_a_script_with_an_expression_is_refused():
    """What a stranger typed into a title could become a command."""
    with pytest.raises(ValueError, match="from its environment"):
        Step("Greet", run='echo "${{ github.event.pull_request.title }}"')


@pytest.mark.parametrize("keys", [{}, {"run": "true", "uses": TABLE.use("actions/checkout")}])
def test_a_step_does_one_thing(keys):
    """It is an action or a script."""
    with pytest.raises(ValueError, match="either an action or a script"):
        Step("Both or neither", **keys)


def test_an_action_in_a_folder_has_its_repositorys_pin():
    """CodeQL's parts are pinned together."""
    assert TABLE.use("github/codeql-action/init").reference == f"github/codeql-action/init@{'1' * 40}"


def test_an_action_outside_the_table_cannot_be_used():
    """Nothing runs without a pin."""
    with pytest.raises(KeyError):
        TABLE.use("evil/action")


def test_docker_hub_is_called_as_the_attesting_action_wants_it():
    """By the name under which docker keeps its account; every other registry by its own."""
    [attest] = [one for one in made("server", SERVER).jobs if one.id == "attest"]
    names = {one.inputs["subject-name"] for one in attest.steps if "subject-name" in one.inputs}
    switch = "${{ vars.REGISTRY == 'docker.io' && 'index.docker.io' || vars.REGISTRY }}"
    assert {name.partition("/")[0] for name in names} == {switch}
