"""Where a registry is asked, from the host that image references name."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
API_HOSTS = {"docker.io": "registry-1.docker.io"}
"""Docker Hub answers under another name than its images bear (Docker documentation: Registry API)."""


def is_loopback(host: str | None) -> bool:
    """Whether ``host``, with or without a port, is this machine: nothing leaves it, so nothing need be encrypted."""
    return host is not None and (host in LOOPBACK or host.rpartition(":")[0] in LOOPBACK)


def api_host(host: str) -> str:
    """The host that answers for ``host``."""
    return API_HOSTS.get(host, host)


def api_url(host: str) -> str:
    """The address of the registry API of ``host``: https, and http on the loopback address only."""
    return f"{'http' if is_loopback(host) else 'https'}://{api_host(host)}"
