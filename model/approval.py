"""Who must agree before a stage changes, and when it may: the stack's ``promotion`` and ``approval``."""

from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from model.base import Model
from model.names import Duration, Principal

CRON_FIELDS = 5


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
    """Where releases come from and what they must have shown there; recorded, the gate is yet to come."""

    source: str = Field(alias="from", pattern=r"^[a-z][a-z0-9-]*$")
    """The stage whose verified releases may come here, e.g. ``staging``."""
    soak_time: Duration = Field(default=timedelta(0), json_schema_extra={"default": "0s"})
    """How long a release must have been verified there; default none."""
    manual_test: ManualTest = ManualTest()


class FreezeWindow(Model):
    """A time in which nothing is to be deployed, except back; recorded, the gate that heeds it is yet to come."""

    cron: str
    """Start of the window: minute, hour, day of month, month, day of week."""
    duration: Duration
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        if len(value.split()) != CRON_FIELDS:
            raise ValueError('must be a cron expression of five fields, e.g. "0 18 * * FRI"')
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone of the IANA database, e.g. Asia/Shanghai")
        return ZoneInfo(value).key


class BreakGlass(Model):
    """The way around the gate in an emergency; recorded, the gate itself is yet to come."""

    approvers: tuple[Principal, ...] = Field(min_length=1)
    required: int = Field(default=1, ge=1, le=20)


class Approval(Model):
    """Who must approve a change of this stage.

    Today GitHub enforces it on deploy jobs, through the deployment environment: its reviewers are
    ``approvers``, of whom one suffices. The counts, times and windows are checked and recorded for
    the gate that will hold `pulumi up` itself to them.
    """

    required: int = Field(default=0, ge=0, le=20)
    """Approvals by distinct people; default none (nobody is asked)."""
    approvers: tuple[Principal, ...] = ()
    """Teams and users whose approval counts."""
    at_least_one_from: tuple[Principal, ...] = ()
    """One approval must come from each of these; each must be among ``approvers``."""
    self_approval: bool = False
    """Whether an author of the change may approve it."""
    expires_after: Duration = Field(default=timedelta(hours=72), json_schema_extra={"default": "72h"})
    """How long an approval is good."""
    require_saved_plan: bool = False
    """Refuse a bare ``pulumi up``; only a saved plan may be applied."""
    freeze_windows: tuple[FreezeWindow, ...] = ()
    break_glass: BreakGlass | None = None
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
        return self
