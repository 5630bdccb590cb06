"""From models to the arguments of components: the one place where both are known."""

from components.declared import organization_args as _organization_args
from components.environment import EnvironmentArgs
from components.organization import OrganizationArgs
from components.registry_images import RegistryLoginArgs
from model.declaration import DeclaredEnvironment, DeclaredOrganization
from model.settings import Registry


def organization_args(declared: DeclaredOrganization) -> OrganizationArgs:
    """What ``Organization`` is to declare."""
    return _organization_args(declared.estate, declared.settings, declared.registry)


def environment_args(declared: DeclaredEnvironment) -> EnvironmentArgs:
    """What ``Environment`` is to declare."""
    cluster, registry = declared.cluster, _login(declared.registry)
    return {
        "registry": registry,
        "baseline": {
            "namespace": cluster.namespace,
            "cpu": cluster.quota.cpu,
            "memory": cluster.quota.memory,
            "registry": registry,
            "protect": cluster.protect,
        },
        "application": {
            "namespace": cluster.namespace,
            "content": declared.application,
            "protect": cluster.protect,
        },
    }


def _login(registry: Registry) -> RegistryLoginArgs:
    return {"host": registry.host, "username": registry.username, "password": registry.password.get_secret_value()}
