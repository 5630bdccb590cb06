"""Everything that can be asked about the machine, from a clone: ledgers first, clusters and GitHub where they answer.

What does not answer is named with the reason, and the rest is shown all the same: this is what somebody looks at when
things are down.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.cluster import ClusterError, connect
from delivery.errors import Refused
from delivery.gate_input import gather
from delivery.git import Clone, GitError
from delivery.github import from_environment
from delivery.ledger import BRANCH, Ledger, now
from delivery.place import repository
from delivery.stage import Stage, addresses, read_stage, stacks
from delivery.trees import of_checkout
from delivery.verify import Verifier
from model import ledger
from model.commands import issue_title
from model.evidence import judge_images, judge_pods
from model.fingerprint import parts_of, settings_of
from model.gate import Decision, decide
from model.problems import SettingsError
from model.settings import StagePolicy, policy_of, read_written
from model.status import EVENTS, Asked, StageFacts, State, Status, status


@dataclass
class Inquiry:
    """One look around."""

    root: Path
    environment: Mapping[str, str]
    remote: bool = True
    """Whether to ask clusters and GitHub at all."""
    unknown: list[str] = field(default_factory=list)

    def status(self, events: int = EVENTS) -> Status:
        """The whole picture.

        Raises:
            Refused: a ledger of the clone cannot be read.
        """
        known = self._policies()
        with ThreadPoolExecutor() as pool:
            links = pool.submit(self._links, list(known))
            facts = list(pool.map(lambda name: self._facts(name, known), _in_order(known)))
            return status(now(), facts, links.result(), tuple(dict.fromkeys(self.unknown)), events)

    def _named(self, section: Mapping[str, Any], policy: StagePolicy, entries: ledger.Entries) -> str:
        """The fingerprint of what the file names, brought up by what brought up what runs: code alone is no news."""
        running = ledger.running(entries)
        parts = ledger.signed(entries, running.fingerprint) if running else None
        trees = parts.trees if parts else of_checkout(Clone(self.root))
        return parts_of(policy.release, settings_of(section), trees).fingerprint

    def _policies(self) -> dict[str, tuple[dict[str, Any], StagePolicy]]:
        """Settings as written, and the policy in them, of each stack with a release."""
        found = {}
        for name in stacks(self.root):
            try:
                section = read_written(name, self._read)
                if "release" in section:
                    found[name] = (section, policy_of(name, section))
            except SettingsError as error:
                self.unknown.append(str(error))
        return found

    def _facts(self, name: str, known: Mapping[str, tuple[dict[str, Any], StagePolicy]]) -> StageFacts:
        section, policy = known[name]
        entries = Ledger(self.root, name).entries()
        cluster, found = self._cluster(name, entries)
        return StageFacts(
            name=name,
            entries=entries,
            source=policy.promotion.source if policy.promotion else "",
            named=policy.release.id,
            named_fingerprint=self._named(section, policy, entries),
            cluster=cluster,
            addresses=found,
            candidate=self._candidate(name, section, policy, entries),
        )

    def _candidate(
        self, name: str, section: Mapping[str, Any], policy: StagePolicy, entries: ledger.Entries
    ) -> tuple[str, Decision] | None:
        """What could come next: what the file names and does not run, else what runs on the stage before."""
        running = ledger.running(entries)
        wanted = dict(section)
        is_deployed = running is not None and running.release == policy.release.id
        if is_deployed and policy.promotion:
            origin = ledger.running(Ledger(self.root, policy.promotion.source).entries())
            if origin is not None and running is not None and origin.release != running.release:
                wanted["release"] = {"id": origin.release, "images": dict(origin.images)}
        try:
            given = gather(name, self.root, wanted)
        except (Refused, SettingsError) as error:
            self.unknown.append(f"what the gate of {name} says: {error}")
            return None
        return given.release.id, decide(given)

    def _cluster(self, name: str, entries: ledger.Entries) -> tuple[Asked, Mapping[str, str]]:
        if not self.remote:
            return Asked(State.UNKNOWN, "not asked"), {}
        try:
            stage = read_stage(self.root, name, self.environment)
            if stage is None:
                return Asked(State.NONE, ""), {}
            cluster = connect(stage.declared.cluster.kubeconfig, stage.declared.cluster.namespace)
            return _seen(stage, Verifier(cluster, stage.expected), entries), addresses(stage, cluster)
        except (ClusterError, SettingsError) as error:
            why = " ".join(str(error).split())
            self.unknown.append(f"the cluster of {name}: {why}")
            return Asked(State.UNKNOWN, "not asked"), {}

    def _links(self, names: list[str]) -> dict[str, str]:
        """Open promotion pull requests, and issues about the releases that run."""
        clone = Clone(self.root)
        if not self.remote:
            return {}
        try:
            head, remote = clone.head(), clone.fetch(BRANCH)
            if head != remote:
                self.unknown.append(f"what others published: the clone is not at the remote's {BRANCH} (git pull)")
        except GitError as error:
            self.unknown.append(f"the remote: {str(error).splitlines()[0]}")
        titles = {issue_title(one.release, name) for name in names if (one := self._running(name))}
        try:
            with from_environment() as github:
                where = repository(clone)
                pulls = list(github.pages(f"repos/{where}/pulls", state="open"))
                issues = [one for one in github.pages(f"repos/{where}/issues", state="open") if one["title"] in titles]
                return {one["title"]: one["html_url"] for one in [*pulls, *issues]}
        except Refused as error:
            self.unknown.append(f"GitHub: {error}")
            return {}

    def _running(self, name: str) -> ledger.Entry | None:
        return ledger.running(Ledger(self.root, name).entries())

    def _read(self, file: str) -> str:
        return (self.root / file).read_text()


def _seen(stage: Stage, verifier: Verifier, entries: ledger.Entries) -> Asked:
    """Whether the cluster runs what the ledger says, and whether it is well."""
    running, seen = ledger.running(entries), verifier.cluster.observe()
    ready = sum(pod.ready for pod in seen.pods)
    counted = f"{ready} of {len(seen.pods)} pods ready"
    wanted = {
        name: f"{image.rpartition('@')[0]}@{running.images[key]}"
        for name, image in stage.expected.workloads.items()
        if running and (key := image.rpartition("@")[0].rpartition("/")[2]) in running.images
    }
    for judged in (judge_images(wanted, seen, final=True), judge_pods(wanted, seen)):
        if judged.reasons:
            return Asked(State.BAD, f"{counted}; {'; '.join(judged.reasons)}")
    if not wanted:
        return Asked(State.UNKNOWN, f"{counted}; the ledger knows of no deployment")
    return Asked(State.GOOD, f"{counted}, running the ledger's digests")


def _in_order(known: Mapping[str, tuple[dict[str, Any], StagePolicy]]) -> list[str]:
    """Each stage after the one that its releases come from."""
    ordered: list[str] = []
    rest = list(known)
    while rest:
        name = next((one for one in rest if _origin(known[one][1]) not in rest), rest[0])
        rest.remove(name)
        ordered.append(name)
    return ordered


def _origin(policy: StagePolicy) -> str:
    return policy.promotion.source if policy.promotion else ""
