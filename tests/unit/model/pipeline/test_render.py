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
from model.estate.pipelines import PipelinesFile, Surroundings
from model.pipeline.infrastructure import Stage
from model.pipeline.render import render
from model.settings import environment_variables

ROOT = Path(__file__).parents[4]
FILE = "estate/pipelines.yaml"


def rendered():
    """Every file of OpenIM's pipelines, by its name: ``server`` for CI, ``deploy`` and so on for the machine's own."""

    def read(name):
        return (ROOT / name).read_text()

    stages = tuple(Stage(name, environment_variables(f"Pulumi.{name}.yaml", read)) for name in STAGES)
    around = Surroundings("openim-cicd", stages, {"open-im-server": "server", "chat": "chat"})
    made = parse(PipelinesFile, load(FILE, read), FILE).workflows(around)
    return {
        Path(one.path).stem if len(workflows) > 1 else name: render(one)
        for name, workflows in made.items()
        for one in workflows
    }


STAGES = ("shared", "staging", "prod")


@pytest.fixture(scope="module")
def texts():
    return rendered()


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
    assert rendered() == texts


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
        for line in re.findall(r"^ +uses: (.*)", text, re.MULTILINE):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # (v\d+\.\d+\.\d+|master)", line)


def test_tokens_have_the_least_rights(documents):
    """No right at the top; each job names what it needs, and no job may write code or packages."""
    assert all(document["permissions"] == {} for document in documents.values())
    for job in jobs(documents):
        writes = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert writes <= {"security-events", "checks", "pull-requests", "issues", "attestations", "id-token"}
        # Whoever may ask to be vouched for runs nobody's code: no checkout, no script.
        vouched = "id-token" in writes
        assert not vouched or all("run" not in one and "checkout" not in one["uses"] for one in job["steps"])


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
    """Of what an event carries only numbers, commits and a repository's name are used; a text only to skip a job."""
    harmless = re.compile(
        r"github\.event\.(pull_request\.(number|base\.sha|head\.repo\.full_name)|comment\.id|before)\b"
    )
    for text in texts.values():
        for line in text.splitlines():
            rest = harmless.sub("", line)
            used = "github.event." in rest or "github.head_ref" in rest
            assert not used or line.strip().startswith("if:"), line


def test_images_are_pushed_by_digest(defined):
    """No tag is written that could be moved."""
    for target in defined("server")["target"].values():
        assert "push-by-digest=true" in target["output"][0]
        assert "tags" not in target


def test_every_service_of_openim_is_built(defined):
    """Twelve of the server, four of chat, and the gateway's proxy; each once and for both architectures."""
    counts = {name: len(defined(name)["target"]) for name in ("server", "chat", "gateway-proxy")}
    assert counts == {"server": 12, "chat": 4, "gateway-proxy": 1}
    definition = defined("chat")
    assert definition["group"]["default"]["targets"] == list(definition["target"])
    assert definition["target"]["openim-chat-api"] == {
        "context": ".",
        "dockerfile": "build/images/openim-chat/Dockerfile",
        "platforms": ["linux/amd64", "linux/arm64"],
        "args": {"BINARY_NAME": "openim-chat-api", "CMD_PATH": "cmd/api/chat-api", "RELEASE": "true"},
        "labels": {
            "org.opencontainers.image.source": "https://github.com/openimsdk/chat",
            "org.opencontainers.image.revision": "c0ffee",
            "org.opencontainers.image.title": "openim-chat-api",
        },
        "output": [
            "type=image,name=docker.io/openim/openim-chat-api,push-by-digest=true,name-canonical=true,push=true"
        ],
    }


@pytest.fixture
def script(documents, tmp_path):
    """``script(workflow, job, step, **environment)`` runs a step's script as a runner would; its process."""

    def run(workflow, job, step, **environment):
        (body,) = (one for one in documents[workflow]["jobs"][job]["steps"] if one["name"] == step)
        variables = {key: value for key, value in body.get("env", {}).items() if "${{" not in value} | environment
        base = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", body["run"]]
        return subprocess.run(
            command, cwd=tmp_path, env=base | variables, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture
def defined(script, tmp_path):
    """What docker buildx bake is told to build."""

    def define(workflow):
        surroundings = {"REGISTRY": "docker.io", "SOURCE": "https://github.com/openimsdk/chat", "REVISION": "c0ffee"}
        done = script(workflow, "image", "Define the build", **surroundings)
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "bake.json").read_text())

    return define


METADATA = {name: {"containerimage.digest": f"sha256:{n:064x}", "image.name": name} for n, name in enumerate("ab")}


def test_digests_are_gathered_into_one_object(script, tmp_path):
    """What the builder says of each target becomes one JSON object, as an output and as a file to keep."""
    done = script("server", "image", "Take the digests", METADATA=json.dumps(METADATA), NAMES="a b")
    assert done.returncode == 0, done.stderr
    images = {"a": f"sha256:{0:064x}", "b": f"sha256:{1:064x}"}
    assert json.loads((tmp_path / "images.json").read_text()) == images
    assert json.loads((tmp_path / "output").read_text().removeprefix("images=")) == images


@pytest.mark.parametrize("answer", [{}, {"b": {}}, {"b": {"containerimage.digest": "latest"}}])
def test_an_image_without_a_digest_fails_the_job(script, answer):
    """Half a set of images is none."""
    done = script(
        "server", "image", "Take the digests", METADATA=json.dumps({"a": METADATA["a"], **answer}), NAMES="a b"
    )
    assert done.returncode == 1
    assert "no digest of ['b']" in done.stderr
