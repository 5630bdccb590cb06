"""The policy in force: who decides about a stage, down to the people, as a verified deployment left it.

What a stack file and ``estate/teams.yaml`` say now is only declared. It comes into force when it is deployed, approved
under the policy before it, and seen to work. So nobody approves himself into power, by settings or by a team.
"""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from model.approval import Approval, Promotion
from model.base import Model
from model.ledger import WORKING, Actor, Entries, Entry, Kind
from model.moved import flat
from model.people import Teams, logins_of
from model.provenance import Provenance
from model.signing import Signing

KEY = "policy"
"""Where an entry's evidence holds one: in genesis the first, in deploying what comes into force if it works, in
verified and rolledback what is in force from then on."""

NOBODY = Signing()


class Policy(Model):
    """Who must agree to what, and who they are."""

    approval: Approval
    promotion: Promotion | None = None
    people: dict[str, tuple[Actor, ...]] = Field(default_factory=dict)
    """Who each principal stood for, with GitHub's id where the ledger knows it."""
    signing: Signing = NOBODY
    """Whose signatures count."""
    provenance: Provenance | None = None
    """Who must vouch for the origin of images; none where nobody must."""

    def names(self, actor: Actor, principals: Iterable[str]) -> bool:
        """Whether ``actor`` is one of ``principals``: by id, or by a login whose id nobody contradicts."""
        return any(_is(actor, one) for name in principals for one in self.people.get(name, ()))

    def everybody(self, principals: Iterable[str]) -> tuple[Actor, ...]:
        """Whom ``principals`` stand for."""
        return tuple({one.login: one for name in principals for one in self.people.get(name, ())}.values())

    def numbered(self, known: Mapping[str, int]) -> "Policy":
        """The same people, with the ids that ``known`` gives by login in lower case, and no others."""
        people = {
            name: tuple(Actor(login=one.login, id=known.get(one.login.lower())) for one in group)
            for name, group in self.people.items()
        }
        return self.model_copy(update={"people": people})

    @property
    def data(self) -> dict[str, object]:
        """As an entry or a stack's output holds it."""
        return self.model_dump(mode="json", by_alias=True)


def resolved(
    approval: Approval,
    promotion: Promotion | None,
    teams: Teams,
    known: Mapping[str, int],
) -> Policy:
    """Who decides, down to the people; ``known`` gives GitHub's ids by login in lower case."""
    named = {
        *approval.approvers,
        *approval.at_least_one_from,
        *(approval.break_glass.approvers if approval.break_glass else ()),
        *(promotion.manual_test.testers if promotion else ()),
    }
    people = {
        one: tuple(Actor(login=login, id=known.get(login)) for login in sorted(logins_of([one], teams)))
        for one in sorted(named)
    }
    return Policy(approval=approval, promotion=promotion, people=people)


def ids(entries: Iterable[Entry]) -> dict[str, int]:
    """GitHub's id of each login that a ledger knows, the newest."""
    return {one.actor.login.lower(): one.actor.id for one in entries if one.actor.id is not None}


def of(entry: Entry) -> Policy | None:
    """The policy that an entry holds; None where it holds none."""
    found = entry.evidence.get(KEY)
    return Policy.model_validate(found) if isinstance(found, dict) else None


def recorded(entries: Entries) -> Entry | None:
    """The entry that put the policy in force; None where none was recorded yet."""
    told = (one for one in reversed(entries) if one.kind in {Kind.GENESIS, *WORKING} and one.evidence.get(KEY))
    return next(told, None)


def changes(old: Policy, new: Policy) -> Iterator[str]:
    """What ``new`` would decide otherwise than ``old``, line by line; ids that became known are no change."""
    before, after = (_told(one) for one in (old, new))
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield f"{key}: {before.get(key, 'none')} -> {after.get(key, 'none')}"
    for name in sorted(old.people.keys() | new.people.keys()):
        one, other = ({who.login.lower() for who in policy.people.get(name, ())} for policy in (old, new))
        if one != other:
            moves = [*(f"+{who}" for who in sorted(other - one)), *(f"-{who}" for who in sorted(one - other))]
            yield f"{name}: {' '.join(moves)}"


def _told(policy: Policy) -> dict[str, str]:
    """Each of its values by its path; what holds nothing is not there."""
    data = policy.model_dump(mode="json", by_alias=True, exclude={"people"}, exclude_none=True)
    return {path: value for path, value in flat("", data) if value != "{}"}


def _is(actor: Actor, one: Actor) -> bool:
    if actor.id is not None and one.id is not None:
        return actor.id == one.id
    return actor.login.lower() == one.login.lower()
