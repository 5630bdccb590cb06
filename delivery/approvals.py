"""``approvals/<stage>/<fingerprint>.yaml``: read strictly, written whole."""

import io

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from delivery.stack_file import round_trip
from model.approvals_file import ApprovalsFile
from model.base import parse
from model.document import Read, load
from model.problems import Problem, SettingsError

FOLDER = "approvals"


def approvals_file(stage: str, fingerprint: str) -> str:
    """Where the approvals of one fingerprint stand, relative to the checkout."""
    return f"{FOLDER}/{stage}/{fingerprint}.yaml"


def approvals_from(read: Read, stage: str, fingerprint: str) -> ApprovalsFile:
    """The approvals recorded for a fingerprint; none where there is no file.

    Raises:
        SettingsError: the file is not one document of known keys, or approves another fingerprint.
    """
    file = approvals_file(stage, fingerprint)
    try:
        text = read(file)
    except FileNotFoundError:
        return ApprovalsFile()
    return parse_approvals(file, text, fingerprint)


def parse_approvals(file: str, text: str, fingerprint: str) -> ApprovalsFile:
    """The approvals in a file's ``text``.

    Raises:
        SettingsError: as ``approvals_from``.
    """
    made = parse(ApprovalsFile, load(file, lambda _: text), file)
    if any(one.fingerprint != fingerprint for one in made.approvals):
        raise SettingsError(
            [Problem(file, "approvals", "", "approves another fingerprint than its name says: remove it")]
        )
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
