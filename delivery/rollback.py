"""Back to a release that was seen to work on this stage: only digests change, nobody is asked, no freeze holds it.

It needs a clone and the stage's own credentials. Where the remote does not answer, the stack file is committed in the
clone and publishing it is owed: the same command, run once the remote is back, publishes it.
"""

import time
from dataclasses import replace
from pathlib import Path

from delivery import notices
from delivery.anchors import NotHeld
from delivery.deployment import Deployment, Ending, Result
from delivery.errors import Refused
from delivery.former import legible, let_in
from delivery.git import Clone, ReadTree
from delivery.ledger import ledger_file
from delivery.stack_file import release_of, with_release, write_release
from delivery.stage import Stage, read_stage
from delivery.workplace import Workplace
from model import ledger
from model.evidence import Evidence, Verdict
from model.ledger import Entries, Entry, Kind, instant
from model.notices import Failure
from model.problems import SettingsError
from model.release import Release
from model.settings import stack_file


def is_owed(entries: Entries, fingerprint: str) -> bool:
    """Whether ``fingerprint`` failed here and the stage has not gone back since, though it could.

    A way back that began and of which nothing more is known is still owed, as long as somebody declares what failed.
    """
    past = [one for one in entries if not (one.kind is Kind.DEPLOYING and "from" in one.evidence)]
    newest = ledger.last(past, Kind.DEPLOYING, *ledger.ENDING)
    failed = newest is not None and newest.kind is Kind.FAILED and newest.fingerprint == fingerprint
    return failed and newest is not None and ledger.last_working(entries, other_than=newest.release) is not None


def after_failure(work: Deployment, reasons: tuple[str, ...], evidence: Evidence | None = None) -> Result:
    """Leave a release that proved bad; where nothing worked here before, say so and leave it as it is."""
    stage = work.stage
    bad, entries = stage.release.id, work.entries()
    target = ledger.last_working(entries, other_than=bad)
    if target is None:
        text = (
            f"{stage.name}: {bad} failed ({'; '.join(reasons)}); nothing was verified here before, so there is nothing "
            f"to go back to and it is left as it is\nnext: a release with the fix, or openim-cicd deploy {stage.name}"
        )
        notices.of_failure(work.place, Failure(stage.name, bad, "", reasons, evidence))
        return Result(Ending.FAILED, text, evidence)
    result = back_to(work, target, bad)
    went_back = target.release if result.ending is Ending.ROLLED_BACK else ""
    notices.of_failure(work.place, Failure(stage.name, bad, went_back, reasons, evidence))
    return replace(result, text=f"{stage.name}: {bad} failed ({'; '.join(reasons)})\n{result.text}")


def rollback(place: Workplace, name: str, wanted: str = "") -> Result:
    """Take ``name`` back to ``wanted``, or to the last release verified before the present one.

    Raises:
        Refused: the stack is no stage, or there is no such release to go back to.
    """
    with legible(place, name) as work:
        _stand(work)
        entries = work.entries()
        present = ledger.last(entries, Kind.DEPLOYING, *ledger.ENDING)
        left = present.release if present else work.stage.release.id
        target = _wanted(name, entries, wanted) if wanted else ledger.last_working(entries, other_than=left)
        if target is None:
            raise Refused(f"nothing but {left} was verified on {name}: there is nothing to go back to")
        if present and present.kind in ledger.WORKING and target.release == left:
            return _published(work, target)
        return back_to(work, target, left)


def _stand(work: Deployment) -> None:
    """Bring the ledger up to date and hold it to its anchor: a cut one would not say what was found bad since.

    Without the remote the clone may be behind, and without the registry there is nothing to hold it to: a way back
    needs neither.
    """
    standing, name = work.standing, work.stage.name
    standing.refresh()
    try:
        if standing.remote:
            work.place.hold_to_anchor(name)
    except NotHeld:
        # Somebody may have published between the two questions.
        standing.refresh()
        work.place.hold_to_anchor(name)
    except Refused as error:
        work.journal.say(f"{name}'s ledger is not held to its anchor ({str(error).splitlines()[0]})")


def _published(work: Deployment, target: Entry) -> Result:
    """The stage is there already; only what the clone owes the remote is left to do."""
    name = work.stage.name
    _write(work, _release(work.place.root, name, target), target.release)
    work.standing.rejoin()
    return Result(Ending.ROLLED_BACK, f"{name} runs {target.release} already, verified at {instant(target.at)}")


