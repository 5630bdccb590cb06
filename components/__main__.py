"""The components as a Pulumi plugin, for programs in any language: `pulumi package add` on this folder."""

from pulumi.provider.experimental import component_provider_host

from components.admission_policy import AdmissionPolicy
from components.application import Application
from components.cluster_baseline import ClusterBaseline
from components.deployment_environment import DeploymentEnvironment
from components.environment import Environment
from components.openim import OpenIM
from components.organization import Organization
from components.registry_access import RegistryAccess
from components.registry_mirror import RegistryMirror
from components.repository import Repository
from components.team import Team
from components.webhook import Webhook
from components.workflow import Workflow

COMPONENTS = (
    AdmissionPolicy,
    Application,
    ClusterBaseline,
    DeploymentEnvironment,
    Environment,
    OpenIM,
    Organization,
    RegistryAccess,
    RegistryMirror,
    Repository,
    Team,
    Webhook,
    Workflow,
)

if __name__ == "__main__":
    component_provider_host(name="openim-cicd", components=list(COMPONENTS))
