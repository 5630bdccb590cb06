"""The organisation's estate as data: repositories, teams, labels, pipelines, and that they fit together."""

from model.estate.assemble import assemble
from model.estate.organization import OrganizationEstate

__all__ = ["OrganizationEstate", "assemble"]
