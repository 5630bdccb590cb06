"""Every action of the declared workflows has a stand-in that knows the inputs it is given."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from model.base import parse
from model.document import load
from model.estate.pipelines import PipelinesFile, Surroundings
from model.pipeline.infrastructure import Stage
from model.pipeline.render import render
from sandbox.github.workflows.document import read
from sandbox.registry.dockerfile import DockerfileError
from sandbox.registry.dockerfile import read as read_dockerfile
from sandbox.runner.actions import UnknownActionError, replacements

FILE = "estate/pipelines.yaml"
STAGES = ("shared", "staging", "prod")


def declared(root: Path) -> list[str]:
    around = Surroundings("openim-cicd", tuple(Stage(name, {}) for name in STAGES), {"chat": "chat"})
    made = parse(PipelinesFile, load(FILE, lambda name: (root / name).read_text()), FILE).workflows(around)
    return [render(workflow) for workflows in made.values() for workflow in workflows]


def test_declared_workflows_need_nothing_that_has_no_stand_in(root: Path) -> None:
    """Each of their files is read by the stand-in, and each of their steps can run."""
    for text in declared(root):
        workflow = read("declared.yml", text)
        for job in workflow.jobs.values():
            assert all(Path(one.rpartition("=")[2]).is_dir() for one in replacements(job["steps"], "openimsdk"))


def test_an_unknown_action_and_an_unknown_input_are_named() -> None:
    """All at once, with what there is."""
    steps = [{"uses": "a/b@v1"}, {"uses": "actions/checkout@v4", "with": {"sparse-checkout": "x"}}, {"run": "true"}]
    with pytest.raises(UnknownActionError, match=r"no stand-in for a/b.*inputs \['sparse-checkout'\]"):
        replacements(steps, "openimsdk")


def test_stand_ins_are_composite_and_say_what_they_are(root: Path) -> None:
    """No other kind of action runs here without Node.js or containers."""
    for file in (root / "sandbox" / "actions").rglob("action.yml"):
        document = YAML(typ="safe").load(file)
        assert document["runs"]["using"] == "composite", file
        assert "stand" in document["description"].lower(), file


DOCKERFILE = """\
# A comment
ARG BASE=scratch
FROM ${BASE} AS builder
ARG NAME=nobody
COPY go.mod \\
     go.sum /
FROM scratch
LABEL title="image of $NAME" openim-cicd.sandbox/behaviour=crash
COPY --from=builder /go.mod /
"""


def test_a_dockerfile_says_its_labels(tmp_path: Path) -> None:
    """With its build arguments, of the last stage alone."""
    (tmp_path / "go.mod").touch()
    (tmp_path / "go.sum").touch()
    found = read_dockerfile(DOCKERFILE, {"NAME": "chat"}, tmp_path)
    assert found.labels == {"title": "image of chat", "openim-cicd.sandbox/behaviour": "crash"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no instructions"),
        ("FORM scratch", "line 1: unknown instruction: FORM"),
        ("COPY a b", "no build stage"),
        ("FROM scratch\nLABEL a b=c d", None),
        ("FROM scratch\nLABEL a=b c", "'c' must be of the form"),
        ("FROM scratch\nCOPY nothing /", "'nothing': not found"),
        ("FROM scratch\nCOPY --from=nowhere a /", "no stage 'nowhere'"),
        ("FROM scratch\nRUN a \\", "does not end"),
    ],
)
def test_a_dockerfile_that_cannot_be_built_says_where(text: str, reason: str | None, tmp_path: Path) -> None:
    """As docker would, with the line."""
    if reason is None:
        assert read_dockerfile(text, {}, tmp_path).labels == {"a": "b=c d"}
        return
    with pytest.raises(DockerfileError, match=reason):
        read_dockerfile(text, {}, tmp_path)
