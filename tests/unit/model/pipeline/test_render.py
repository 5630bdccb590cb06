"""The files that OpenIM's repositories get: deterministic, least privilege, clean under the field's linters."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from model.base import parse
from model.document import load
from model.estate.pipelines import PipelinesFile
from model.pipeline.render import render

ROOT = Path(__file__).parents[4]
FILE = "estate/pipelines.yaml"


@pytest.fixture(scope="module")
def texts():
    file = parse(PipelinesFile, load(FILE, lambda name: (ROOT / name).read_text()), FILE)
    return {name: render(workflow) for name, workflow in file.workflows().items()}


@pytest.fixture(scope="module")
def documents(texts):
    return {name: YAML(typ="safe").load(text) for name, text in texts.items()}


@pytest.fixture(scope="module")
def folder(texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository") / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def jobs(documents):
    return [job for document in documents.values() for job in document["jobs"].values()]


def steps(documents):
    return [step for job in jobs(documents) for step in job["steps"]]


def test_the_same_pipeline_gives_the_same_bytes(texts):
    """A preview shows a change only where there is one."""
    file = parse(PipelinesFile, load(FILE, lambda name: (ROOT / name).read_text()), FILE)
    assert {name: render(workflow) for name, workflow in file.workflows().items()} == texts


def test_actionlint_finds_nothing(folder, tool):
    """GitHub would accept and start every file."""
    files = [str(path) for path in sorted(folder.iterdir())]
    done = subprocess.run([tool("actionlint"), *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_zizmor_finds_nothing(folder):
    """The security audit is clean at its pedantic level."""
    zizmor = Path(sys.executable).parent / "zizmor"
    command = [zizmor, "--offline", "--persona=pedantic", "--format=json", "--no-exit-codes", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_every_action_is_pinned_with_its_version_beside_it(texts):
    """A moved tag changes nothing; a reader and an update bot still see the version."""
    for text in texts.values():
        for line in re.findall(r"uses: (.*)", text):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_tokens_have_the_least_rights(documents):
    """No right at the top; each job names what it needs, and no job may write code or packages."""
    assert all(document["permissions"] == {} for document in documents.values())
    for job in jobs(documents):
        writes = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert writes <= {"security-events"}


def test_every_job_ends(documents):
    """None runs for GitHub's six hours."""
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs(documents))


def test_checkouts_keep_no_credentials(documents):
    """A later step cannot push with the token of the checkout."""
    checkouts = [step for step in steps(documents) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_expression_reaches_a_shell(documents):
    """Scripts read variables, so nobody's input is ever a command."""
    assert all("${{" not in step.get("run", "") for step in steps(documents))


def test_no_files_use_what_strangers_type(texts):
    """Titles, bodies and branch names of pull requests appear nowhere."""
    assert not [text for text in texts.values() if "github.event." in text or "github.head_ref" in text]


def test_images_are_pushed_by_digest(documents):
    """No tag is written that could be moved."""
    builds = [step["with"] for step in steps(documents) if step.get("uses", "").startswith("docker/build-push-action@")]
    assert len(builds) == 3
    assert all("push-by-digest=true" in build["outputs"] and "tags" not in build for build in builds)


def test_every_service_of_openim_is_built(documents):
    """Twelve of the server, four of chat, and the gateway's proxy."""
    built = {
        name: [one["image"] for one in document["jobs"]["image"]["strategy"]["matrix"]["include"]]
        for name, document in documents.items()
        if "image" in document["jobs"]
    }
    assert {name: len(images) for name, images in built.items()} == {"server": 12, "chat": 4, "gateway-proxy": 1}


def test_digests_are_gathered_into_one_object(documents, tmp_path):
    """The script turns one file for each image into one JSON object, for the step that assembles a release."""
    (tmp_path / "digests").mkdir()
    (tmp_path / "digests" / "openim-api").write_text("sha256:aa\n")
    (tmp_path / "digests" / "openim-push").write_text("sha256:bb\n")
    (gather,) = (step for step in documents["server"]["jobs"]["digests"]["steps"] if step.get("id") == "gather")
    output = tmp_path / "output"
    command = ["bash", "-euo", "pipefail", "-c", gather["run"]]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "GITHUB_OUTPUT": str(output)}, check=True)
    images = {"openim-api": "sha256:aa", "openim-push": "sha256:bb"}
    assert json.loads((tmp_path / "images.json").read_text()) == images
    assert json.loads(output.read_text().removeprefix("images=")) == images
