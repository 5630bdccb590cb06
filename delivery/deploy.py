"""Bring a stage to what its stack file says, prove it, and go back where it proves bad.

Phases: stand (ledger and remote), approvals, gate, update, verification, then word to the testers or the way back. Each
leaves an entry in the ledger before the next begins, so that a deployment killed at any point is finished or undone by
the next run; the engine's own state survives its being killed.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

from delivery import notices, rollback
from delivery.cluster import ClusterError
from delivery.collect import Collector
from delivery.deployment import Deployment, Ending, OvertakenError, Result
from delivery.errors import Refused
from delivery.github import from_environment
from delivery.judgement import judge, refusal, without_environment, without_fingerprint
from delivery.place import repository
from delivery.stage import Stage, addresses, read_stage
from delivery.standing import Standing
from delivery.update import HeldPlan
from delivery.workplace import Workplace
from model import emergency, ledger
from model.evidence import Evidence, Verdict
from model.gate import Decision, policy_after
from model.gate_input import GateInput
from model.ledger import Kind, instant
from model.notices import Emergency
from model.policy import KEY, of, recorded
from model.saved_plan import EVIDENCE as PLAN


def deploy(place: Workplace, name: str, release: str = "") -> Result:
    """Deploy ``name`` as the clone declares it; ``release`` is what its file must name, if given.

    Raises:
        Refused: settings, ledger, engine or clone cannot be used.
    """
    stage = read_stage(place.root, name, place.environment)
    if stage is None:
        return without_environment(place, name) or _updated(place, name)
    if release and release != stage.release.id:
        raise Refused(
            f"{name}'s stack file names {stage.release.id}, not {release}; "
            f"to go back to a verified release: openim-cicd rollback {name} {release}"
        )
    work = Deployment(place, stage)
    return without_fingerprint(work) or _deploy(work)


def _updated(place: Workplace, name: str) -> Result:
    outcome = place.update(name)
    return Result(Ending.UPDATED, f"{name}: {outcome.changes} changes, {outcome.resources} resources")


def _deploy(work: Deployment) -> Result:
    ended = _stand(work) or _owed(work)
    if ended:
        return ended
    given, decision, plan = judge(work)
    refused = refusal(work, decision)
    if refused:
        return refused
    _begin(work, given, decision, plan)
    try:
        evidence = work.update_and_verify(work.unless_overtaken(), plan)
    except OvertakenError:
        work.journal.say(
            f"{work.stage.name} was deployed by somebody else meanwhile: looking again at what is to be done"
        )
        return _deploy(work)
    return _alarmed(conclude(work, evidence), decision)


def _stand(work: Deployment) -> Result | None:
    """How clone, ledger and remote stand to each other; a result where there is nothing to deploy."""
    began, standing, stage = time.monotonic(), work.standing, work.stage
    standing.refresh()
    if standing.overtaken:
        return Result(
            Ending.OVERTAKEN,
            f"{stage.name}: the clone's commit is behind the remote's main, which names another change; "
            "that commit's own deployment decides (git pull, to deploy it from here)",
        )
    work.place.hold_to_anchor(stage.name)
    if _is_done(work.entries(), stage, standing):
        # Whoever was killed between the record and the word to the testers has not told them.
        notices.to_testers(work.place, stage, lambda: _addresses(work), once=True)
        return Result(Ending.ALREADY, f"{stage.name} runs {stage.release.id}, verified already; nothing to do")
    work.journal.phase("standing", began)
    return None


def _owed(work: Deployment) -> Result | None:
    """The way back, where this very change has failed and somebody was killed before it was gone."""
    _take_approvals(work)
    if not rollback.is_owed(work.entries(), work.stage.fingerprint):
        return None
    work.journal.say(f"{work.stage.release.id} failed here and the way back was not finished: going back now")
    return rollback.after_failure(work, ("the way back was interrupted",))


def _begin(work: Deployment, given: GateInput, decision: Decision, plan: HeldPlan | None) -> None:
    """Record, for everybody, what is let in and under whose rules, before anything is changed."""
    entries, stage = work.entries(), work.stage
    begun = ledger.unfinished(entries)
    if begun:
        work.journal.say(
            f"the deployment of {begun.release} begun at {instant(begun.at)} did not end: going on from it"
        )
    after = policy_after(given)
    if recorded(entries) is None:
        work.record(Kind.GENESIS, evidence={KEY: given.policy.data})
    alarm = {emergency.KEY: list(decision.emergency)} if decision.emergency else {}
    held = {PLAN: plan.digest} if plan else {}
    work.record(Kind.DEPLOYING, evidence={KEY: after.data, **alarm, **held})
    work.standing.publish(f"Deploy {stage.release.id} on {stage.name}")
    if decision.emergency:
        notices.of_emergency(work.place, Emergency(stage.name, stage.release.id, stage.fingerprint, decision.basis))


def _alarmed(result: Result, decision: Decision) -> Result:
    """The result, with who broke the glass for it."""
    if not decision.emergency:
        return result
    return replace(result, text=f"{result.text}\n{emergency.ALARM}: {decision.basis}")


def conclude(work: Deployment, evidence: Evidence) -> Result:
    """Record what the evidence says, tell people, and go back where it is bad."""
    stage, standing, verdict = work.stage, work.standing, evidence.verdict
    if verdict is Verdict.PASSED:
        work.record(Kind.VERIFIED, evidence=evidence.record())
        standing.publish(f"Record that {stage.release.id} is verified on {stage.name}")
        began = time.monotonic()
        notices.to_testers(work.place, stage, lambda: _addresses(work))
        work.journal.phase("notices", began)
        return Result(Ending.VERIFIED, f"{stage.name} runs {stage.release.id}, verified", evidence)
    if verdict is Verdict.ERRORED:
        work.record(Kind.ERRORED, evidence.reasons, evidence.record())
        standing.publish(f"Record that nobody can tell how {stage.release.id} is on {stage.name}")
        text = f"{stage.name}: nobody can tell how {stage.release.id} is: {'; '.join(evidence.reasons)}"
        return Result(
            Ending.ERRORED,
            f"{text}\nnext: mend that, then openim-cicd deploy {stage.name}; or openim-cicd rollback {stage.name}",
            evidence,
        )
    work.record(Kind.FAILED, evidence.reasons, evidence.record())
    standing.publish(f"Record that {stage.release.id} failed on {stage.name}")
    return rollback.after_failure(work, evidence.reasons, evidence)


def _take_approvals(work: Deployment) -> None:
    """What people said on GitHub about this change. Where it does not answer, what is recorded already counts."""
    began, place = time.monotonic(), work.place
    if not _asks(work):
        return
    try:
        with from_environment() as github:
            collector = Collector(place.clone, github, repository(place.clone))
            collector.record(work.stage.name, run=int(place.environment.get("GITHUB_RUN_ID") or 0))
    except Refused as error:
        work.journal.say(f"approvals are not collected, those that are recorded count: {error}")
    else:
        work.standing.refresh()
    work.journal.phase("approvals", began)


def _asks(work: Deployment) -> bool:
    """Whether anything is proposed and approved on this stage, by what is declared or by what is in force."""
    entry, settings = recorded(work.entries()), work.stage.settings
    policy = of(entry) if entry else None
    declared = settings.promotion is not None or settings.approval.required > 0
    return declared or (policy is not None and (policy.promotion is not None or policy.approval.required > 0))


def _is_done(entries: ledger.Entries, stage: Stage, standing: Standing) -> bool:
    """Whether the newest deployment is this very change, was seen to work, and would be made the same way again."""
    newest = ledger.last(entries, Kind.DEPLOYING, *ledger.ENDING)
    if newest is None or newest.kind not in ledger.WORKING:
        return False
    return newest.fingerprint == stage.fingerprint or standing.same_as(str(newest.evidence.get("commit", "")))


def verify(place: Workplace, name: str, *, roll_back: bool = False) -> Result:
    """Prove once more what ``name`` runs; where it has turned sick, go back if asked to.

    Raises:
        Refused: the clone does not declare what the stage runs.
    """
    stage = read_stage(place.root, name, place.environment)
    if stage is None:
        raise Refused(f"{name} has no environment, so there is nothing to verify")
    work = Deployment(place, stage)
    work.standing.refresh()
    entries = work.entries()
    running = ledger.running(entries)
    if running is None or (running.release, dict(running.images)) != (stage.release.id, stage.release.images):
        runs = running.release if running else "nothing"
        raise Refused(
            f"{name} runs {runs}, and the clone names {stage.release.id}: git pull, or openim-cicd deploy {name}"
        )
    work = replace(work, running=running.fingerprint)
    evidence = work.verify(time.monotonic())
    if evidence.verdict is Verdict.FAILED and not roll_back:
        text = f"{name}: {stage.release.id} is sick: {'; '.join(evidence.reasons)}\nnext: openim-cicd rollback {name}"
        return Result(Ending.FAILED, text, evidence)
    newest = entries[-1]
    if evidence.verdict is Verdict.PASSED and newest.kind in ledger.WORKING:
        return Result(Ending.VERIFIED, f"{name} runs {stage.release.id}, still well", evidence)
    return conclude(work, evidence)


def _addresses(work: Deployment) -> Mapping[str, str]:
    try:
        return addresses(work.stage, work.cluster())
    except ClusterError as error:
        work.journal.say(str(error))
        return work.stage.hosts
