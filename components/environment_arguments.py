"""From an environment's settings and application to the arguments of ``Environment``."""

from components.environment import EnvironmentArgs
from components.registry_images import RegistryLoginArgs
from model.declaration import DeclaredEnvironment
from model.settings import Registry


def environment_args(declared: DeclaredEnvironment) -> EnvironmentArgs:
    """What ``Environment`` is to declare."""
    cluster = declared.cluster
    return {
        "baseline": {
            "namespace": cluster.namespace,
            "cpu": cluster.quota.cpu,
            "memory": cluster.quota.memory,
            "registry": registry_login(declared.registry),
            "protect": cluster.protect,
        },
        "application": {
            "namespace": cluster.namespace,
            "content": declared.application,
            "protect": cluster.protect,
        },
    }


def registry_login(registry: Registry) -> RegistryLoginArgs:
    """How images are looked up and pulled."""
    return {"host": registry.host, "username": registry.username, "password": registry.password.get_secret_value()}
