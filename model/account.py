"""Who approved what runs now, when and why: the answer that a ledger gives to whoever asks first."""

from collections.abc import Iterator

from model.fingerprint import SHORT
from model.ledger import Entries, Entry, Kind, instant, last, running


def account(entries: Entries) -> Iterator[str]:
    """Line by line; one line where nothing runs yet."""
    now = running(entries)
    if now is None:
        yield "nothing runs yet"
        return
    yield f"runs {now.release}, {now.kind} at {instant(now.at)}, fingerprint {now.fingerprint[:SHORT]}"
    about = [one for one in entries if one.fingerprint == now.fingerprint]
    proposed = last(about, Kind.PROPOSED)
    if proposed:
        where = f" ({proposed.evidence['url']})" if "url" in proposed.evidence else ""
        yield f"proposed by {proposed.actor.login} at {instant(proposed.at)}{where}"
    yield from _approved(about, now)
    yield from (f"tested by {one.actor.login}: {'; '.join(one.reasons)}" for one in about if one.kind is Kind.TESTED)
    if now.kind is Kind.ROLLEDBACK:
        yield f"it came back from {now.evidence.get('from', 'another release')}, which needs nobody's approval"


def _approved(about: Entries, now: Entry) -> Iterator[str]:
    given = [one for one in about if one.kind is Kind.APPROVED and one.seq < now.seq]
    for one in given:
        said = f": {'; '.join(one.reasons)}" if one.reasons else ""
        yield f"approved by {one.actor.login} at {one.evidence.get('given', instant(one.at))}{said}"
    if not given and now.kind is not Kind.ROLLEDBACK:
        yield "no approval of it is recorded: nobody was asked, or the stage began with it"
