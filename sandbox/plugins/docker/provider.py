"""The Docker provider: its configuration, its resources and its one function."""

import asyncio

from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    InvokeRequest,
    InvokeResponse,
)

from sandbox.plugins.common.provider import VERSION, TableProvider
from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.tables import BOOLEAN, STRING, Property, Table, problems
from sandbox.plugins.common.values import plain_map, wrapped_map
from sandbox.plugins.docker import registry
from sandbox.plugins.docker.connection import TABLE, Connection, decoded
from sandbox.plugins.docker.container import Container
from sandbox.plugins.docker.image import RemoteImage
from sandbox.plugins.docker.network import Network
from sandbox.plugins.docker.volume import Volume

GET_REGISTRY_IMAGE: Table = {
    "name": Property(STRING, required=True),
    "insecureSkipVerify": Property(BOOLEAN, default=False),
}


class DockerProvider(TableProvider):
    """Serves Network, Volume, RemoteImage, Container and getRegistryImage."""

    def __init__(self) -> None:
        self.connection = Connection()
        resources = {
            "docker:index/container:Container": Container(self.connection),
            "docker:index/network:Network": Network(self.connection),
            "docker:index/remoteImage:RemoteImage": RemoteImage(self.connection),
            "docker:index/volume:Volume": Volume(self.connection),
        }
        super().__init__("docker", resources, TABLE)

    async def check_config(self, request: CheckRequest) -> CheckResponse:
        """Check what is inside the JSON texts too."""
        values = decoded(plain_map(request.new_inputs))
        values.pop(VERSION, None)
        return CheckResponse(request.new_inputs, list(problems(values, TABLE)))

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:
        """Connect."""
        await asyncio.to_thread(self.connection.configure, decoded(plain_map(request.args)))
        return await super().configure(request)

    async def invoke(self, request: InvokeRequest) -> InvokeResponse:
        """Look an image up."""
        if request.tok != registry.TOKEN:
            raise PluginError(self._unsupported("function", request.tok, [registry.TOKEN]))
        arguments = plain_map(request.args)
        if failures := list(problems(arguments, GET_REGISTRY_IMAGE)):
            return InvokeResponse(failures=failures)
        name, insecure = arguments["name"], arguments.get("insecureSkipVerify", False)
        digest = await asyncio.to_thread(registry.digest_of, name, self.connection.logins, not insecure)
        found = {"id": digest, "name": name, "insecureSkipVerify": insecure, "sha256Digest": digest}
        return InvokeResponse(wrapped_map(found))
