"""Releases of history's own: the demo's good one with another openim-api each, built and vouched for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from delivery.stack_file import release_of
from model.ledger import Kind
from model.release import Author, Release
from model.settings import stack_file
from sandbox.registry.catalogue import NEXT, specs
from sandbox.registry.client import Push, RegistryClient
from sandbox.registry.images import build
from tests.attesting import attest
from tests.e2e.histories.desk import Desk

API, REPOSITORY = "openim-api", "open-im-server"
SICK_EACH = 4
"""Every so manieth release works on staging and crashes in production."""
Identity = tuple[str, str]


@dataclass
class Releases:
    """All that were made, the oldest first."""

    desk: Desk
    made: list[Release]
    images: dict[Identity, Mapping[str, str]] = field(default_factory=dict)
    """Digests by identity: two releases may claim one id."""
    mark: int = 0
    """Tells them from those that were made at other desks."""
    count: int = 0

    @classmethod
    def of(cls, desk: Desk) -> "Releases":
        """Those that production has run already; the newest of them that works is what all others are made of."""
        desk.refresh()
        found: dict[Identity, Release] = {}
        for commit in desk.clone.git("log", "--format=%H", "--", stack_file("staging")).split():
            release = release_of("staging", desk.clone.file_at(commit, stack_file("staging")) or "")
            found.setdefault(identity(release), release)
        worked = {(one.release, one.images[API]) for one in desk.entries("prod") if one.kind is Kind.VERIFIED}
        made = [one for key, one in found.items() if key in worked]
        made.sort(key=lambda one: bool(one.sources))
        everything = {key: one.images for key, one in found.items()}
        return cls(desk, made, everything, len(desk.entries("staging")))

    def newest(self, back: int) -> Release:
        """One of the newest."""
        return self.made[-1 - back % len(self.made)]

    def make(self, author: str, account: int | None, built_as: int | None = None) -> None:
        """One more; with ``built_as`` under the id of an older one."""
        self.count += 1
        base = next(one for one in reversed(self.made) if one.sources)
        new = f"v3.9.{self.count}+{self.mark:04x}{self.count:03x}"
        name = new if built_as is None else self.made[built_as % len(self.made)].id
        images = {**base.images, API: self._built(base.sources[REPOSITORY].commit)}
        release = base.model_copy(update={"id": name, "images": images, "authors": (Author(login=author, id=account),)})
        self.made.append(release)
        self.images[identity(release)] = images

    def well(self) -> None:
        """The next one will not be sick."""
        self.count += (self.count + 1) % SICK_EACH == 0

    def _built(self, commit: str) -> str:
        """The digest of a new image, in the registry and vouched for."""
        variables, version = self.desk.machine.variables, f"history-{self.mark}-{self.count}"
        sick = "crash" if self.count % SICK_EACH == 0 else ""
        spec = next(one for one in specs(NEXT) if one.name == API)
        image = build(replace(spec, tag=version, version=version, behaviour=sick, only_on=sick and "prod"))
        with RegistryClient(*(variables[f"REGISTRY{part}"] for part in ("", "_USERNAME", "_PASSWORD"))) as registry:
            registry.push(Push(spec.repository, version, image))
        owner = variables["GITHUB_OWNER"]
        attest(self.desk.sandbox, variables, f"{owner}/{REPOSITORY}", commit, {API: image.digest})
        return image.digest


def identity(release: Release) -> Identity:
    """What tells releases apart."""
    return release.id, release.images[API]
