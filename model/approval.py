"""Who must agree before a stage changes, and when it may: the stack's ``promotion`` and ``approval``."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator, model_validator

from model.base import Model
from model.names import Duration, Principal

CRON_FIELDS = 5
CLOCK_CHANGE = timedelta(hours=3)
"""More than clocks are ever put back by."""
LONGEST = timedelta(days=60)
"""A freeze that lasts longer never ends."""


SKEW = timedelta(minutes=5)
"""How far another clock may be ahead."""


class ManualTest(Model):
    """Testing by people on the stage a release comes from."""

    required: int = Field(default=0, ge=0, le=20)
    """How many testers must have passed the release; default none."""
    testers: tuple[Principal, ...] = ()
    """Whose word counts."""

    @model_validator(mode="after")
    def _somebody_can_test(self) -> "ManualTest":
        if self.required and not self.testers:
            raise ValueError("manual tests are required and nobody may make them: name testers")
        return self


class Promotion(Model):
    """Where releases come from and what they must have shown there before the gate lets them in here."""

    source: str = Field(alias="from", pattern=r"^[a-z][a-z0-9-]*$")
    """The stage whose verified releases may come here, e.g. ``staging``."""
    soak_time: Duration = Field(default=timedelta(0), json_schema_extra={"default": "0s"})
    """How long a release must have been verified there; default none."""
    manual_test: ManualTest = ManualTest()


class FreezeWindow(Model):
    """A time in which nothing is deployed, except back to what ran before.

    It begins whenever ``cron`` says so on the clocks of ``timezone`` and lasts ``duration`` of real time, whatever
    the clocks do meanwhile. A start that daylight saving skips happens right after the skipped hour; one that comes
    twice happens the first time.
    """

    cron: str
    """Start of the window: minute, hour, day of month, month, day of week."""
    duration: Duration
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        try:
            if len(value.split()) == CRON_FIELDS:
                CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
                return value
        except CronSimError:
            pass
        raise ValueError('must be a cron expression of five fields, e.g. "0 18 * * FRI"')

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone of the IANA database, e.g. Asia/Shanghai")
        return ZoneInfo(value).key

    @model_validator(mode="after")
    def _ends(self) -> "FreezeWindow":
        if ends_never([self]):
            raise ValueError("leaves no time to deploy: each window begins before the last one ends")
        return self

    def starts(self, after: datetime) -> Iterator[datetime]:
        """When it begins after ``after``, in UTC; hours before it too, where clocks are changed."""
        earlier = (after - CLOCK_CHANGE).astimezone(ZoneInfo(self.timezone))
        # Compared and added to in UTC: on one zone's clocks Python does arithmetic as if they were never changed.
        return (one.astimezone(UTC) for one in CronSim(self.cron, earlier))


def frozen_until(windows: Iterable[FreezeWindow], now: datetime) -> datetime | None:
    """When the freeze that is on ``now`` ends, windows that run into one another taken as one; None where none is."""
    now = end = now.astimezone(UTC)
    for start, stop in merge(*(_spans(window, now) for window in windows)):
        if start > end or end - now > LONGEST:
            break
        end = max(end, stop)
    return end if end > now else None


def _spans(window: FreezeWindow, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    return ((start, start + window.duration) for start in window.starts(now - window.duration))


def ends_never(windows: Iterable[FreezeWindow]) -> bool:
    """Whether one freeze runs into the next for good."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    end = frozen_until(windows, begin)
    return end is not None and end - begin > LONGEST


class BreakGlass(Model):
    """Who may let a change past the gate in an emergency, and how many of them it takes."""

    approvers: tuple[Principal, ...] = Field(min_length=1)
    """Teams and users who may."""
    required: int = Field(default=1, ge=1, le=20)
    """How many different people it takes; default one."""


class Approval(Model):
    """Who must approve a change of this stage.

    The gate holds `pulumi up` and deploy jobs to it. ``approvers`` are also the reviewers of GitHub's
    deployment environment, of whom one suffices there: the counts are the gate's.
    """

    required: int = Field(default=0, ge=0, le=20)
    """Approvals by distinct people; default none (nobody is asked)."""
    approvers: tuple[Principal, ...] = ()
    """Teams and users whose approval counts."""
    at_least_one_from: tuple[Principal, ...] = ()
    """One approval must come from each of these; each must be among ``approvers``."""
    signed_by: Literal["person", "machine"] = "machine"
    """Whose signature makes an approval: ``person`` counts only what people sign with keys of their own, ``machine``
    also what the machine vouches for because GitHub authenticated who said it."""
    require_saved_plan: bool = False
    """Whether a change is approved together with the plan that the engine made of it, and applied by that alone."""
    self_approval: bool = False
    """Whether an author of the change may approve it."""
    expires_after: Duration = Field(default=timedelta(hours=72), json_schema_extra={"default": "72h"})
    """How long an approval is good."""
    freeze_windows: tuple[FreezeWindow, ...] = ()
    break_glass: BreakGlass | None = None
    """Who may let a change past all of this in an emergency; default nobody."""
    wait_minutes: int = Field(default=0, ge=0, le=43_200)
    """Minutes that GitHub holds a deploy job back (GitHub documentation: wait timer, at most 30 days)."""
    branches: tuple[str, ...] = ("main",)
    """Branch name patterns of the infrastructure repository that may deploy here."""

    @model_validator(mode="after")
    def _can_be_met(self) -> "Approval":
        if self.required and not self.approvers:
            raise ValueError("approvals are required and nobody may give them: name approvers")
        strangers = sorted(set(self.at_least_one_from) - set(self.approvers))
        if strangers:
            raise ValueError(f"atLeastOneFrom {strangers} are not among the approvers {sorted(self.approvers)}")
        if ends_never(self.freeze_windows):
            raise ValueError("freezeWindows together leave no time to deploy")
        return self
