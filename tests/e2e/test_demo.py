"""The two commands of the README, as a newcomer types them."""

import re

import pytest

from tests.e2e.machine import STACKS, Machine, run

ROW = re.compile(r"│\s*(\w+)\s*│\s*(\d+)\s*│\s*(\d+)\s*│")


def rows(text: str) -> dict[str, tuple[int, int]]:
    """(resources, changes) of each stack, from the table that the demo ends with."""
    return {name: (int(resources), int(changes)) for name, resources, changes in ROW.findall(text)}


def test_the_demo_brings_up_three_stacks(machine: Machine) -> None:
    """It ends with a table of the stacks, where the time went, and what to try next."""
    assert list(rows(machine.demo.text)) == list(STACKS)
    assert all(resources > 100 for resources, _ in rows(machine.demo.text).values())
    assert "Where the time went: " in machine.demo.text
    assert "Containers do not run in the sandbox" in machine.demo.text


def test_the_checkout_stays_clean(machine: Machine) -> None:
    """Nothing that git would commit has changed, no salt among it."""
    assert machine.succeed("git status --porcelain") == ""


def test_a_second_demo_changes_nothing(machine: Machine) -> None:
    """Running it again is safe and reports no change in any stack."""
    again = run(["make", "demo"], machine.root, {})
    assert again.code == 0, again.text
    assert {name: changes for name, (_, changes) in rows(again.text).items()} == dict.fromkeys(STACKS, 0)


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_finds_nothing_to_change(machine: Machine, stack: str) -> None:
    """Right after the demo, in the shell that `make env` gives."""
    machine.succeed(f"pulumi preview -s {stack} --diff --expect-no-changes --non-interactive")


def test_no_secret_was_shown(machine: Machine) -> None:
    """Neither the demo nor its logs hold a token or password in clear."""
    secrets = {machine.variables["GITHUB_TOKEN"], machine.variables["REGISTRY_PASSWORD"]}
    logs = [path.read_text(errors="replace") for path in (machine.root / ".sandbox" / "logs").glob("*.log")]
    assert [secret for secret in secrets for text in [machine.demo.text, *logs] if secret in text] == []