def back_to(work: Deployment, target: Entry, left: str) -> Result:
    """Write, deploy and prove an earlier release; ``left`` is what the stage comes from."""
    name, say = work.stage.name, work.journal.say
    say(f"going back to {target.release}, which worked here at {instant(target.at)}")
    began = time.monotonic()
    release = _release(work.place.root, name, target)
    with let_in(work, release, work.entries()) as former:
        # Before main names it, and published with it: whoever makes releases must not see the one without the other.
        begun = replace(work, stage=replace(work.stage, release=release)) if former is work else former
        begun.record(Kind.DEPLOYING, evidence={"from": left})
        _write(work, release, left)
        back = replace(work, stage=_again(work)) if former is work else former
        work.journal.phase("way back", began)
        evidence = back.update_and_verify()
        return _concluded(back, evidence, left)


def _again(work: Deployment) -> Stage:
    """The stage with the release that has just been written."""
    stage = read_stage(work.place.root, work.stage.name, work.place.environment)
    if stage is None:
        raise Refused(f"{work.stage.name} has lost its environment")
    return stage


def _concluded(back: Deployment, evidence: Evidence, left: str) -> Result:
    kinds = {Verdict.PASSED: Kind.ROLLEDBACK, Verdict.ERRORED: Kind.ERRORED}
    kind = kinds.get(evidence.verdict, Kind.FAILED)
    back.record(kind, evidence.reasons, {**evidence.record(), "from": left})
    name, release = back.stage.name, back.stage.release.id
    if back.standing.publish(f"Record the way back of {name} from {left} to {release}: {kind.value}"):
        back.standing.rejoin()
    if kind is Kind.ROLLEDBACK:
        return Result(Ending.ROLLED_BACK, f"{name} is back on {release}, verified", evidence)
    ending = Ending.ERRORED if kind is Kind.ERRORED else Ending.FAILED
    return Result(
        ending,
        f"{name}: the way back to {release} {kind.value} too: {'; '.join(evidence.reasons)}\n"
        f"next: openim-cicd status --why; then openim-cicd rollback {name}, or a release that `release list` names",
        evidence,
    )


def _wanted(name: str, entries: Entries, release: str) -> Entry:
    """The newest entry that saw ``release`` work here.

    Raises:
        Refused: it never did, or was found bad since.
    """
    working = [one for one in entries if one.kind in ledger.WORKING]
    found = next((one for one in reversed(working) if one.release == release), None)
    if found is None:
        known = list(dict.fromkeys(one.release for one in reversed(working)))
        raise Refused(f"{release} was never verified on {name}; verified were: {', '.join(known) or 'none'}")
    bad = ledger.found_bad(entries, release)
    if bad:
        raise Refused(f"{release} is {bad.kind.value} on {name} since {instant(bad.at)}: {'; '.join(bad.reasons)}")
    return found


def _release(root: Path, name: str, target: Entry) -> Release:
    """As the stack file had it then, sources and authors too, where git still knows; else its digests."""
    text = Clone(root).file_at(str(target.evidence.get("commit", "HEAD")), stack_file(name))
    try:
        found = release_of(name, text) if text else None
    except SettingsError:
        found = None
    if found and found.id == target.release and dict(found.images) == dict(target.images):
        return found
    return Release(id=target.release, images=dict(target.images))


def _write(work: Deployment, release: Release, left: str) -> None:
    """The stack file, in the clone and at the remote; without the remote as a commit of the clone."""
    name, clone = work.stage.name, work.place.clone
    file = stack_file(name)
    # The deployment that this commit would start is the one that is going on.
    message = f"Take {name} back from {left} to {release.id} [skip ci]"

    def edit(read: ReadTree) -> dict[str, str]:
        text = read(file)
        if text is None:
            return {}
        named = _named(name, text)
        if not named:
            work.journal.say(
                f"main's {file} cannot be read: it stays as it is, and is deployed once somebody has mended it"
            )
            return {}
        if named not in {left, release.id}:
            work.journal.say(f"main names {named} for {name} meanwhile: that stays, and is deployed next")
            return {}
        return {file: with_release(name, text, release)}

    published = work.standing.publish(message, edit)
    if _named(name, _here(work.place.root / file)):
        write_release(work.place.root, name, release)
    if not published:
        clone.git("add", "--", file, ledger_file(name))
        if clone.git("status", "--porcelain", "--", file, ledger_file(name)):
            clone.git("commit", "--quiet", "-m", message, "--", file, ledger_file(name))
        work.journal.say(f"pushing is owed: openim-cicd rollback {name} {release.id}, once the remote answers")


def _here(file: Path) -> str:
    return file.read_text("utf-8", errors="replace") if file.exists() else ""


def _named(name: str, text: str) -> str:
    """The release that a stack file names; empty where it cannot be read."""
    try:
        return release_of(name, text).id
    except SettingsError:
        return ""
