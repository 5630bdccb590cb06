"""Starts the plugin: ``python -m sandbox.plugins.random ENGINE_ADDRESS``."""

from importlib.metadata import version

from sandbox.plugins.common.provider import TableProvider
from sandbox.plugins.common.server import serve
from sandbox.plugins.random.numbers import RandomBytes, RandomId
from sandbox.plugins.random.text import RandomPassword, RandomString

RESOURCES = {
    "random:index/randomBytes:RandomBytes": RandomBytes(),
    "random:index/randomId:RandomId": RandomId(),
    "random:index/randomPassword:RandomPassword": RandomPassword(),
    "random:index/randomString:RandomString": RandomString(),
}

if __name__ == "__main__":
    serve(TableProvider("random", RESOURCES, configuration={}), version("pulumi-random"))
