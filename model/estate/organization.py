"""The estate of an organisation in one piece, every reference in it resolved."""

from collections.abc import Mapping
from dataclasses import dataclass

from model.approval import Approval
from model.estate.labels import Label
from model.estate.repositories import Repository, Webhook
from model.estate.rules import ActionsPolicy, Ruleset
from model.estate.teams import Team
from model.pipeline.images import MIRROR
from model.pipeline.workflow import Workflow


@dataclass(frozen=True)
class DeclaredRepository:
    """A repository with what its entry names filled in; None is what it does not have."""

    repository: Repository
    labels: tuple[Label, ...]
    ruleset: Ruleset | None
    actions: ActionsPolicy | None
    workflows: tuple[Workflow, ...]
    webhook: Webhook | None

    @property
    def name(self) -> str:
        """The repository's name."""
        return self.repository.name

    @property
    def builds_images(self) -> bool:
        """Whether one of its workflows pushes images."""
        return bool(self.image_branches)

    @property
    def image_branches(self) -> tuple[str, ...]:
        """Patterns of the branches whose pushes build images."""
        building = [one for one in self.workflows if any(job.id == "image" for job in one.jobs)]
        return tuple(branch for one in building for branch in one.branches)

    @property
    def mirrors(self) -> tuple[str, ...]:
        """The mirrors that its images are copied to."""
        jobs = [job.id for one in self.workflows for job in one.jobs]
        return tuple(job.removeprefix(MIRROR) for job in jobs if job.startswith(MIRROR))


@dataclass(frozen=True)
class OrganizationEstate:
    """Everything that exists once for the organisation."""

    repositories: tuple[DeclaredRepository, ...]
    teams: tuple[Team, ...]
    infrastructure_repository: str
    """The repository that carries the deployment environments."""
    environments: Mapping[str, Approval]
    """Who must approve what is deployed there, by environment."""
