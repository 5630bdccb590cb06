"""`openim-cicd freeze`."""

from cli.console import out, say
from cli.place import project_root
from delivery import freeze as freezing
from model.ledger import Kind


def freeze(stage: str, reason: str, *, thaw: bool) -> None:
    """Freeze or thaw, and say what became of it."""
    kind = Kind.THAWED if thaw else Kind.FROZEN
    out.print(freezing.freeze(project_root(), stage, reason, kind, say), markup=False)
