"""``approvals/<stage>/<fingerprint>.yaml``: where it is, and read strictly."""

from model.approvals_file import ApprovalsFile
from model.base import parse
from model.document import Read, load

FOLDER = "approvals"


def approvals_file(stage: str, fingerprint: str) -> str:
    """Where the approvals of one fingerprint stand, relative to the checkout."""
    return f"{FOLDER}/{stage}/{fingerprint}.yaml"


def approvals_from(read: Read, stage: str, fingerprint: str) -> ApprovalsFile:
    """The approvals recorded for a fingerprint; none where there is no file.

    Raises:
        SettingsError: the file is not one document of known keys.
    """
    file = approvals_file(stage, fingerprint)
    try:
        text = read(file)
    except FileNotFoundError:
        return ApprovalsFile()
    return parse(ApprovalsFile, load(file, lambda _: text), file)
