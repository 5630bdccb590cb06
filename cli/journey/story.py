"""The story: a change reaches staging by itself, production by approval; a sick one comes back."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from cli.console import Steps, out
from cli.journey import promotion, refusals
from cli.journey.changes import Change, merge
from cli.journey.people import Desk, Person
from cli.journey.stages import Ledgers
from cli.journey.timing import Timing, timing
from delivery.errors import Refused
from delivery.ledger import now
from model.ledger import Entry, Kind

SERVER = "open-im-server"
STAGED_WITHIN, DEPLOYED_WITHIN = 420.0, 420.0
"""Seconds, on a busy machine."""
DOCKERFILE = "build/images/openim-server/Dockerfile"
SICK = 'LABEL openim-cicd.sandbox/behaviour-prod="crash"\n'
"""Runs on staging and crashes in production: what no test on staging finds."""
DONE = (Kind.VERIFIED, Kind.FAILED, Kind.ERRORED)


@dataclass(frozen=True)
class Cast:
    """Who does what; nobody approves what they had a hand in."""

    developer: Person
    reviewer: Person
    tester: Person
    approvers: tuple[Person, Person]
    operator: Person
    """Holds production's credentials: for the way back by hand."""


@dataclass(frozen=True)
class Story:
    """Everything that the chapters need."""

    organization: str
    cast: Cast
    desk: Desk
    ledgers: Ledgers

    def begin(self, steps: Steps) -> Entry:
        """Verify and record what runs already; gives the entry of production's release.

        Raises:
            Refused: it does not work.
        """
        with steps.step("what runs already is verified and recorded"):
            return self._record()

    def tell(self, first: Entry, steps: Steps) -> None:
        """All other chapters in order; they end where ``first`` was.

        Raises:
            Refused: one of them did not end as it should.
        """
        with steps.step("a change is merged, built, and reaches staging by itself"):
            good = self._stage("greet", "Greet whoever asks", {"greeting.txt": f"hello at {now():%H:%M:%S}\n"})
        with steps.step("tested by hand, proposed, approved, and in production"):
            if (ended := self._promote(good, lambda: self._tamper(first))).kind is not Kind.VERIFIED:
                raise Refused(f"{good.release} {ended.kind} in production: {'; '.join(ended.reasons)}")
        with steps.step("a change that only sickens in production comes back by itself"):
            sick = self._stage("hurry", "Start without waiting", self._sickness())
            self._bring_back(sick)
        with steps.step("back by hand to where it began"):
            self.desk.refresh()
            for stage in ("prod", "staging"):
                self.desk.run(self.cast.operator, "openim-cicd", "rollback", stage, first.release)
        with steps.step("what nobody approved is refused"):
            refusals.appoint_himself(self.desk, self.cast.developer)
            refusals.rewrite_the_ledger(self.desk, self.cast.developer, self.cast.approvers[0].login)
            refusals.cut_the_ledger(self.desk, self.cast.developer)
            refusals.set_an_image(self.desk.variables["KUBECONFIG_PROD"])

    def _record(self) -> Entry:
        for stage in ("staging", "prod"):
            self.desk.run(self.cast.operator, "openim-cicd", "deploy", stage)
        entries = [one for one in self.ledgers.entries("prod") if one.kind is Kind.VERIFIED]
        if not entries:
            raise Refused("production was not verified; the output of its deployment is above")
        return entries[-1]

    def _stage(self, branch: str, title: str, files: dict[str, str]) -> Entry:
        change = Change(f"{self.organization}/{SERVER}", f"{branch}-{now():%Y%m%d%H%M%S}", title, files)
        commit = merge(change, self.cast.developer, self.cast.reviewer)
        entry = self.ledgers.of_commit("staging", SERVER, commit, DONE, STAGED_WITHIN)
        if entry.kind is not Kind.VERIFIED:
            raise Refused(f"{entry.release} {entry.kind} on staging: {'; '.join(entry.reasons)}")
        out.print(f"  staging runs {entry.release}, verified; from the merge: {self._timing(commit, entry)}")
        self.desk.refresh()
        return entry

    def _timing(self, commit: str, verified: Entry) -> Timing:
        told = [one for one in self.ledgers.entries("staging") if one.release == verified.release]
        repository = f"{self.organization}/{SERVER}"
        return timing(self.cast.operator.github, self.ledgers.clone, repository, commit, told)

    def _sickness(self) -> dict[str, str]:
        path = f"repos/{self.organization}/{SERVER}/contents/{DOCKERFILE}"
        text = b64decode(self.cast.developer.github.get(path)["content"]).decode()
        return {DOCKERFILE: text.rstrip("\n") + "\n" + SICK}

    def _tamper(self, first: Entry) -> None:
        """While the deploy job is held back: the approved change otherwise than approved; an image of nobody's."""
        self.desk.refresh()
        refusals.move_the_state(self.desk, self.cast.operator)
        refusals.leave_the_plan_out(self.desk, self.cast.operator)
        refusals.change_the_plan(self.desk, self.cast.operator)
        refusals.bring_an_image_in(self.desk, self.cast.operator, first.images[refusals.DEPLOYMENT])

    def _promote(self, release: Entry, meanwhile: Callable[[], None] = lambda: None) -> Entry:
        mark = self.ledgers.mark("staging")
        self.desk.run(self.cast.tester, "openim-cicd", "test", "pass", "--note", "sent and received messages")
        self.ledgers.after("staging", mark, (Kind.TESTED,), STAGED_WITHIN)
        self.desk.refresh()
        proposed = promotion.propose(self.desk, self.cast.developer, self.organization)
        promotion.refuse_proposed(self.desk, self.cast.developer, proposed)
        promotion.approve(self.desk, proposed, self.cast.developer, self.cast.approvers)
        commit = promotion.merge(proposed, self.cast.reviewer)
        meanwhile()
        mark = self.ledgers.mark("prod")
        promotion.let_through(proposed, commit, self.cast.approvers[0])
        ended = self.ledgers.after("prod", mark, (*DONE, Kind.REFUSED), DEPLOYED_WITHIN)
        out.print(f"  production: {release.release} {ended.kind}")
        return ended

    def _bring_back(self, sick: Entry) -> None:
        mark = self.ledgers.mark("prod")
        ended = self._promote(sick)
        if ended.kind is not Kind.FAILED:
            raise Refused(f"{sick.release} should have failed in production and is {ended.kind}")
        back = self.ledgers.after("prod", mark, (Kind.ROLLEDBACK,), DEPLOYED_WITHIN)
        out.print(f"  production is back at {back.release}")
