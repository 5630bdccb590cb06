"""Starts the plugin: ``python -m sandbox.plugins.docker ENGINE_ADDRESS``."""

from importlib.metadata import version

from sandbox.plugins.common.server import serve
from sandbox.plugins.docker.provider import DockerProvider

if __name__ == "__main__":
    serve(DockerProvider(), version("pulumi-docker"))
