"""The recording engine itself, since every other test here leans on it."""

import pulumi
import pytest
from pulumi_random import RandomPassword


def test_keeps_parents_protection_and_secrets(record):
    """A registration is kept with its place in the tree, its protection and where it carries secrets."""

    def program():
        room = pulumi.ComponentResource("openim-cicd:index:Room", "room")
        password = RandomPassword("password", length=12, opts=pulumi.ResourceOptions(parent=room, protect=True))
        RandomPassword("other", length=4, keepers={"of": password.result}, opts=pulumi.ResourceOptions(parent=room))
        room.register_outputs({"password": password.result})

    room, password, other = record(program)
    assert (room.type, room.custom, room.outputs) == (
        "openim-cicd:index:Room",
        False,
        {"password": "generated-password"},
    )
    assert password.parent == room.urn
    assert password.protect
    assert not other.protect
    assert other.inputs == {"length": 4, "keepers": {"of": "generated-password"}}
    assert other.secrets == ["keepers.of"]
    assert password.urn in other.depends_on


def test_errors_of_the_program_reach_the_test(record):
    """A program that refuses its input fails the recording with its own error."""

    def program():
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        record(program)


def test_runs_are_independent(record):
    """The second recording holds nothing of the first."""

    def program():
        RandomPassword("password", length=12)

    assert len(record(program)) == len(record(program, stack="prod")) == 1
