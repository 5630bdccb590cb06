"""From images that CI pushed to a release in a stage's file: which commits, which digests, whose work.

Repositories are released apart: where one has moved, the images of the others are carried over, and so are the stores'.
Tags are resolved here and nowhere else: CI's check names digests, and a release holds nothing but digests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import semver

from delivery.built_by import declared, origin
from delivery.declared import following, reader
from delivery.errors import Refused
from delivery.git import Clone, ReadTree
from delivery.github import GitHub
from delivery.ledger import entries_from
from delivery.source import Candidate, Range, Repository
from delivery.stack_file import release_of, with_release
from model import ledger
from model.ledger import Entry, instant
from model.provenance import Origin
from model.release import Author, Release, Source, release_id
from model.settings import StagePolicy, policy_of, read_written, stack_file

BRANCH = "main"
ATTEMPTS = 5
TAGS = 20
"""Newest versions that are looked for in a commit's history."""

Missing = Callable[[str, Mapping[str, str]], list[str]]
"""Asks the registry which images of a path cannot be run everywhere."""

Unproven = Callable[[str, Mapping[str, str], Origin], list[str]]
"""Asks who vouches for the origin of images; default nobody is asked."""


class Overtaken(Exception):  # noqa: N818 - it reads better where it is raised
    """Somebody else gave the stage another release meanwhile."""


@dataclass(frozen=True)
class Move:
    """A repository that has new images."""

    repository: str
    branch: str
    old: str
    """The commit in the present release; empty where none is recorded."""
    new: Candidate


@dataclass(frozen=True)
class Outcome:
    """What was found and done."""

    stage: str
    present: Release
    release: Release | None = None
    """The new one; None where nothing is to be done."""
    moves: tuple[Move, ...] = ()
    notes: tuple[str, ...] = ()
    """For each repository that stays, why."""
    commit: str = ""


