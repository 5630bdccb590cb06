"""Image references: ``host/path:tag@digest`` taken apart, with Docker's defaults for what is left out."""

import re
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9](?:[a-zA-Z0-9._:-]*/)?[a-z0-9._/-]*)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_LOOPBACK = re.compile(r"(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?")


@dataclass(frozen=True)
class Reference:
    """Where an image lies."""

    host: str
    path: str
    version: str
    """A digest or, failing that, a tag."""

    @property
    def base(self) -> str:
        """The registry's address. Only loopback is spoken to without TLS, as in container runtimes."""
        scheme = "http" if _LOOPBACK.fullmatch(self.host) else "https"
        return f"{scheme}://{'registry-1.docker.io' if self.host == 'docker.io' else self.host}"

    @property
    def repository(self) -> str:
        """``host/path``."""
        return f"{self.host}/{self.path}"


def parse_reference(text: str) -> Reference:
    """Take a reference apart.

    Raises:
        ValueError: the text names no image.
    """
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise ValueError("invalid reference format")
    host, slash, path = found["name"].partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = "docker.io", found["name"] if slash else f"library/{found['name']}"
    return Reference(host, path, found["digest"] or found["tag"] or "latest")
