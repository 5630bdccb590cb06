"""`openim-cicd plan`: save the plan of the change that the checkout declares, to be proposed and approved with it."""

import os

from cli.console import out
from cli.place import project_root
from delivery.errors import Refused
from delivery.files import replace_file
from delivery.git import Clone
from delivery.plan_files import text_of
from delivery.planner import Planner
from delivery.stage import read_stage
from model.saved_plan import plan_file
from model.signed_text import planned


def plan(name: str) -> None:
    """Save it, name it in ``plans/<stage>.yaml``, and say what it does.

    Raises:
        Refused: the stack is no stage, its preview fails, or the registry does not take the plan.
    """
    root = project_root()
    stage = read_stage(root, name, os.environ)
    if stage is None:
        raise Refused(f"{name} has no environment, so nobody approves plans of it")
    made = Planner(Clone(root), os.environ).of_checkout(name, root, stage.release.id, stage.fingerprint)
    file = root / plan_file(name)
    file.parent.mkdir(exist_ok=True)
    replace_file(file, text_of(made))
    out.print(f"{plan_file(name)} names the plan of fingerprint {made.fingerprint}; propose it with the change:")
    for line in planned(made):
        out.print(f"  {line}", markup=False)
