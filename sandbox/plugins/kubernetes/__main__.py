"""Starts the plugin: ``python -m sandbox.plugins.kubernetes ENGINE_ADDRESS``."""

import sys

from sandbox.plugins.common.server import serve
from sandbox.plugins.kubernetes.engine import Engine
from sandbox.plugins.kubernetes.provider import KubernetesProvider

VERSION = "4.34.2"
"""The version of the official plugin whose place this takes."""

if __name__ == "__main__":
    serve(KubernetesProvider(Engine(sys.argv[1])), VERSION)
