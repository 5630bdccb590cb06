"""A stage is deployed from the infrastructure clone: proven, finished after a crash, taken back where it is sick."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery.stack_file import write_release
from model.release import Release, Source
from sandbox.infrastructure.clone import Clone
from sandbox.registry.catalogue import NEXT, specs
from sandbox.registry.client import Push, RegistryClient
from sandbox.registry.images import build, release_digests
from tests.attesting import attest
from tests.e2e.histories.desk import family
from tests.e2e.machine import Machine

SICK, WELL = "v3.8.5+bad0bad", "v3.8.5+a11a11a"
SOURCES, COMMIT = ("open-im-server", "chat"), "a" * 40
"""Whose workflows have built these images, by the sandbox's word, and from what."""


@pytest.fixture(scope="module")
def clone(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A clone of the infrastructure repository, in the same sandbox."""
    address = machine.variables["GITHUB_BASE_URL"].removesuffix("/api/v3/")
    owner = machine.variables["GITHUB_OWNER"]
    made = Clone(tmp_path_factory.mktemp("infrastructure") / "clone", f"{address}/{owner}/openim-cicd.git")
    made.ensure(machine.variables["GITHUB_TOKEN"])
    (made.folder / ".venv").symlink_to((machine.root / ".venv").resolve())
    return Machine(made.folder, machine.variables)


def name_release(clone: Machine, release: str, behaviour: str = "") -> None:
    """Have staging's stack file name a release of the catalogue's next images, one of them sick, and push that."""
    spec = replace(next(one for one in specs(NEXT) if one.name == "openim-push"), tag=release, behaviour=behaviour)
    host, user, password = (clone.variables[f"REGISTRY{name}"] for name in ("", "_USERNAME", "_PASSWORD"))
    with RegistryClient(host, user, password) as registry:
        registry.push(Push(spec.repository, release.replace("+", "-"), build(spec)))
    images = {**release_digests(NEXT), spec.name: build(spec).digest}
    for repository, names in built_by().items():
        own = {name: digest for name, digest in images.items() if name in names}
        attest(sandbox(clone), clone.variables, f"{clone.variables['GITHUB_OWNER']}/{repository}", COMMIT, own)
    sources = {repository: Source(branch="main", commit=COMMIT) for repository in built_by()}
    write_release(clone.root, "staging", Release(id=release, images=images, sources=sources))
    for arguments in (["commit", "-qam", f"Release {release} [skip ci]"], ["push", "-q", "origin", "main"]):
        subprocess.run(["git", *arguments], cwd=clone.root, check=True, capture_output=True)


def sandbox(clone: Machine) -> Path:
    """The sandbox's folder."""
    return Path(clone.variables["PULUMI_BACKEND_URL"].removeprefix("file://")).parent


def built_by() -> dict[str, set[str]]:
    """Images of each repository that staging takes releases from."""
    found: dict[str, set[str]] = {}
    for one in specs(NEXT):
        found.setdefault(one.source.rpartition("/")[2], set()).add(one.name)
    return {name: images for name, images in found.items() if name in SOURCES}


def ledger(clone: Machine) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (clone.root / "ledger" / "staging.jsonl").read_text().splitlines()]


def test_a_stage_is_proven_and_then_left_alone(clone: Machine) -> None:
    """Images are read back, smoke checks answered; there is nothing to deploy where that was seen already."""
    shown = clone.succeed("openim-cicd verify staging")
    assert "smoke POST openim-api-service:10002/auth/get_admin_token: passed" in shown
    seen = ledger(clone)[-1]
    assert seen["kind"] in {"verified", "rolledback"}
    assert {part["verdict"] for part in seen["evidence"]["parts"]} == {"passed"}
    assert "already verified" in clone.succeed("openim-cicd deploy staging")
    assert "What runs where" in Path(clone.root / "status.html").read_text()


def test_an_update_killed_at_ten_operations_is_finished(clone: Machine) -> None:
    """Command and engine die inside an operation, ten times over; each run goes on from there, the last to the end.

    The lock of the dead is taken away, no operation is left open, and no workload was rolled out twice.
    """
    name_release(clone, WELL)
    before = generations(clone)
    struck = {killed_in_an_operation(clone, later=number % 2) for number in range(10)}
    assert len(struck) > 5, struck
    text = clone.succeed("openim-cicd deploy staging")
    assert "did not end: going on from it" in text
    assert "the lock is taken away" in text
    assert (ledger(clone)[-1]["kind"], ledger(clone)[-1]["release"]) == ("verified", WELL)
    assert not clone.state("staging").get("pending_operations")
    twice = {
        name: (old, generations(clone)[name]) for name, old in before.items() if generations(clone)[name] > old + 1
    }
    assert twice == {}
    clone.succeed("openim-cicd ledger verify staging --anchored")


