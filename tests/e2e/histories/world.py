"""The moves of tests/histories by people's commands at a running machine, on its real stages.

Beside them stands the same witness as beside the model's world. He is told of what production's ledger and the engine's
state say; what production runs after each move is read from its cluster, and he must have been told of it.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from delivery.approvals import FOLDER, approvals_file, approvals_from
from delivery.collect import statement, text_of
from delivery.declared import reader
from delivery.gate_input import gather_from
from delivery.git import ReadTree
from delivery.github import GitHubError
from delivery.promote import open_promotions
from delivery.signing import OWN_KEY, own
from delivery.stack_file import with_release
from delivery.trees import of_commit
from model import ledger
from model.approvals_file import signed
from model.gate_input import GateInput
from model.ledger import Kind
from model.release import Release
from model.saved_plan import plan_file
from model.settings import read_written, stack_file
from tests.e2e.histories import declared
from tests.e2e.histories.account import SOAK, STAGE, Account
from tests.e2e.histories.commands import Commands
from tests.e2e.histories.desk import OPERATOR, SIGNERS, Desk
from tests.e2e.histories.releases import API, Releases, identity
from tests.histories.play import Play
from tests.histories.witness import Change, Witness
from tests.histories.world import CLOCK

SOURCE = "staging"
STRANGER = "FGadvancer"
"""Plays mallory: a member of the organisation and of no team that decides."""


@dataclass
class RealWorld(Play):
    """Two stages of a running machine, and everybody around them."""

    desk: Desk
    chance: random.Random
    releases: Releases
    pull: int = 0
    """The promotion that is open; 0 for none."""
    proposed: dict[str, str] = field(default_factory=dict)
    """Who offered what, by fingerprint."""
    plans: list[str] = field(default_factory=list)
    out_of_reach: bool = False
    commands: Commands = field(init=False)
    account: Account = field(init=False)
    witness: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.desk.refresh()
        self.commands = Commands(self.desk, self.chance)
        self.account = Account(self.desk, self.releases, self.given)
        self.witness = self.account.witness

    # What developers and testers do.

    def push(self, author: str, built_as: int | None = None) -> None:
        self.releases.make(_login(author), self.desk.actor(_login(author)).id, built_as)

    def stage(self, back: int, outcome: int) -> None:
        if self.out_of_reach:
            return
        release = self.releases.newest(back)
        self._name(SOURCE, release)
        mark = len(self.desk.entries(SOURCE))
        self.commands.let_go(SOURCE, outcome, "deploy")
        for one in self.desk.entries(SOURCE)[mark:]:
            if one.kind in {Kind.VERIFIED, Kind.FAILED} and one.release == release.id:
                self.witness.staged(release, one.kind, self.desk.now)

    def soak(self) -> None:
        self.desk.ahead += 2 * SOAK

    def test(self, tester: str, verdict: str) -> None:
        words = ("openim-cicd", "test", verdict, "--note", "looked at it")
        for one in self.commands.told(SOURCE, _login(tester), *words):
            if one.kind is Kind.TESTED:
                [release] = [known for known in self.releases.made if known.id == one.release][-1:]
                self.witness.tested(release, one.actor.login.lower(), verdict)

    def good_change(self, author: str) -> None:
        """It is left to be proposed, on a staging that can be asked."""
        if self.out_of_reach:
            self.outage()
        self.good_release(author)

    # What production's clone says, and who says something about it.

    def choose(self, number: int) -> None:
        self._name(STAGE, self.releases.newest(number))

    def choose_again(self) -> None:
        failed = ledger.last(self.desk.entries(STAGE), Kind.FAILED)
        found = [one for one in self.releases.made if failed and identity(one) == (failed.release, failed.images[API])]
        if found:
            self._name(STAGE, found[0])

    def plan(self) -> None:
        self.desk.refresh()
        if self.commands.type(OPERATOR, "openim-cicd", "plan", STAGE):
            self._plan((self.desk.clone.root / plan_file(STAGE)).read_text())
            self.witness.planned(Change.of(self.given).plan)

    def plan_again(self, number: int) -> None:
        if self.plans:
            self._plan(self.plans[-1 - number % len(self.plans)])

    def move_the_state(self) -> None:
        before = self.account.state()
        ending = f":Deployment::openim-{API}"
        one = next(one for one in self.desk.resources(STAGE) if one["urn"].endswith(ending))
        verb = "unprotect" if one.get("protect") else "protect"
        self.commands.type(OPERATOR, "pulumi", "state", verb, one["urn"], "--stack", STAGE, "--yes")
        if self.account.state() != before:
            self.witness.moved()

    def propose(self, who: str) -> None:
        """`promote`, of what staging runs."""
        self.desk.refresh()
        offers = self.commands.type(_login(who), "openim-cicd", "promote", STAGE)
        opened = {
            one["number"]: one for one in open_promotions(self.desk.github(OPERATOR), self.desk.repository, STAGE)
        }
        self.pull = max(opened, default=0)
        if self.pull:
            change = self._offered()
            self.proposed.setdefault(change.fingerprint, opened[self.pull]["user"]["login"])
            self.plans.append(self.desk.clone.file_at(self._head(), plan_file(STAGE)) or "")
            if offers and change.plan:
                self.witness.planned(change.plan)

    def rule(self, number: int) -> None:
        self.desk.edit(f"Rule {number}", declared.rule(STAGE, number))

    def employ(self, number: int) -> None:
        self.desk.edit(f"Employ {number}", declared.employ(number, STRANGER))

    def code(self, number: int) -> None:
        self.desk.edit(f"Code {number}", declared.code(number))

    def approve(self, who: str, fault: str = "") -> None:
        who = _login(who)
        if fault:
            self._write_statement(who, STRANGER)
        elif self.pull:
            if self.commands.type(who, "openim-cicd", "approve", STAGE, "--number", str(self.pull)):
                at = self.desk.now if who in SIGNERS else datetime.now(UTC)
                self.witness.approved(replace(self._offered(), now=at), who.lower())
        elif who in SIGNERS:
            self._write_statement(who, who)
            self.witness.approved(Change.of(self.given), who)

    def unapprove(self, who: str) -> None:
        """Out of the files, and out of the conversation, where they would be read again."""
        who = _login(who)
        root, github = self.desk.clone.root, self.desk.github(who)
        self.desk.refresh()
        files = [str(one.relative_to(root)) for one in (root / FOLDER / STAGE).glob("*.yaml")]
        self.desk.edit(f"Without {who}", lambda read: {file: declared.without(who, read(file) or "") for file in files})
        pulls = f"repos/{self.desk.repository}/pulls"
        for one in self.desk.github(OPERATOR).pages(pulls, state="all", base="main"):
            path = f"{pulls}/{one['number']}/reviews"
            said = [review for review in github.pages(path) if review["user"]["login"] == who]
            if said and said[-1]["state"] == "APPROVED":
                github.post(path, {"event": "REQUEST_CHANGES", "body": "No longer.", "commit_id": one["head"]["sha"]})
        self.witness.unapproved(who.lower())

    def glass(self, who: str, reason: str) -> None:
        self.desk.refresh()
        change = replace(Change.of(self.given), now=datetime.now(UTC))
        words = ("openim-cicd", "break-glass", STAGE, "--reason", reason)
        if any(one.kind is Kind.BREAKGLASS for one in self.commands.told(STAGE, _login(who), *words)):
            self.witness.broke(change, _login(who).lower(), reason)

    def freeze(self, who: str) -> None:
        self._freeze(who, "--reason", "stock-taking")

    def thaw(self, who: str) -> None:
        self._freeze(who, "--thaw")

    # What happens by itself.

    def wait(self, number: int) -> None:
        self.desk.ahead += CLOCK[number % len(CLOCK)]

    def outage(self) -> None:
        file = self.desk.state(SOURCE)
        away = file.with_name(f"{file.name}.away")
        (away if self.out_of_reach else file).rename(file if self.out_of_reach else away)
        self.out_of_reach = not self.out_of_reach

    def genesis(self) -> None:
        self.commands.type(OPERATOR, "openim-cicd", "policy", STAGE, "--genesis", "--reason", "once more")

    def deploy(self, outcome: int) -> None:
        """What is offered is merged first, where GitHub lets it."""
        if self.pull:
            path = f"repos/{self.desk.repository}/pulls/{self.pull}/merge"
            with suppress(GitHubError):
                body = {"merge_method": "squash", "commit_title": "Merge [skip ci]", "sha": self._head()}
                self.desk.github(OPERATOR).put(path, body)
                self.pull = 0
        self._change(outcome, "deploy")

    def go_back(self, outcome: int) -> None:
        self._change(outcome, "rollback")

    def calm_down(self) -> None:
        """A good change, and everything for it that time and people can do; it must get in."""
        if self.out_of_reach:
            self.outage()
        self.desk.ahead = declared.until_eleven(datetime.now(UTC))
        self.thaw("omar-sre")
        self.releases.well()
        self.good_change("aiko-tester")
        self.propose(STRANGER)
        for one in ("withchao", "skiffer-git", "omar-sre", "ines-sre"):
            self.approve(one)
        self.deploy(0)

    # What is looked at.

    @property
    def given(self) -> GateInput:
        """What the clone declares on main, as the gate reads it."""
        return self._at(self.desk.clone.head())

    def _offered(self) -> Change:
        return Change.of(self._at(self._head()))

    def _head(self) -> str:
        pull = self.desk.github(OPERATOR).get(f"repos/{self.desk.repository}/pulls/{self.pull}")
        return self.desk.clone.fetch(pull["head"]["ref"])

    def _at(self, commit: str) -> GateInput:
        read = reader(self.desk.clone, commit)
        trees = of_commit(self.desk.clone, commit)
        given = gather_from(STAGE, read, read_written(STAGE, read), trees=trees, at=self.desk.now)
        proposer = self.proposed.get(given.fingerprint)
        return replace(given, proposers=(*given.proposers, *([self.desk.actor(proposer)] if proposer else ())))

    # How things are done.

    def _change(self, outcome: int, verb: str) -> None:
        """A command that may change production."""
        self.desk.refresh()
        self.account.tell(self.given, lambda: self.commands.let_go(STAGE, outcome, verb))

    def _freeze(self, who: str, *options: str) -> None:
        for one in self.commands.told(STAGE, _login(who), "openim-cicd", "freeze", STAGE, *options):
            if one.kind in {Kind.FROZEN, Kind.THAWED}:
                self.witness.frozen = one.kind is Kind.FROZEN

    def _name(self, stage: str, release: Release) -> None:
        file = stack_file(stage)
        self.desk.edit(f"Name {release.id}", lambda read: {file: with_release(stage, read(file) or "", release)})

    def _plan(self, text: str) -> None:
        self.plans.append(text)
        self.desk.edit("Name a plan", lambda _: {plan_file(STAGE): text})

    def _write_statement(self, who: str, signer: str) -> None:
        """Put an approval of what is declared into its file, past every conversation."""
        self.desk.refresh()
        given = self.given
        sign = own({OWN_KEY: str(self.desk.key(signer))})
        made = signed(statement(given, self.desk.actor(who), self.desk.now.replace(microsecond=0), "command"), sign)
        file = approvals_file(STAGE, given.fingerprint)

        def edit(_: ReadTree) -> dict[str, str]:
            clone = self.desk.clone
            present, _ = approvals_from(reader(clone, clone.fetch("main")), STAGE, given.fingerprint)
            return {file: text_of(present.model_copy(update={"approvals": (*present.approvals, made)}))}

        self.desk.edit(f"{who} approves", edit)


def _login(name: str) -> str:
    return {"mallory": STRANGER}.get(name, name)
