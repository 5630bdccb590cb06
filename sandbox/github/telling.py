"""Events that follow from an API call: its caller is their sender."""

from sandbox.github.calls import Call
from sandbox.github.events import emit, sender
from sandbox.github.store import Row


def tell(call: Call, repository: Row, event: str, action: str | None, **payload: object) -> None:
    """Tell of something that ``call`` did in ``repository``."""
    emit(call.db, call.world, repository, event, action, payload | sender(call.db, call.world, call.actor))
