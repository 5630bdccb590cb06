"""Who decides about a stage: what is in force, what the clone declares otherwise, and how the first comes to be so."""

from delivery.errors import Refused, Unanswered
from delivery.freeze import somebody
from delivery.gate_input import gather
from delivery.stage import stages
from delivery.workplace import Workplace
from model.gate_input import GateInput
from model.ledger import Kind, instant
from model.policy import KEY, recorded


def asked(place: Workplace, name: str) -> GateInput:
    """What the gate would go by for ``name`` in this clone.

    Raises:
        Refused: there is no such stage, or its engine does not answer.
    """
    known = stages(place.root)
    if name not in known:
        raise Refused(f"there is no stage {name!r}; known: {', '.join(known)}")
    try:
        return gather(name, place.root, known[name], outputs=place.outputs)
    except Unanswered as error:
        raise Refused(str(error)) from None


def genesis(place: Workplace, name: str, reason: str) -> str:
    """Record who decides about a stage that runs already: once, and only what it was deployed with.

    Raises:
        Refused: one was recorded before; no reason is given; the clone declares something else than runs.
    """
    standing = place.standing(name)
    standing.refresh()
    given = asked(place, name)
    first = recorded(given.own)
    if first:
        raise Refused(
            f"{name}'s policy is in force since {instant(first.at)} ({first.kind} by {first.actor.login}); "
            f"change it in its stack file, have that approved under it, and deploy it"
        )
    if not reason.strip():
        raise Refused(f"say why, for whoever reads the ledger: openim-cicd policy {name} --genesis --reason TEXT")
    running = given.running
    if running is None or running.fingerprint != given.fingerprint:
        runs = f"runs {running.release}, fingerprint {running.fingerprint[:12]}" if running else "runs nothing"
        raise Refused(
            f"{name} {runs}, and the clone declares {given.fingerprint[:12]}: check out what runs; "
            f"the first openim-cicd deploy {name} of an empty stage records it by itself"
        )
    standing.ledger.append(
        Kind.GENESIS,
        release=given.release.id,
        fingerprint=given.fingerprint,
        actor=somebody(),
        reasons=(reason,),
        evidence={KEY: given.policy.data, "signed": given.parts.model_dump(mode="json")},
    )
    published = standing.publish(f"Record who decides about {name}")
    return f"{name}'s policy is in force" + ("" if published else "; publishing it is owed")
