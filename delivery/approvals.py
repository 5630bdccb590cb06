"""``approvals/<stage>/<change>.yaml``: read strictly, written whole."""

import io

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from delivery.stack_file import round_trip
from model.approvals_file import ApprovalsFile
from model.base import parse
from model.document import Read, load
from model.problems import Problem, SettingsError

FOLDER = "approvals"


def approvals_file(stage: str, change: str) -> str:
    """Where the approvals of one change stand, relative to the checkout."""
    return f"{FOLDER}/{stage}/{change}.yaml"


def approvals_from(read: Read, stage: str, change: str) -> ApprovalsFile:
    """The approvals recorded for a change; none where there is no file.

    Raises:
        SettingsError: the file is not one document of known keys, or approves another change.
    """
    file = approvals_file(stage, change)
    try:
        text = read(file)
    except FileNotFoundError:
        return ApprovalsFile()
    return parse_approvals(file, text, change)


def parse_approvals(file: str, text: str, change: str) -> ApprovalsFile:
    """The approvals in a file's ``text``.

    Raises:
        SettingsError: as ``approvals_from``.
    """
    made = parse(ApprovalsFile, load(file, lambda _: text), file)
    if any(one.change != change for one in made.approvals):
        raise SettingsError([Problem(file, "approvals", "", "approves another change than its name says: remove it")])
    return made


def text_of(approvals: ApprovalsFile) -> str:
    """The file as it is written: one line for each person."""
    data = CommentedMap()
    for key, rows in approvals.model_dump(by_alias=True, mode="json").items():
        data[key] = CommentedSeq(_in_flow(row) for row in rows)
    out = io.StringIO()
    round_trip().dump(data, out)
    return out.getvalue()


def _in_flow(row: dict[str, object]) -> CommentedMap:
    made = CommentedMap(row)
    made.fa.set_flow_style()
    return made
