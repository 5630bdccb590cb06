"""A small world to ask the gate about: people, a release, and what happened so far."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from model.approval import Approval, FreezeWindow, ManualTest, Promotion
from model.approvals_file import Given
from model.fingerprint import parts_of
from model.gate_input import Deployed, GateInput
from model.ledger import MACHINE, Actor, Entry, Kind
from model.release import Author, Release

NOW = datetime(2026, 7, 22, 8, 0, tzinfo=UTC)  # a Wednesday
PEOPLE = {
    name: Actor(login=name, id=number)
    for number, name in enumerate(["withchao", "skiffer-git", "omar-sre", "ines-sre", "lin-tester", "mallory"], 1)
}
TEAMS = {
    "release-managers": frozenset({"withchao", "skiffer-git"}),
    "sre": frozenset({"omar-sre", "ines-sre"}),
    "qa": frozenset({"lin-tester"}),
}
SETTINGS = {"cluster": {"namespace": "openim"}}
TREES = {"code": {"model": "1" * 40}, "estate": {"estate": "2" * 40}, "lock": {"requirements.lock": "3" * 40}}
PROMOTION = Promotion(
    source="staging", soak_time=timedelta(minutes=30), manual_test=ManualTest(required=1, testers=("team/qa",))
)
APPROVAL = Approval(required=2, approvers=("team/release-managers", "team/sre"), at_least_one_from=("team/sre",))
NIGHTLY = FreezeWindow(cron="0 18 * * *", duration=timedelta(hours=2), timezone="UTC")


def images(mark: str) -> dict[str, str]:
    return {"openim-api": f"sha256:{mark * 64}"}


def release(mark: str, *authors: str) -> Release:
    people = tuple(Author(login=name, id=PEOPLE[name].id if name in PEOPLE else None) for name in authors)
    return Release(id=f"v3.8.4+{mark * 7}", images=images(mark), authors=people)


OLD, NEW = release("a"), release("b", "withchao")


def entry(kind: Kind, of: Release | None = None, before: timedelta = timedelta(0), **more: Any) -> Entry:
    """Something that happened ``before`` now."""
    evidence = {"images": dict(of.images)} if of else {}
    return Entry(
        seq=1,
        at=NOW - before,
        stage="any",
        kind=kind,
        release=of.id if of else "",
        fingerprint=more.get("fingerprint", ""),
        actor=more.get("actor", MACHINE),
        reasons=more.get("reasons", ()),
        evidence={**evidence, **more.get("evidence", {})},
    )


def history(*entries: Entry) -> tuple[Entry, ...]:
    return tuple(one.model_copy(update={"seq": n}) for n, one in enumerate(entries, 1))


def passed(by: str = "lin-tester", of: Release = NEW, before: timedelta = timedelta(minutes=5)) -> Entry:
    return entry(Kind.TESTED, of, before, actor=PEOPLE[by], evidence={"verdict": "pass"})


def runs(of: Release) -> Deployed:
    parts = parts_of(of, SETTINGS, TREES)
    return Deployed(of.id, of.images, parts.fingerprint, parts.release)


def approvals(given: GateInput, *names: str, before: timedelta = timedelta(hours=1)) -> tuple[Given, ...]:
    return tuple(
        Given(login=name, id=PEOPLE[name].id, at=given.now - before, how="review", fingerprint=given.fingerprint)
        for name in names
    )


def asked(**changes: Any) -> GateInput:
    """Production runs OLD; NEW is verified, soaked and tested on staging; nobody has approved."""
    given = GateInput(
        stage="prod",
        release=NEW,
        settings=SETTINGS,
        trees=TREES,
        promotion=PROMOTION,
        approval=APPROVAL,
        teams=TEAMS,
        now=NOW,
        own=history(entry(Kind.VERIFIED, OLD, timedelta(days=1))),
        deployed=runs(OLD),
        source=history(entry(Kind.VERIFIED, NEW, timedelta(hours=1)), passed()),
        source_deployed=runs(NEW),
    )
    given = replace(given, **changes)
    # What runs was deployed under the policy that this world declares, unless a test says otherwise.
    if given.deployed and given.deployed.policy is None:
        given = replace(given, deployed=replace(given.deployed, policy=given.declared))
    return given


def genesis(given: GateInput) -> Entry:
    """The declared policy as the one in force."""
    return entry(Kind.GENESIS, before=timedelta(days=9), evidence={"policy": given.declared.data})


def approved(*names: str, given: GateInput | None = None, **more: Any) -> GateInput:
    given = given or asked()
    return replace(given, approvals=approvals(given, *names, **more))
