"""Workflows as typed data: what they report, and what cannot be said with them."""

import pytest

from model.pipeline.actions import Action, Actions
from model.pipeline.golang import ACTIONS, Image, Images, Pipeline, Tools, workflow
from model.pipeline.workflow import Event, Job, Step, Workflow

TABLE = Actions(Action(action=action, version="v1.0.0", commit="1" * 40) for action in ACTIONS)
TOOLS = Tools(golangci_lint="v2.1.0", govulncheck="v1.0.0")
IMAGES = Images(path="openim", images=(Image(name="api"), Image(name="push", arguments={"B": "2", "A": "1"})))
LIBRARY = Pipeline(branches=("main",))
SERVER = Pipeline(branches=("main",), images=IMAGES)


def job(name, **keys):
    return Job(name, name, (Step("Say", run="true"),), 5, **keys)


def test_checks_are_the_names_of_the_jobs_that_run():
    """A job that runs on pushes only, or needs one that does, reports nothing on a pull request."""
    jobs = (job("test"), job("image", only_on=Event.push, needs=("test",)), job("after", needs=("image",)))
    one = Workflow("CI", "ci.yml", "here", ("main",), jobs)
    assert one.checks(Event.pull_request) == ("test",)
    assert one.checks(Event.push) == ("test", "image", "after")


def test_a_job_for_each_combination_reports_a_check_for_each():
    """Rules name checks as GitHub shows them."""
    assert workflow("server", SERVER, TOOLS, TABLE).checks(Event.push)[4:] == ("Image api", "Image push", "Digests")


def test_a_library_builds_no_images():
    """It is linted, tested and analysed; nothing of it leaves the runner."""
    one = workflow("library", LIBRARY, TOOLS, TABLE)
    assert one.checks(Event.push) == one.checks(Event.pull_request) == ("Lint", "Test", "Vulnerabilities", "Analysis")


def test_images_wait_for_every_check():
    """Nothing is pushed that did not pass."""
    jobs = {one.id: one for one in workflow("server", SERVER, TOOLS, TABLE).jobs}
    assert set(jobs["image"].needs) == {"lint", "test", "vulnerabilities", "analysis"}


def test_pull_requests_get_no_credentials():
    """Only jobs that run on pushes read a secret, so that a fork's code never sees one."""
    for one in workflow("server", SERVER, TOOLS, TABLE).jobs:
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
