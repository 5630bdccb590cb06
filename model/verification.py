"""When a deployment counts as verified: the stack's ``verification``."""

from datetime import timedelta

from pydantic import Field

from model.base import Model
from model.names import Duration


class Verification(Model):
    """How long a deployment may take to prove itself, and how long it is watched then."""

    rollout_within: Duration = Field(default=timedelta(minutes=10), json_schema_extra={"default": "10m"})
    """Time for all pods to be replaced and ready, counted from the update's start; a crash is not waited out."""
    smoke_within: Duration = Field(default=timedelta(minutes=1), json_schema_extra={"default": "1m"})
    """Time for each smoke check to be answered as declared."""
    settle: Duration = Field(default=timedelta(seconds=30), json_schema_extra={"default": "30s"})
    """How long everything must then stay well, without a restart."""
