"""Starts the plugin: ``python -m sandbox.plugins.kubernetes ENGINE_ADDRESS``."""

import sys
from importlib.metadata import version

from sandbox.plugins.common.server import serve
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.provider import KubernetesProvider

if __name__ == "__main__":
    serve(KubernetesProvider(Engine(sys.argv[1])), version("pulumi-kubernetes"))
