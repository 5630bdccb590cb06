"""The estate of an organisation in one piece, every reference in it resolved."""

from collections.abc import Mapping
from dataclasses import dataclass

from model.approval import Approval
from model.estate.labels import Label
from model.estate.repositories import Repository, Webhook
from model.estate.rules import ActionsPolicy, Ruleset
from model.estate.teams import Team
from model.pipeline.workflow import Workflow


@dataclass(frozen=True)
class DeclaredRepository:
    """A repository with what its entry names filled in; None is what it does not have."""

    repository: Repository
    labels: tuple[Label, ...]
    ruleset: Ruleset | None
    actions: ActionsPolicy | None
    workflow: Workflow | None
    webhook: Webhook | None

    @property
    def name(self) -> str:
        """The repository's name."""
        return self.repository.name

    @property
    def builds_images(self) -> bool:
        """Whether its workflow pushes images."""
        return self.workflow is not None and any(job.id == "image" for job in self.workflow.jobs)


@dataclass(frozen=True)
class OrganizationEstate:
    """Everything that exists once for the organisation."""

    repositories: tuple[DeclaredRepository, ...]
    teams: tuple[Team, ...]
    infrastructure_repository: str
    """The repository that carries the deployment environments."""
    environments: Mapping[str, Approval]
    """Who must approve what is deployed there, by environment."""