@dataclass(frozen=True)
class Assembler:
    """Makes releases from the sources of one organisation."""

    clone: Clone
    github: GitHub
    owner: str
    registry: str
    """The host that images must have been pushed to."""
    missing: Missing
    unproven: Unproven = lambda *_: []
    branch: str = BRANCH

    def create(self, stage: str, *, dry_run: bool = False) -> Outcome:
        """Give ``stage`` the newest release of its sources: commit it to the infrastructure repository's main.

        Raises:
            Refused: an image is missing, a branch was rewritten, GitHub or the remote does not answer.
            SettingsError: the stage's file or a check cannot be read.
        """
        for _ in range(ATTEMPTS):
            outcome = self._assemble(stage, self.clone.fetch(self.branch))
            if outcome.release is None or dry_run:
                return outcome
            try:
                return replace(outcome, commit=self._publish(outcome, outcome.release))
            except Overtaken:
                continue
        raise Refused(f"{stack_file(stage)} kept changing on {self.branch}; run the command again")

    def _publish(self, outcome: Outcome, release: Release) -> str:
        def edit(read: ReadTree) -> dict[str, str]:
            file = stack_file(outcome.stage)
            text = read(file) or ""
            if release_of(outcome.stage, text) != outcome.present:
                raise Overtaken
            return {file: with_release(outcome.stage, text, release)}

        return self.clone.publish(self.branch, message_of(outcome, release), edit)

    def _assemble(self, stage: str, at: str) -> Outcome:
        read = reader(self.clone, at)
        policy = policy_of(stage, read_written(stage, read))
        if not policy.sources:
            raise Refused(f"{stack_file(stage)} names no sources: releases come there by promotion or by hand")
        moves, notes = self._moves(policy, ledger.taken_back(entries_from(read, stage)))
        if not moves:
            return Outcome(stage, policy.release, notes=notes)
        images = self._images(policy, moves, read)
        sources = dict(policy.release.sources)
        sources |= {move.repository: Source(branch=move.branch, commit=move.new.commit) for move in moves}
        if images == policy.release.images:
            return Outcome(stage, policy.release, notes=(*notes, "the new commits built the very same images"))
        identity = release_id(self._version(policy, sources), images, sources)
        authors = self._authors(stage, policy, sources, at)
        release = Release(id=identity, images=images, sources=sources, authors=authors)
        return Outcome(stage, policy.release, release, moves, notes)

    def _moves(self, policy: StagePolicy, gone: Mapping[str, Entry]) -> tuple[tuple[Move, ...], tuple[str, ...]]:
        moves, notes = [], []
        for name, branch in policy.sources.items():
            found = self._move(name, branch, policy.release)
            if isinstance(found, str):
                notes.append(found)
            elif back := gone.get(found.new.commit):
                notes.append(_left(name, found, back))
            else:
                moves.append(found)
        return tuple(moves), tuple(notes)

    def _move(self, name: str, branch: str, present: Release) -> Move | str:
        """The repository's newest images, or why it stays where it is."""
        known = present.sources.get(name)
        old = known.commit if known else ""
        repository = self._repository(name, branch)
        found = repository.newest(until=old)
        if found is None:
            since = f" since {old[:12]}" if old else ""
            return f"{name}: no commit of {branch} has images and all required checks{since}"
        if old:
            reach = repository.between(old, found.commit)
            if known and known.branch == branch and (reach is None or not reach.descends):
                raise Refused(
                    f"{name}: {branch} was rewritten: {old[:12]}, which {present.id} was built from, is no ancestor of "
                    f"{found.commit[:12]}; if that is meant, remove {name} from openim-cicd:release.sources"
                )
            if reach and reach.managed_only:
                return f"{name}: only files that the machine manages have changed up to {found.commit[:12]}"
        return Move(name, branch, old, found)

    def _repository(self, name: str, branch: str) -> Repository:
        return Repository(self.github, f"{self.owner}/{name}", branch)

    def _images(self, policy: StagePolicy, moves: tuple[Move, ...], read: Callable[[str], str]) -> dict[str, str]:
        """The present images with the new ones in their places, each of which can be run everywhere."""
        faults = []
        images = dict(policy.release.images)
        for move in moves:
            built = declared(move.repository, policy.estate, read)
            faults += [f"{move.repository}@{move.new.commit[:12]}: {one}" for one in self._faults(move, built)]
            images |= move.new.images.images
        if faults:
            raise Refused("no release, nothing was changed:\n" + "\n".join(f"  {one}" for one in faults))
        return images

    def _faults(self, move: Move, declared: tuple[str, frozenset[str]]) -> list[str]:
        path, names = declared
        built = move.new.images
        if (built.registry, built.path) != (self.registry, path):
            return [f"CI pushed to {built.registry}/{built.path}; images are pulled from {self.registry}/{path}"]
        foreign, absent = sorted(set(built.images) - names), sorted(names - set(built.images))
        if foreign:
            return [f"images {foreign} are not this repository's; estate/pipelines.yaml says {sorted(names)}"]
        if absent:
            return [f"CI did not build {absent}"]
        source = origin(self.owner, move.repository, Source(branch=move.branch, commit=move.new.commit))
        return self.missing(path, built.images) or self.unproven(path, built.images, source)

    def _version(self, policy: StagePolicy, sources: Mapping[str, Source]) -> str:
        """The newest version that the primary's commit contains, else the present one."""
        primary = next(iter(policy.sources))
        source = sources.get(primary)
        if source is None or policy.release.sources.get(primary) == source:
            return policy.release.version
        repository = self._repository(primary, source.branch)
        tagged = [(version, commit) for name, commit in repository.tags() if (version := _version(name))]
        for version, commit in sorted(tagged, key=lambda one: one[0], reverse=True)[:TAGS]:
            reach = repository.between(commit, source.commit)
            if reach and reach.descends:
                return f"v{version}"
        return policy.release.version

    def _authors(self, stage: str, policy: StagePolicy, sources: Mapping[str, Source], at: str) -> tuple[Author, ...]:
        """Everybody whose work is in ``sources`` and not yet in the stage that takes releases from this one."""
        beyond = following(self.clone, stage, at)
        base = beyond[1].release.sources if beyond else {}
        found: dict[object, Author] = {}
        for name, source in sources.items():
            start = base.get(name) or policy.release.sources.get(name)
            for author in self._people(name, source, start):
                found.setdefault(author.id or author.login.lower(), author)
        carried = () if set(sources) <= set(base) else policy.release.authors
        for author in carried:
            found.setdefault(author.id or author.login.lower(), author)
        return tuple(sorted(found.values(), key=lambda one: (one.id is None, one.login.lower())))

    def _people(self, name: str, source: Source, start: Source | None) -> list[Author]:
        repository = self._repository(name, source.branch)
        reach: Range | None = repository.between(start.commit, source.commit) if start else None
        if reach is None:
            commit = self.github.get(f"repos/{self.owner}/{name}/commits/{source.commit}")
            return repository.people([commit])
        return repository.people(reach.commits)


def _left(name: str, move: Move, back: Entry) -> str:
    release = back.evidence["from"]
    return (
        f"{name}: {back.stage} was taken back from {move.new.commit[:12]} ({release}) at {instant(back.at)}; a newer "
        f"commit goes on from there, openim-cicd rollback {back.stage} {release} brings it back"
    )


def message_of(outcome: Outcome, release: Release) -> str:
    """The commit's message: what moved, from where to where."""
    lines = [
        f"{move.repository} {move.branch}: {move.old[:12] + '..' if move.old else ''}{move.new.commit[:12]}"
        for move in outcome.moves
    ]
    return f"Release {release.id} to {outcome.stage}\n\n" + "\n".join(lines)


def _version(tag: str) -> semver.Version | None:
    """A tag as a version; None where it is none, or has build metadata, which a release id adds itself."""
    try:
        found = semver.Version.parse(tag.removeprefix("v"))
    except ValueError:
        return None
    return found if tag.startswith("v") and not found.build else None
