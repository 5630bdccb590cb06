"""What a day on two stages is made of, whoever plays it: a world of data, or people at a running machine."""

from abc import ABC, abstractmethod

WORKED, FAILED, ERRORED, KILLED_LATE, KILLED_EARLY = range(5)
"""How an update ends; killed late is after the engine has written its outputs."""
APPROVERS = ("skiffer-git", "omar-sre", "ines-sre")
"""Those whom most rules ask for."""


class Play(ABC):
    """Moves that are made of others."""

    @abstractmethod
    def push(self, author: str, built_as: int | None = None) -> None:
        """A release is made; with ``built_as`` under the id of an older one."""

    @abstractmethod
    def stage(self, back: int, outcome: int) -> None:
        """Staging takes one of the newest releases, without asking anybody."""

    @abstractmethod
    def soak(self) -> None:
        """Time goes by, as much as a release must have run on staging."""

    @abstractmethod
    def test(self, tester: str, verdict: str) -> None:
        """Somebody tests what staging runs; who finds it bad withdraws it."""

    @abstractmethod
    def choose(self, number: int) -> None:
        """Production's stack file names one of the newest releases."""

    @abstractmethod
    def plan(self) -> None:
        """Somebody saves the plan of what is declared, and names it in production's clone."""

    @abstractmethod
    def approve(self, who: str, fault: str = "") -> None:
        """Somebody approves what is declared; with a fault it is not his word."""

    def good_release(self, author: str) -> None:
        """A release with everything on staging that production asks for."""
        self.push(author)
        self.stage(0, WORKED)
        self.soak()
        self.test("lin-tester", "pass")

    def good_change(self, author: str) -> None:
        """Such a release, in production's file."""
        self.good_release(author)
        self.choose(0)
        self.plan()

    def all_approve(self) -> None:
        """Those whom most rules ask for."""
        for one in APPROVERS:
            self.approve(one)
