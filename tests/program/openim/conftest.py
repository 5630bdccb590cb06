"""OpenIM as the engine would get it, recorded once for each set of settings."""

import json

import pytest

from model.application import read_application
from tests.program.openim.objects import ROOT, assembled, stack


@pytest.fixture(scope="module")
def application():
    return read_application("estate/openim.yaml", lambda file: (ROOT / file).read_text())


@pytest.fixture(scope="module")
def recordings():
    """What was recorded already, by what was asked: tests only look."""
    return {}


@pytest.fixture
def declared(record, application, recordings):
    """``declared(overrides, protect)``: what a stack with them registers."""

    def run(overrides=None, protect=False, networks=()):
        asked = json.dumps([overrides, protect, networks])
        if asked not in recordings:
            recordings[asked] = record(lambda: stack(assembled(application, overrides or {}, networks), protect))
        return recordings[asked]

    return run
