"""Two stages and the people around them, to play random histories on: a change travels, or is made to try.

What the gate reads is made as deployments make it: ledgers, outputs, approvals. Beside it stands a witness
(``witness.py``), who keeps an account of his own and is asked whenever the gate lets something into production.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from model import ledger
from model.approval import Approval, BreakGlass
from model.approvals_file import Given
from model.gate import decide, policy_after
from model.gate_input import Deployed, GateInput, Unreachable
from model.ledger import MACHINE, Entry, Kind, instant
from model.policy import recorded
from model.release import Author, Release
from model.saved_plan import PlanFile
from tests.histories.play import ERRORED, FAILED, KILLED_EARLY, WORKED, Play
from tests.histories.witness import Change, Witness
from tests.unit.model.gate_world import APPROVAL, NIGHTLY, NOW, PEOPLE, PROMOTION, SETTINGS, TEAMS, TREES, entry

POLICIES = tuple(
    APPROVAL.model_copy(update={"required": required, **more})
    for required in (0, 1, 2, 3)
    for more in (
        {},
        {"self_approval": True, "at_least_one_from": ()},
        {"freeze_windows": (NIGHTLY,), "break_glass": BreakGlass(approvers=("team/sre",))},
        {"require_saved_plan": True},
    )
)
STAFF = (TEAMS, {**TEAMS, "sre": TEAMS["sre"] | {"mallory"}}, {**TEAMS, "qa": TEAMS["qa"] | {"mallory"}})
CLOCK = tuple(timedelta(minutes=one) for one in (-120, -10, 5, 31, 31, 300, 900, 80 * 60))
ENDS = {WORKED: Kind.VERIFIED, FAILED: Kind.FAILED, ERRORED: Kind.ERRORED}
"""What is recorded of an end; nothing of a kill."""


@dataclass
class Stage:
    """What one stage has recorded and what its outputs say."""

    entries: list[Entry] = field(default_factory=list)
    deployed: Deployed | None = None

    def add(self, made: Entry) -> None:
        self.entries.append(made.model_copy(update={"seq": len(self.entries) + 1}))


@dataclass
class World(Play):
    """Everything at one moment."""

    now: datetime = NOW
    releases: list[Release] = field(default_factory=list)
    staging: Stage = field(default_factory=Stage)
    prod: Stage = field(default_factory=Stage)
    declared: Release | None = None
    """What production's stack file names."""
    settings: Mapping[str, Any] = field(default_factory=lambda: SETTINGS)
    trees: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: TREES)
    approval: Approval = POLICIES[8]
    teams: Mapping[str, frozenset[str]] = field(default_factory=lambda: TEAMS)
    approvals: list[Given] = field(default_factory=list)
    proposers: tuple[str, ...] = ()
    out_of_reach: bool = False
    state: int = 0
    """Production's state; another number for another one."""
    plans: list[tuple[PlanFile, int]] = field(default_factory=list)
    """Every plan that was saved, with the state that it was made from."""
    named: str = ""
    """Digest of the plan that production's clone names."""
    witness: Witness = field(default_factory=Witness)

    def __post_init__(self) -> None:
        self.push("lin-tester")

    def found_running(self) -> None:
        """Production runs something that was brought there before anybody kept a ledger."""
        self.choose(0)
        given = self.given
        assert given
        self.prod.deployed = Deployed(given.release.id, given.release.images, given.fingerprint, given.parts.release)
        self.witness.found(Change.of(given))

    def genesis(self) -> None:
        """Whoever sets up the stage records who decides, where nobody has."""
        given = self.given
        if given is not None and given.running and given.recorded is None:
            self.prod.add(entry(Kind.GENESIS, evidence={"policy": given.declared.data}))
            self.witness.begins_with(Change.of(given))

    def calm_down(self) -> None:
        """A good change, and everything for it that time and people can do."""
        self.out_of_reach = False
        self.now = (self.now + timedelta(days=30)).replace(hour=11)
        self.thaw("omar-sre")
        self.good_change("somebody")
        self.genesis()
        self.plan()
        for one in ("withchao", "skiffer-git", "omar-sre", "ines-sre"):
            self.approve(one)

    # What developers and testers do.

    def push(self, author: str, built_as: int | None = None) -> None:
        """A release is made; with ``built_as`` under the id of an older one."""
        number = len(self.releases) + 1
        name = f"v3.8.4+{number:07x}" if built_as is None else self._release(built_as).id
        who = Author(login=author, id=PEOPLE[author].id if author in PEOPLE else None)
        self.releases.append(Release(id=name, images={"openim-api": f"sha256:{number:064x}"}, authors=(who,)))

    def stage(self, back: int, outcome: int) -> None:
        """Staging takes one of the newest releases, without asking anybody."""
        release = self._release(-1 - back)
        self.staging.add(self._entry(Kind.DEPLOYING, release))
        if outcome != KILLED_EARLY:
            self.staging.deployed = Deployed(release.id, release.images, "f" * 64)
        ended = ENDS.get(outcome)
        if ended:
            self.staging.add(self._entry(ended, release))
            self.witness.staged(release, ended, self.now)

    def test(self, tester: str, verdict: str) -> None:
        """Somebody tests what staging runs; who finds it bad withdraws it."""
        if not self.staging.deployed:
            return
        release = next(one for one in self.releases if one.images == self.staging.deployed.images)
        tested = self._entry(Kind.TESTED, release, tester, evidence={"verdict": verdict})
        self.staging.add(tested)
        if verdict == "fail":
            self.staging.add(self._entry(Kind.WITHDRAWN, release, tester))
        self.witness.tested(release, tester, verdict)

    # What production's clone says, and who says something about it.

    def choose(self, number: int) -> None:
        """Production's stack file names one of the newest releases."""
        self.declared, self.proposers = self._release(-1 - number), ()

    def choose_again(self) -> None:
        """Production's file names once more what failed there last."""
        failed = ledger.last(self.prod.entries, Kind.FAILED)
        if failed:
            self.declared = next(one for one in self.releases if dict(one.images) == dict(failed.images))

    def plan(self) -> None:
        """Somebody saves the plan of what is declared, and names it in production's clone."""
        given = self.given
        if given is None:
            return
        artifact = f"sha256:{len(self.plans) + 1:064x}"
        made = PlanFile(release=given.release.id, fingerprint=given.fingerprint, artifact=artifact)
        self.plans.append((made, self.state))
        self.named = made.plan
        self.witness.planned(self.named)

    def plan_again(self, number: int) -> None:
        """The clone names an older plan, of whatever change."""
        if self.plans:
            self.named = self.plans[-1 - number % len(self.plans)][0].plan

    def move_the_state(self) -> None:
        """Somebody changes production's state past everything."""
        self.state += 1
        self.witness.moved()

    def propose(self, who: str) -> None:
        """Somebody offers what is declared."""
        self.proposers = (who,)

    def rule(self, number: int) -> None:
        """Production's stack file has other rules; they stand among the settings, as everything does there."""
        self.approval = POLICIES[number % len(POLICIES)]
        self.settings = SETTINGS | {"approval": self.approval.model_dump(mode="json")}

    def employ(self, number: int) -> None:
        """Teams change, in the estate's tree."""
        self.teams = STAFF[number % len(STAFF)]
        self.trees = self.trees | {"estate": {"estate": f"{number % len(STAFF):040x}"}}

    def code(self, number: int) -> None:
        """The program changes."""
        self.trees = self.trees | {"code": {"model": f"{number:040x}"}}

    def approve(self, who: str, fault: str = "") -> None:
        """Somebody approves what is declared; with a fault it is not his word."""
        given = self.given
        if given is None:
            return
        one = Given(
            login=who,
            id=PEOPLE[who].id,
            at=self.now,
            how="review",
            fingerprint=given.fingerprint,
            plan=given.planned,
            fault=fault,
        )
        self.approvals.append(one)
        if not fault:
            self.prod.add(self._entry(Kind.APPROVED, given.release, who, evidence={"given": instant(self.now)}))
            self.witness.approved(Change.of(given), who)

    def unapprove(self, who: str) -> None:
        """Somebody's approvals are taken out of the clone."""
        self.approvals = [one for one in self.approvals if one.login != who]
        self.witness.unapproved(who)

    def glass(self, who: str, reason: str) -> None:
        """Somebody breaks the glass for what is declared."""
        given = self.given
        if given is not None:
            said = (reason,) if reason else ()
            self.prod.add(self._entry(Kind.BREAKGLASS, given.release, who, given.fingerprint, reasons=said))
            self.witness.broke(Change.of(given), who, reason)

    def freeze(self, who: str) -> None:
        """Nothing new from here on."""
        self.prod.add(self._entry(Kind.FROZEN, None, who))
        self.witness.frozen = True

    def thaw(self, who: str) -> None:
        """No longer."""
        self.prod.add(self._entry(Kind.THAWED, None, who))
        self.witness.frozen = False

    # What happens by itself.

    def soak(self) -> None:
        """As long as production's rules say."""
        self.now += timedelta(minutes=31)

    def wait(self, number: int) -> None:
        """The clock goes, or is set back."""
        self.now += CLOCK[number % len(CLOCK)]

    def outage(self) -> None:
        """Staging's backend is lost, or found again."""
        self.out_of_reach = not self.out_of_reach

    def deploy(self, outcome: int) -> None:
        """Production tries what is declared."""
        given = self.given
        if given is None:
            return
        decision = decide(given)
        if not decision.allowed:
            reasons = tuple(one.text for one in decision.reasons)
            self.prod.add(self._entry(Kind.REFUSED, given.release, fingerprint=given.fingerprint, reasons=reasons))
            return
        self.witness.lets_in(Change.of(given))
        self._update(given, outcome)

    def go_back(self, outcome: int) -> None:
        """Production's file gets the release that worked before, and nothing else of it changes."""
        given = self.given
        back = given.way_back if given else None
        if back and back.release:
            self.declared = next(one for one in self.releases if dict(one.images) == dict(back.images))
            self.deploy(outcome)

    @property
    def given(self) -> GateInput | None:
        """What the gate would look at; None while nothing is declared."""
        if self.declared is None:
            return None
        given = GateInput(
            stage="prod",
            release=self.declared,
            settings=self.settings,
            trees=self.trees,
            promotion=PROMOTION,
            approval=self.approval,
            teams=self.teams,
            now=self.now,
            own=tuple(self.prod.entries),
            deployed=self.prod.deployed,
            source=tuple(self.staging.entries),
            source_deployed=Unreachable("no answer") if self.out_of_reach else self.staging.deployed,
            proposers=tuple(PEOPLE[one] for one in self.proposers),
            # Those for another fingerprint lie about too, and must not count.
            approvals=tuple(self.approvals),
        )
        plan, state = next((one for one in self.plans if one[0].plan == self.named), (None, 0))
        if plan is None or plan.fingerprint != given.fingerprint:
            return given
        return replace(given, plan=plan, plan_fault="" if state == self.state else "is older than the state")

    def _update(self, given: GateInput, outcome: int) -> None:
        after = policy_after(given)
        if recorded(given.own) is None:
            self.prod.add(entry(Kind.GENESIS, evidence={"policy": given.policy.data}))
        held = {"signed": given.parts.model_dump(mode="json"), "policy": after.data}
        self.prod.add(self._entry(Kind.DEPLOYING, given.release, fingerprint=given.fingerprint, evidence=held))
        if outcome != KILLED_EARLY:
            self.state += 1
            self.witness.moved()
            self.prod.deployed = Deployed(
                given.release.id,
                given.release.images,
                given.fingerprint,
                given.parts.release,
                given.declared,
                given.way_back,
            )
        ended = ENDS.get(outcome)
        if ended:
            kept = {"policy": after.data} if ended is Kind.VERIFIED else {}
            self.prod.add(self._entry(ended, given.release, fingerprint=given.fingerprint, evidence=kept))
        self.witness.ended(Change.of(given), ended, updated=outcome != KILLED_EARLY)

    def _release(self, number: int) -> Release:
        return self.releases[number % len(self.releases)]

    def _entry(self, kind: Kind, release: Release | None, who: str = "", fingerprint: str = "", **more: Any) -> Entry:
        actor = PEOPLE.get(who, MACHINE)
        made = entry(kind, release, actor=actor, fingerprint=fingerprint, **more)
        return made.model_copy(update={"at": self.now})
