"""What the engine hears of the SDK's own doings."""

import pulumi
import pytest

from components.sdk_messages import leave_out


@pytest.fixture
def heard(monkeypatch):
    """Messages that reached the engine."""
    messages = []
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    monkeypatch.setattr(pulumi.log, "get_engine", lambda: "engine")
    monkeypatch.setattr(pulumi.log, "_log", lambda engine, severity, message, *rest: messages.append(message))
    return messages


def test_only_debugging_is_left_out(heard):
    """Information, warnings and errors go to the engine as before."""
    leave_out({})
    pulumi.log.debug("registering")
    pulumi.log.info("said", stream_id=1)
    pulumi.log.warn("warned")
    pulumi.log.error("failed")
    assert heard == ["said", "warned", "failed"]


def test_it_is_let_through_on_request(heard):
    """For whoever looks for a fault in the SDK."""
    leave_out({"OPENIM_CICD_DEBUG": "1"})
    pulumi.log.debug("registering")
    assert heard == ["registering"]