def killed_in_an_operation(clone: Machine, later: int) -> str:
    """A deployment killed while the state tells of an operation that is open, ``later`` ones after the first; which."""
    state = Path(clone.variables["PULUMI_BACKEND_URL"].removeprefix("file://"), ".pulumi")
    [checkpoint] = state.glob("stacks/*/staging.json")
    seen = dict.fromkeys(pending(checkpoint))
    wanted = len(seen) + 1 + later
    update = clone.start("openim-cicd deploy staging", PULUMI_PARALLEL="1")
    deadline = time.monotonic() + 120
    while len(seen) < wanted:
        assert update.poll() is None, update.communicate()[0]
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
        seen |= dict.fromkeys(pending(checkpoint))
    [lock] = state.glob("locks/*/*/staging/*.json")
    waiting = list(hosts(update.pid))
    update.kill()
    os.kill(json.loads(lock.read_text())["pid"], signal.SIGKILL)
    update.communicate()
    assert lock.exists()
    for host in waiting:
        with suppress(ProcessLookupError):
            os.kill(host, signal.SIGKILL)
    return list(seen)[-1]


def hosts(process: int) -> Iterator[int]:
    """The engine's language hosts: without their engine they wait for ever, while plugins end by themselves."""
    for one in family(process):
        with suppress(OSError):
            if Path(f"/proc/{one}/comm").read_text().startswith("pulumi-language"):
                yield one


def pending(checkpoint: Path) -> list[str]:
    """URNs of operations that are open, by the state's file."""
    try:
        latest = json.loads(checkpoint.read_text())["checkpoint"]["latest"] or {}
    except ValueError:  # it is being written
        return []
    return [one["resource"]["urn"] for one in latest.get("pending_operations") or ()]


def generations(clone: Machine) -> dict[str, int]:
    """How many specifications each Deployment has had."""
    found = clone.kubectl("staging").items("/apis/apps/v1/namespaces/openim/deployments")
    return {one["metadata"]["name"]: one["metadata"]["generation"] for one in found}


def test_a_sick_release_is_taken_back_with_its_evidence(clone: Machine) -> None:
    """A program that crashes stops the update early; the stage goes back, and people are told what was seen."""
    name_release(clone, SICK, "crash")
    done = clone.run("openim-cicd deploy staging")
    assert done.code == 1
    assert f"staging is back on {WELL}, verified" in done.text
    # Which of the two is seen first depends on the moment of the look.
    assert "CrashLoopBackOff" in done.text or "openim-push restarted" in done.text
    failed, back = (
        next(one for one in ledger(clone)[::-1] if one["kind"] == kind) for kind in ("failed", "rolledback")
    )
    assert (failed["release"], back["release"], back["evidence"]["from"]) == (SICK, WELL, SICK)
    assert f"id: {WELL}" in (clone.root / "Pulumi.staging.yaml").read_text()
    shown = json.loads(clone.succeed("openim-cicd status --json"))
    assert (shown["stages"][0]["release"], shown["stages"][0]["cluster"]["state"]) == (WELL, "good")
    refused = clone.run(f"openim-cicd rollback staging {SICK}")
    assert f"{SICK} was never verified on staging" in refused.text


def test_newer_code_on_main_neither_hinders_nor_joins_a_way_back(clone: Machine) -> None:
    """Code that nobody has let in, and a freeze: the stage goes back with the code that it was deployed from."""
    first = next(one["release"] for one in ledger(clone) if one["kind"] == "verified")
    file = clone.root / "model" / "names.py"
    file.write_text(file.read_text() + "\n# Newer.\n")
    for arguments in (["commit", "-qam", "Go on [skip ci]"], ["push", "-q", "origin", "main"]):
        subprocess.run(["git", *arguments], cwd=clone.root, check=True, capture_output=True)
    clone.succeed("openim-cicd freeze staging --reason stock-taking")
    try:
        text = clone.succeed(f"openim-cicd rollback staging {first}")
    finally:
        clone.succeed("openim-cicd freeze staging --thaw")
    assert "going back with those of" in text
    assert f"staging is back on {first}, verified" in text
    assert file.read_text().endswith("# Newer.\n")
    back = next(one for one in reversed(ledger(clone)) if one["kind"] == "rolledback")
    assert back["release"] == first
