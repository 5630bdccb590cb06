"""A ledger's head in a real registry: put by deployments, asked by whoever wants to know."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from delivery.anchors import Anchors, anchors
from delivery.errors import Refused
from delivery.ledger import Ledger
from delivery.registry import Registry
from delivery.signing import MACHINE_KEY, make
from model.ledger import Kind
from model.signing import Signing


@pytest.fixture
def kept(registry, tmp_path: Path) -> Anchors:
    """Of a stage that nobody else has here."""
    made = registry.environment
    account = Registry(made["REGISTRY"], made["REGISTRY_USERNAME"], made["REGISTRY_PASSWORD"])
    return Anchors(tmp_path.name, account, "openim/ledger", Signing())


@pytest.fixture
def ledger(tmp_path: Path, kept: Anchors) -> Ledger:
    found = Ledger(tmp_path, kept.stage)
    for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.VERIFIED):
        found.append(kind)
    return found


@pytest.fixture
def keyed(tmp_path: Path, kept: Anchors, monkeypatch: pytest.MonkeyPatch) -> Iterator[Anchors]:
    """The same, with a key of the machine's in force and at hand."""
    public = make(tmp_path / "machine")
    monkeypatch.setenv(MACHINE_KEY, str(tmp_path / "machine"))
    return replace(kept, signing=Signing.model_validate({"machine": [{"key": public}]}))


def test_it_is_there_once_it_was_put(kept, ledger) -> None:
    """Twice is once, and further on is further on; before, there is none and nothing is wrong."""
    assert kept.read() is None
    kept.hold(ledger.entries())
    for _ in range(2):
        assert kept.put(ledger.entries()) == kept.read()
    ledger.append(Kind.FROZEN)
    kept.hold(ledger.entries())
    assert kept.put(ledger.entries()).entries == 4


def test_a_ledger_that_was_cut_is_refused_and_not_anchored(kept, ledger) -> None:
    """Unless somebody who has looked into it says so."""
    kept.put(ledger.entries())
    cut = ledger.entries()[:2]
    for use in (kept.hold, kept.put):
        with pytest.raises(Refused, match=r"3 were anchored: its tail was cut off.*broken-ledger\.md"):
            use(cut)
    assert kept.put(cut, anew=True).entries == 2
    kept.hold(cut)


def test_the_machines_signature_travels_along(keyed, ledger) -> None:
    """What the registry gives back is what was signed."""
    keyed.put(ledger.entries())
    keyed.hold(ledger.entries())
    assert keyed.read().signature


def test_without_the_machines_key_the_head_stays(keyed, ledger, monkeypatch) -> None:
    """A person who rolls back from a laptop leaves it to the next job, and no head that the job would refuse."""
    first = keyed.put(ledger.entries())
    ledger.append(Kind.ROLLEDBACK)
    monkeypatch.delenv(MACHINE_KEY)
    with pytest.raises(Refused, match=f"stays as it is, since the anchor is signed by nobody: {MACHINE_KEY}"):
        keyed.put(ledger.entries())
    make(ledger.root / "other")
    monkeypatch.setenv(MACHINE_KEY, str(ledger.root / "other"))
    with pytest.raises(Refused, match="no key of the machine's"):
        keyed.put(ledger.entries())
    assert keyed.read() == first


def test_an_anchor_of_anybody_else_is_refused(keyed, ledger, monkeypatch) -> None:
    """Put by whoever may push images, with no key or another one."""
    monkeypatch.delenv(MACHINE_KEY)
    replace(keyed, signing=Signing()).put(ledger.entries())
    with pytest.raises(Refused, match="is signed by nobody"):
        keyed.hold(ledger.entries())
    make(ledger.root / "other")
    monkeypatch.setenv(MACHINE_KEY, str(ledger.root / "other"))
    replace(keyed, signing=Signing()).put(ledger.entries())
    with pytest.raises(Refused, match="no key of the machine's"):
        keyed.hold(ledger.entries())


def test_something_else_under_that_name_is_no_anchor(registry, kept, ledger) -> None:
    """An image, or an anchor that says nonsense."""
    kept.put(ledger.entries())
    found = kept.registry.manifest(kept.repository, kept.stage)
    for annotations in ({}, {**found["annotations"], "io.openim.cicd.ledger.entries": "many"}):
        kept.registry.put_manifest(kept.repository, kept.stage, {**found, "annotations": annotations})
        with pytest.raises(Refused, match=f"openim/ledger:{kept.stage} is no anchor of a ledger"):
            kept.hold(ledger.entries())


def test_an_account_that_may_not_push_is_told_so(kept, ledger) -> None:
    """By name of the right that it lacks."""
    stranger = replace(kept, registry=Registry(kept.registry.host, "nobody", "wrong"))
    with pytest.raises(Refused, match="REGISTRY_USERNAME and REGISTRY_PASSWORD must be an account that may pull"):
        stranger.put(ledger.entries())
    with pytest.raises(Refused, match="an account that may push there"):
        stranger.put(ledger.entries(), anew=True)


def test_a_stage_is_anchored_beside_its_images(root, registry) -> None:
    """And a stack without images nowhere."""
    environment = {**registry.environment, "GITHUB_OWNER": "openimsdk"}
    found = anchors(root, "prod", environment)
    assert found.name == f"{registry.environment['REGISTRY']}/openim/ledger:prod"
    assert anchors(root, "shared", environment) is None
