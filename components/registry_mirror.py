"""A pull-through cache of a registry on a Docker host, for clusters far from it or under its pull limits.

Not in it: how nodes are told to use the mirror, which their container runtime's configuration says.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_docker as docker

PORT = 5000
DATA = "/var/lib/registry"


class UpstreamArgs(TypedDict):
    """The registry that is mirrored."""

    url: str
    """Address, e.g. ``https://registry-1.docker.io``."""
    username: NotRequired[pulumi.Input[str]]
    """Who pulls; default anonymous."""
    password: NotRequired[pulumi.Input[str]]
    """Password or token; kept secret."""


class RegistryMirrorArgs(TypedDict):
    """Arguments of ``RegistryMirror``."""

    upstream: UpstreamArgs
    """The registry that is mirrored."""
    image: str
    """Image of the CNCF distribution registry, by digest: ``registry@sha256:...``."""
    port: NotRequired[int]
    """Port on the host; default 5000."""
    listen: NotRequired[str]
    """Address of the host that it listens on; default 127.0.0.1."""


class RegistryMirror(pulumi.ComponentResource):
    """A registry container with its own network and a volume for what it has cached."""

    address: pulumi.Output[str]
    """Host and port that pulls go to."""

    def __init__(self, name: str, args: RegistryMirrorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openim-cicd:index:RegistryMirror", name, {}, opts)
        if "@sha256:" not in args["image"]:
            raise ValueError(f"image {args['image']!r} must be named by its digest: registry@sha256:...")
        child = pulumi.ResourceOptions(parent=self)
        network = docker.Network(name, opts=child)
        volume = docker.Volume(name, opts=child)
        image = docker.RemoteImage(name, name=args["image"], keep_locally=True, opts=child)
        self._container(name, args, network, volume, image)
        self.address = pulumi.Output.from_input(f"{args.get('listen', '127.0.0.1')}:{args.get('port', PORT)}")
        self.register_outputs({"address": self.address})

    def _container(
        self,
        name: str,
        args: RegistryMirrorArgs,
        network: docker.Network,
        volume: docker.Volume,
        image: docker.RemoteImage,
    ) -> None:
        docker.Container(
            name,
            image=image.image_id,
            envs=_environment(args["upstream"]),
            ports=[{"internal": PORT, "external": args.get("port", PORT), "ip": args.get("listen", "127.0.0.1")}],
            volumes=[{"volume_name": volume.name, "container_path": DATA}],
            networks_advanced=[{"name": network.name, "aliases": [name]}],
            restart="unless-stopped",
            read_only=True,
            capabilities={"drops": ["ALL"]},
            security_opts=["no-new-privileges:true"],
            # The port is taken until the old container is gone.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )


def _environment(upstream: UpstreamArgs) -> list[pulumi.Input[str]]:
    values: dict[str, pulumi.Input[str]] = {"REGISTRY_PROXY_REMOTEURL": upstream["url"]}
    if "username" in upstream and "password" in upstream:
        values["REGISTRY_PROXY_USERNAME"] = upstream["username"]
        values["REGISTRY_PROXY_PASSWORD"] = pulumi.Output.secret(upstream["password"])
    return [pulumi.Output.concat(key, "=", value) for key, value in values.items()]
