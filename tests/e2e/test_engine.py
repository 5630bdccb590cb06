"""The engine behaves in the sandbox's shell as anywhere else."""

import json
from pathlib import Path

from tests.e2e.machine import Machine

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


def test_a_saved_plan_is_applied_and_a_stale_one_refused(machine: Machine, tmp_path: Path) -> None:
    """--save-plan and --plan: what was previewed is what happens, and nothing else."""
    plan = tmp_path / "plan.json"
    machine.succeed(f"pulumi preview -s staging --save-plan {plan} {FLAGS}")
    machine.succeed(f"pulumi up -s staging --yes --plan {plan} {FLAGS}")
    override = "--config openim-cicd:cluster={}".format(json.dumps(json.dumps({"nonsense": 1})))
    assert machine.run(f"pulumi up -s staging --yes --plan {plan} {override} {FLAGS}").code != 0


def test_wrong_settings_are_refused_before_anything_is_registered(machine: Machine) -> None:
    """A tag where a digest belongs: file, key, value and remedy are named, and nothing changes."""
    file = machine.root / "Pulumi.staging.yaml"
    before = file.read_text()
    try:
        file.write_text(before.replace("openim-api: sha256:", "openim-api: v3.8.4 # "))
        refused = machine.run(f"pulumi up -s staging --yes {FLAGS}")
    finally:
        file.write_text(before)
    assert refused.code != 0
    assert "Pulumi.staging.yaml: config.openim-cicd:release.images.openim-api = 'v3.8.4'" in refused.text
    assert "must be a digest" in refused.text
    machine.succeed(f"pulumi preview -s staging --expect-no-changes {FLAGS}")


def test_an_image_that_the_registry_lacks_is_named_in_the_preview(machine: Machine) -> None:
    """A digest nobody pushed stops the preview, with the image's name."""
    file = machine.root / "Pulumi.staging.yaml"
    before = file.read_text()
    lines = [
        f"      openim-api: sha256:{'0' * 64}" if line.startswith("      openim-api: ") else line
        for line in before.splitlines()
    ]
    try:
        file.write_text("\n".join(lines) + "\n")
        refused = machine.run(f"pulumi preview -s staging {FLAGS}")
    finally:
        file.write_text(before)
    assert refused.code != 0
    assert f"openim/openim-api@sha256:{'0' * 64}" in refused.text
