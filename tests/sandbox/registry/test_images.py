"""The images of the catalogue, without any registry."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sandbox.registry.catalogue import all_specs, specs
from sandbox.registry.images import build, digests, release_digests
from sandbox.registry.oci import canonical
from sandbox.registry.program import sleeper

KNOWN = "sha256:c8d685458a73feadb625c715c492eaf41cd0a1b92b82d32b2096bbe2d7d626a7"
"""Of openim-api, current, as first built."""


def test_digests_do_not_depend_on_the_machine() -> None:
    """The digests in committed stack files stay true everywhere."""
    assert digests()["openim-api"] == KNOWN


def test_the_catalogue_holds_what_openim_builds() -> None:
    """Thirteen images of the server, five of chat, four stores; a release deploys sixteen services and the stores."""
    assert len(digests()) == 22
    assert len(release_digests()) == 20
    assert set(digests()) - set(release_digests()) == {"openim-server", "openim-chat"}


def test_an_upgrade_changes_every_service_and_no_store() -> None:
    """The next version has other digests for OpenIM's images, and the same stores."""
    current, following = digests("current"), digests("next")
    unchanged = {name for name in current if current[name] == following[name]}
    assert unchanged == {"mongo", "redis", "kafka", "minio"}


def test_no_two_images_are_alike() -> None:
    """A digest tells which image is meant."""
    built = [build(spec).digest for spec in all_specs()]
    assert len(set(built)) == len(built)


def test_an_unknown_version_is_refused() -> None:
    """A mistyped version is named, with those that exist."""
    with pytest.raises(ValueError, match=r"'newest'; known: \['current', 'next'\]"):
        digests("newest")


def test_images_say_what_they_are_and_where_they_listen() -> None:
    """Labels tell source, commit, version and ports; nobody runs as root."""
    [spec] = [each for each in specs("current") if each.name == "openim-rpc-conversation"]
    layer, config, *_ = build(spec).blobs
    described = json.loads(config.content)
    assert described["config"]["User"] == "65532:65532"
    assert set(described["config"]["ExposedPorts"]) == {"10220/tcp", "12220/tcp"}
    assert described["config"]["Labels"] == {
        "org.opencontainers.image.title": "openim-rpc-conversation",
        "org.opencontainers.image.source": "https://github.com/openimsdk/open-im-server",
        "org.opencontainers.image.version": "v3.8.4-alpha.1",
        "org.opencontainers.image.revision": "7848d7c7354945fe7b40f6b990db8b6013a9037c",
        "openim-cicd.sandbox/ports": "10220/grpc,12220/http",
    }
    assert described["rootfs"]["diff_ids"] == [layer.digest]


def test_the_entrypoint_is_in_the_layer() -> None:
    """A container engine finds the program that it is told to run, executable."""
    for spec in all_specs():
        layer, config, *_ = build(spec).blobs
        [entrypoint] = json.loads(config.content)["config"]["Entrypoint"]
        with tarfile.open(fileobj=io.BytesIO(layer.content)) as archive:
            entry = archive.getmember(entrypoint.lstrip("/"))
            assert entry.mode == 0o555


def test_content_is_named_by_its_digest() -> None:
    """Every descriptor fits the content it points to."""
    image = build(specs("current")[0])
    contents = {f"sha256:{hashlib.sha256(each.content).hexdigest()}": each for each in (*image.blobs, *image.manifests)}
    for entry in json.loads(image.index.content)["manifests"]:
        manifest = json.loads(contents[entry["digest"]].content)
        for part in [manifest["config"], *manifest["layers"]]:
            assert len(contents[part["digest"]].content) == part["size"]
    assert canonical(json.loads(image.index.content)) == image.index.content


@pytest.mark.parametrize(("architecture", "machine"), [("amd64", 62), ("arm64", 183)])
def test_programs_are_executables_of_their_architecture(architecture: str, machine: int) -> None:
    """Docker on either kind of machine can start the images."""
    program = sleeper(architecture)
    assert program[:4] == b"\x7fELF"
    assert int.from_bytes(program[18:20], "little") == machine
    assert len(program) == int.from_bytes(program[96:104], "little")


def test_digests_are_printed_for_a_stack_file(root: Path) -> None:
    """The printed block can be pasted into a stack file's release."""
    command = [sys.executable, "-m", "sandbox.registry", "digests"]
    printed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=30).stdout
    assert printed.splitlines()[:2] == ["images:", f"  openim-api: {KNOWN}"]
    assert "openim-server:" not in printed


def test_a_mistyped_command_says_what_there_is(root: Path) -> None:
    """Anything else ends with the usage."""
    command = [sys.executable, "-m", "sandbox.registry", "digests", "newest"]
    refused = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=30)
    assert refused.returncode == 2
    assert refused.stderr.startswith("usage: python -m sandbox.registry digests [current|next]")
