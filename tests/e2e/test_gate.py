"""The gate where it matters: in front of `pulumi up`, whoever types it."""

import re
import shutil
from pathlib import Path

from tests.e2e.machine import Machine
from tests.e2e.test_engine import FLAGS, edited

MORE = ("replicas: 4", "replicas: 5")
POLICY = ", which changes the policy in force ("
"""The checkout asks for a longer soak and freeze windows than the sandbox's repository, from which prod is deployed."""
LACKING = "0 of 2 approvals (needs one of team/sre)"


def release(machine: Machine) -> str:
    found = re.search(r"id: (v\S+)", (machine.root / "Pulumi.prod.yaml").read_text())
    assert found
    return found[1]


def test_an_update_that_nobody_approved_registers_nothing(machine: Machine) -> None:
    """Refused with every reason and the next command; the state stays as it was."""
    before = machine.state("prod")["resources"]
    with edited(machine, "Pulumi.prod.yaml", *MORE):
        refused = machine.run(f"pulumi up -s prod --yes --skip-preview {FLAGS}")
    assert refused.code != 0
    assert f"prod refuses {release(machine)}{POLICY}" in refused.text
    assert LACKING in refused.text
    assert "next: " in refused.text
    assert "openim-cicd approve prod" in refused.text
    after = machine.state("prod")["resources"]
    # In whatever order: a provider of the engine's own and the stack's resource come in a race.
    assert sorted(one["urn"] for one in after) == sorted(one["urn"] for one in before)
    machine.succeed(f"pulumi preview -s prod --expect-no-changes {FLAGS}")


def test_a_stage_that_is_declared_no_more_is_not_taken_down(machine: Machine) -> None:
    """Its settings could be left out where they could not be changed."""
    before = machine.state("prod")["resources"]
    settings = (machine.root / "Pulumi.prod.yaml").read_text()
    with edited(machine, "Pulumi.prod.yaml", settings, (machine.root / "Pulumi.shared.yaml").read_text()):
        shown = machine.run(f"pulumi preview -s prod {FLAGS}").text
        refused = machine.run(f"pulumi up -s prod --yes --skip-preview {FLAGS}")
    assert "warning: prod runs " in shown
    assert refused.code != 0
    assert "its settings declare no environment any more" in refused.text
    after = machine.state("prod")["resources"]
    assert sorted(one["urn"] for one in after) == sorted(one["urn"] for one in before)


def test_a_preview_warns_with_the_same_words(machine: Machine) -> None:
    """Looking is allowed; one is told what an update would be told."""
    with edited(machine, "Pulumi.prod.yaml", *MORE):
        shown = machine.succeed(f"pulumi preview -s prod {FLAGS}")
    assert f"warning: prod refuses {release(machine)}{POLICY}" in shown
    assert LACKING in shown
    assert "1 to update" in shown


def test_another_release_must_have_been_on_staging(machine: Machine) -> None:
    """A hand-written release is refused for what staging did not show."""
    name = release(machine)
    with edited(machine, "Pulumi.prod.yaml", name, "v9.9.9+1234567"):
        refused = machine.run(f"pulumi up -s prod --yes --skip-preview {FLAGS}")
    assert refused.code != 0
    assert f"prod refuses v9.9.9+1234567{POLICY}" in refused.text
    assert "not verified on staging" in refused.text
    assert "0 of 1 manual tests (by team/qa)" in refused.text


def test_a_staging_out_of_reach_is_told_as_such(machine: Machine, tmp_path: Path) -> None:
    """Not as a release that staging never verified: here in a backend that has lost it."""
    state = tmp_path / "state"
    shutil.copytree(machine.variables["PULUMI_BACKEND_URL"].removeprefix("file://"), state)
    for file in state.rglob("stacks/**/staging.json*"):
        file.unlink()
    with edited(machine, "Pulumi.prod.yaml", release(machine), "v9.9.9+1234567"):
        command = f"pulumi up -s prod --yes --skip-preview {FLAGS}"
        refused = machine.run(command, PULUMI_BACKEND_URL=f"file://{state}")
    assert refused.code != 0
    assert "staging cannot be asked: this backend has no stack staging" in refused.text


def test_staging_is_not_asked_for_approvals(machine: Machine) -> None:
    """It takes what comes; a freeze would hold it."""
    text = machine.succeed(f"pulumi preview -s staging {FLAGS}")
    assert "refuses" not in text
    ledger = machine.root / "ledger" / "staging.jsonl"
    before = ledger.read_text() if ledger.exists() else None
    machine.succeed('.venv/bin/python -c "' + FREEZE + '"')
    try:
        with edited(machine, "Pulumi.staging.yaml", 'cpu: "16"', 'cpu: "17"'):
            refused = machine.run(f"pulumi up -s staging --yes --skip-preview {FLAGS}")
    finally:
        if before is None:
            ledger.unlink()
        else:
            ledger.write_text(before)
    assert refused.code != 0
    assert "frozen by openim-cicd[bot] since" in refused.text
    assert "holiday; next: openim-cicd freeze staging --thaw" in refused.text


FREEZE = (
    "from pathlib import Path; from delivery.ledger import Ledger; from model.ledger import Kind; "
    "Ledger(Path('.').resolve(), 'staging').append(Kind.FROZEN, reasons=['holiday'])"
)
