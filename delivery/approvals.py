"""``approvals/<stage>/<fingerprint>.yaml``: where it is, and read strictly."""

from model.approvals_file import ApprovalsFile
from model.base import parse
from model.document import Read, load
from model.problems import AbsentError, SettingsError

FOLDER = "approvals"


def approvals_file(stage: str, fingerprint: str) -> str:
    """Where the approvals of one fingerprint stand, relative to the checkout."""
    return f"{FOLDER}/{stage}/{fingerprint}.yaml"


def approvals_from(read: Read, stage: str, fingerprint: str) -> tuple[ApprovalsFile, str]:
    """The approvals recorded for a fingerprint, none where there is no file; and what is wrong with it, if anything.

    A file that is not one document of known keys approves nothing: it must not hold a way back, which needs nobody.
    """
    file = approvals_file(stage, fingerprint)
    try:
        return parse(ApprovalsFile, load(file, read), file), ""
    except AbsentError:
        return ApprovalsFile(), ""
    except SettingsError as error:
        return ApprovalsFile(), f"no approval counts: {' '.join(str(error).split())}"
