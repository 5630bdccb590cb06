"""From an environment's settings and application to the arguments of ``Environment``."""

from components.environment import EnvironmentArgs
from components.registry_images import RegistryLoginArgs
from model.admission import admitted_images
from model.declaration import DeclaredEnvironment
from model.gate_input import WayBack
from model.settings import Registry


def environment_args(declared: DeclaredEnvironment, way_back: WayBack) -> EnvironmentArgs:
    """What ``Environment`` is to declare; ``way_back`` is admitted beside the declared release."""
    cluster = declared.cluster
    return {
        "baseline": {
            "namespace": cluster.namespace,
            "cpu": cluster.quota.cpu,
            "memory": cluster.quota.memory,
            "registry": registry_login(declared.registry),
            "deployer": cluster.deployer,
            "protect": cluster.protect,
        },
        "admission": {
            "namespace": cluster.namespace,
            "images": admitted_images(declared.release.id, declared.application, declared.images, way_back),
            "deployer": cluster.deployer,
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
