"""``plans/<stage>.yaml``: read for one change, written as a person would."""

import io

from delivery.stack_file import round_trip
from model.base import parse
from model.document import Read, load
from model.problems import AbsentError, SettingsError
from model.saved_plan import PlanFile, plan_file

HEAD = "# The plan of the change that the stage's file declares, made by openim-cicd; approvals are for it.\n"


def plan_from(read: Read, stage: str, fingerprint: str) -> tuple[PlanFile | None, str]:
    """The plan that is named for this very change, and what is wrong with the file, if anything.

    A file that cannot be read names no plan: it must not hold a way back, which needs none.
    """
    try:
        found = parse(PlanFile, load(plan_file(stage), read), plan_file(stage))
    except AbsentError:
        return None, ""
    except SettingsError as error:
        return None, " ".join(str(error).split())
    return (found if found.fingerprint == fingerprint else None), ""


def text_of(plan: PlanFile) -> str:
    """The file as it is written."""
    out = io.StringIO()
    round_trip().dump(plan.model_dump(mode="json", by_alias=True, exclude_defaults=True), out)
    return HEAD + out.getvalue()
