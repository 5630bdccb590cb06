"""The engine behaves in the sandbox's shell as anywhere else."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from delivery.engine import Engine
from delivery.engine_words import PlanViolated
from delivery.update import HeldPlan
from sandbox.registry.images import broken_digests
from tests.e2e.machine import Machine, base_environment

FLAGS = "--non-interactive --color never"


def test_destroying_production_is_refused(machine: Machine) -> None:
    """What matters there is protected; the engine names it and says how to lift the protection."""
    refused = machine.run(f"pulumi destroy -s prod --yes {FLAGS}")
    assert refused.code != 0
    assert "protect" in refused.text
    machine.succeed(f"pulumi preview -s prod --expect-no-changes {FLAGS}")


def test_staging_can_be_refreshed_destroyed_and_brought_up_again(machine: Machine) -> None:
    """refresh, destroy and up end where they began, with new passwords."""
    machine.succeed(f"pulumi refresh -s staging --yes --expect-no-changes {FLAGS}")
    machine.succeed(f"pulumi destroy -s staging --yes {FLAGS}")
    assert machine.kubectl("staging").items("/apis/apps/v1/namespaces/openim/deployments") == []
    machine.succeed(f"pulumi up -s staging --yes {FLAGS}")
    machine.succeed(f"pulumi preview -s staging --expect-no-changes {FLAGS}")


@contextmanager
def edited(machine: Machine, name: str, old: str, new: str) -> Iterator[None]:
    """A file of the checkout with one piece of text replaced, for a while."""
    file = machine.root / name
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))
    try:
        yield
    finally:
        file.write_text(before)


def test_what_exists_can_be_imported(machine: Machine) -> None:
    """`pulumi import` takes an object of each provider into the state, and it can be let go again."""
    owned = {
        "staging": ("kubernetes:core/v1:ConfigMap", "openim/kube-root-ca.crt", machine.variables["KUBECONFIG_STAGING"]),
        "shared": ("github:index/repository:Repository", "chat", ""),
    }
    for stack, (token, identity, kubeconfig) in owned.items():
        machine.succeed(f"pulumi import {token} taken {identity} -s {stack} --yes {FLAGS}", KUBECONFIG=kubeconfig)
        taken = [one for one in machine.state(stack)["resources"] if one["urn"].endswith("::taken")]
        assert [one["id"] for one in taken] == [identity]
        assert taken[0]["protect"]
        machine.succeed(f"pulumi state delete --force --yes -s {stack} {taken[0]['urn']}")
        machine.succeed(f"pulumi preview -s {stack} --expect-no-changes {FLAGS}")


def test_a_saved_plan_is_applied_and_a_stale_one_refused(machine: Machine, tmp_path: Path) -> None:
    """--save-plan and --plan: what was previewed is what happens, and nothing else.

    Held to a plan by a deployment, the engine's explanation is cut before the first value; nothing has changed.
    """
    plan = tmp_path / "plan.json"
    machine.succeed(f"pulumi preview -s staging --save-plan {plan} {FLAGS}")
    machine.succeed(f"pulumi up -s staging --yes --plan {plan} {FLAGS}")
    with edited(machine, "Pulumi.staging.yaml", 'cpu: "16"', 'cpu: "17"'):
        refused = machine.run(f"pulumi up -s staging --yes --plan {plan} {FLAGS}")
        before = machine.state("staging")["resources"]
        held, log = HeldPlan("sha256:1", plan.read_text()), tmp_path / "up.log"
        engine = Engine(machine.root, {**base_environment(), **machine.variables})
        with pytest.raises(PlanViolated, match=r"properties changed: [^ ]+, and whatever comes after it"):
            engine.up("staging", log, lambda *_: None, lambda _: None, plan=held)
    assert refused.code != 0
    assert "violates plan" in refused.text
    assert "{17}" not in log.read_text()
    assert machine.state("staging")["resources"] == before


def test_wrong_settings_are_refused_before_anything_is_registered(machine: Machine) -> None:
    """A tag where a digest belongs: file, key, value and remedy are named, and nothing changes."""
    with edited(machine, "Pulumi.staging.yaml", "openim-api: sha256:", "openim-api: v3.8.4 # "):
        refused = machine.run(f"pulumi up -s staging --yes {FLAGS}")
    assert refused.code != 0
    assert "Pulumi.staging.yaml: config.openim-cicd:release.images.openim-api = 'v3.8.4'" in refused.text
    assert "must be a digest" in refused.text
    machine.succeed(f"pulumi preview -s staging --expect-no-changes {FLAGS}")


def test_an_image_that_the_registry_lacks_is_named_in_the_preview(machine: Machine) -> None:
    """A digest nobody pushed stops the preview, with the image's name."""
    nobody = f"openim-api: sha256:{'0' * 64} #"
    with edited(machine, "Pulumi.staging.yaml", "openim-api: sha256:", nobody):
        refused = machine.run(f"pulumi preview -s staging {FLAGS}")
    assert refused.code != 0
    assert f"openim/openim-api@sha256:{'0' * 64}" in refused.text


def waiting_reasons(machine: Machine, name: str) -> set[str]:
    """Why containers of a workload wait, as the node reports it."""
    path = f"/api/v1/namespaces/openim/pods?labelSelector=app.kubernetes.io/name={name}"
    statuses = [
        one for pod in machine.kubectl("staging").items(path) for one in pod["status"].get("containerStatuses", [])
    ]
    return {one["state"].get("waiting", {}).get("reason", "") for one in statuses}


def test_a_broken_image_never_becomes_ready(machine: Machine) -> None:
    """A container that crashes is seen crashing; interrupted, the update leaves a state from which the next goes on."""
    text = (machine.root / "Pulumi.staging.yaml").read_text()
    working = re.search(r"openim-crontask: sha256:\w+", text)
    assert working
    image = edited(machine, "estate/openim.yaml", "  openim-crontask:\n", "  openim-crontask:\n    image: broken\n")
    release = edited(machine, "Pulumi.staging.yaml", working[0], f"broken: {broken_digests()['crash']}")
    with image, release:
        update = machine.start(f"pulumi up -s staging --yes {FLAGS}")
        deadline = time.monotonic() + 90
        while "CrashLoopBackOff" not in waiting_reasons(machine, "openim-crontask") and time.monotonic() < deadline:
            time.sleep(0.5)
        assert "CrashLoopBackOff" in waiting_reasons(machine, "openim-crontask")
        assert update.poll() is None
        update.send_signal(signal.SIGINT)
        update.communicate(timeout=60)
    assert update.returncode != 0
    machine.succeed(f"pulumi up -s staging --yes {FLAGS}")
    machine.succeed(f"pulumi preview -s staging --expect-no-changes {FLAGS}")
    assert "CrashLoopBackOff" not in waiting_reasons(machine, "openim-crontask")
