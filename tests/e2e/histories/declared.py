"""What the infrastructure repository says, edited: rules, people, code."""

import io
from datetime import datetime, timedelta
from typing import Any

from delivery.collect import text_of
from delivery.git import Edit, ReadTree
from delivery.stack_file import round_trip
from model.approvals_file import ApprovalsFile
from model.base import parse
from model.document import load
from model.settings import stack_file

BASE = {
    "required": 2,
    "approvers": ["team/release-managers", "team/sre"],
    "atLeastOneFrom": ["team/sre"],
    "expiresAfter": "72h",
    "branches": ["main"],
}
NIGHTLY = {"cron": "0 18 * * *", "duration": "2h", "timezone": "UTC"}
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"selfApproval": True, "atLeastOneFrom": []},
    {"freezeWindows": [NIGHTLY], "breakGlass": {"approvers": ["team/sre"]}},
    {"requireSavedPlan": True},
)
"""As those of the model's world."""
TEAMS, CODE = "estate/teams.yaml", "model/names.py"
QUIET_HOUR = 11


def rule(stage: str, number: int) -> Edit:
    """Other rules for who decides about a stage."""
    required, variant = divmod(number % (4 * len(VARIANTS)), len(VARIANTS))
    section = {**BASE, "required": required, **VARIANTS[variant]}
    file = stack_file(stage)

    def edit(read: ReadTree) -> dict[str, str]:
        yaml, out = round_trip(), io.StringIO()
        data = yaml.load(read(file))
        data["config"]["openim-cicd:approval"] = section
        yaml.dump(data, out)
        return {file: out.getvalue()}

    return edit


def employ(number: int, who: str) -> Edit:
    """Somebody is in no team that decides, in sre, or in qa."""
    team = ("", "sre", "qa")[number % 3]
    member = f"{{login: {who}}}, "

    def edit(read: ReadTree) -> dict[str, str]:
        # He is a maintainer too, in the first half of the file.
        first, mark, rest = (read(TEAMS) or "").partition("  - name: release-managers")
        rest = rest.replace(member, "")
        if team:
            head, name, tail = rest.partition(f"- name: {team}\n")
            rest = head + name + tail.replace("members: [", f"members: [{member}", 1)
        return {TEAMS: first + mark + rest}

    return edit


def code(number: int) -> Edit:
    """Code that does the same."""
    return lambda read: {CODE: f"{(read(CODE) or '').partition('# Edition ')[0].rstrip()}\n# Edition {number}\n"}


def without(who: str, text: str) -> str:
    """An approvals' file without one person's statements."""
    found = parse(ApprovalsFile, load("approvals", lambda _: text), "approvals")
    kept = tuple(one for one in found.approvals if one.claimed is None or one.claimed.login != who)
    return text_of(found.model_copy(update={"approvals": kept})) if kept != found.approvals else text


def until_eleven(now: datetime) -> timedelta:
    """How far the next eleven o'clock is: no freeze window is near it."""
    there = now.replace(hour=QUIET_HOUR, minute=0, second=0, microsecond=0)
    return (there if there > now else there + timedelta(days=1)) - now
