"""What the gate looks at, gathered from a checkout and from stacks' outputs; read-only.

The program asks here before its first resource, an operation before it starts the engine. Who has no way to a stack's
outputs (a laptop without production's credentials) leaves ``outputs`` out: the ledgers' word is taken then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from delivery.approvals import approvals_from
from delivery.errors import Unanswered
from delivery.files import reader
from delivery.git import Clone
from delivery.ledger import counted, entries_from, now
from delivery.plan_files import plan_from
from delivery.trees import difference, of_checkout
from model import gate, ledger
from model.approvals_file import Verifier
from model.base import parse
from model.document import Read, load
from model.estate.teams import TeamsFile
from model.fingerprint import ReleasePart, Trees, parts_of, settings_of
from model.gate_input import Deployed, GateInput, Unreachable, WayBack
from model.people import Teams
from model.policy import NOBODY, Policy
from model.settings import policy_of

Outputs = Callable[[str], Mapping[str, Any]]
"""Gives a stack's outputs by its name, nothing where it was never brought up; raises Unanswered."""


def gather(
    stage: str,
    root: Path,
    section: Mapping[str, Any],
    *,
    outputs: Outputs | None = None,
    secret: Iterable[str] = (),
    at: datetime | None = None,
) -> GateInput:
    """What counts for ``stage``, whose settings as written are ``section`` (``model.settings.written``).

    The other stage's outputs are read only where they matter: going back works without it.

    Raises:
        SettingsError: settings or teams cannot be read.
        Refused: a ledger cannot be read or somebody tampered with it, or what brings the stage up has no fingerprint.
        Unanswered: this stage's own outputs cannot be read.
    """
    clone = Clone(root)
    found = gather_from(
        stage,
        reader(root),
        section,
        trees=of_checkout(clone),
        outputs=outputs,
        secret=secret,
        at=at,
    )
    return replace(found, moved=_moved(clone, found))


def unlike_running(clone: Clone, given: GateInput) -> tuple[str, ...] | None:
    """What is not as in what the stage runs, line by line; None where nobody recorded what that was made of."""
    running = given.running
    parts = ledger.signed(given.own, running.fingerprint) if running else None
    return difference(clone, parts, given.parts) if parts else None


def _moved(clone: Clone, found: GateInput) -> tuple[str, ...]:
    """What is not as it was when the release was proposed last."""
    proposed = ledger.proposed(found.own, found.release.id)
    if proposed is None or proposed.signed is None:
        return ()
    return difference(clone, proposed.signed, found.parts)


def gather_from(
    stage: str,
    read: Read,
    section: Mapping[str, Any],
    *,
    trees: Trees,
    outputs: Outputs | None = None,
    secret: Iterable[str] = (),
    at: datetime | None = None,
) -> GateInput:
    """As ``gather``, from files that ``read`` gives and git's ids of them: those of any commit."""
    policy = policy_of(stage, section)
    settings = settings_of(section, secret)
    fingerprint = parts_of(policy.release, settings, trees).fingerprint
    approvals, broken = approvals_from(read, stage, fingerprint)
    plan, unreadable = plan_from(read, stage, fingerprint)
    present = deployed(outputs(stage)) if outputs else None
    keys = present.policy.signing if present and present.policy else NOBODY
    found = GateInput(
        stage=stage,
        release=policy.release,
        settings=settings,
        trees=trees,
        promotion=policy.promotion,
        approval=policy.approval,
        teams=teams_from(read, policy.estate.teams),
        now=at or now(),
        own=counted(stage, entries_from(read, stage), policy.signing, deployed=keys),
        signing=policy.signing,
        provenance=policy.provenance,
        deployed=present,
        proposers=approvals.proposers,
        plan=plan,
        plan_fault=unreadable,
    )
    given, void = verifier(found).verified(approvals.approvals)
    found = replace(found, approvals=given, void=(*void, *([broken] if broken else ())))
    promotion = found.policy.promotion
    if promotion is None:
        return found
    told = entries_from(read, promotion.source)
    found = replace(found, source=counted(promotion.source, told, found.policy.signing, own=False))
    return found if gate.always(found) else replace(found, source_deployed=_source(found, promotion.source, outputs))


def verifier(found: GateInput) -> Verifier:
    """Tells whose word the approvals of this change are."""
    return Verifier(found.stage, found.fingerprint, found.policy.signing, found.signing, found.now)


def deployed(outputs: Mapping[str, Any]) -> Deployed | None:
    """What a stack's outputs say it runs; None where they say nothing."""
    release, fingerprint = outputs.get("release"), outputs.get("fingerprint")
    if not isinstance(release, Mapping) or not isinstance(fingerprint, str):
        return None
    found = Deployed(str(release["id"]), dict(release["images"]), fingerprint)
    try:
        policy = Policy.model_validate(outputs["policy"]) if "policy" in outputs else None
        way_back = WayBack(**outputs.get("wayBack") or {})
        return replace(found, signed=ReleasePart.model_validate(dict(release)), policy=policy, way_back=way_back)
    except ValidationError:
        return found


def teams_from(read: Read, file: str) -> Teams:
    """Logins of each team of the estate.

    Raises:
        SettingsError: the file cannot be read.
    """
    teams = parse(TeamsFile, load(file, read), file)
    return {team.slug: team.logins for team in teams.teams}


def _source(found: GateInput, origin: str, outputs: Outputs | None) -> Deployed | Unreachable | None:
    if outputs is None:
        running = ledger.running(found.source)
        return Deployed(running.release, running.images, running.fingerprint) if running else None
    try:
        return deployed(outputs(origin))
    except Unanswered as error:
        return Unreachable(str(error))
