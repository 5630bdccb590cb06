"""A Docker engine, over its HTTP API. Source: Docker Engine API 1.41 and later."""

import base64
import json
from typing import Any

import httpx

from sandbox.plugins.common.server import PluginError

DEFAULT_HOST = "unix:///var/run/docker.sock"
TIMEOUT = httpx.Timeout(30, read=600)
"""Seconds; pulling may be silent for long."""


class DockerError(PluginError):
    """The engine refused; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Engine:
    """One engine, at ``host`` as in DOCKER_HOST: ``unix:///path`` or ``tcp://host:port``."""

    def __init__(self, host: str) -> None:
        self.host = host
        scheme, _, rest = host.partition("://")
        match scheme:
            case "unix":
                transport, base = httpx.HTTPTransport(uds=rest), "http://docker"
            case "tcp" | "http":
                transport, base = httpx.HTTPTransport(), f"http://{rest}"
            case _:
                raise PluginError(f"Docker host {host!r}: the stand-in knows unix:///path and tcp://host:port only")
        self._client = httpx.Client(transport=transport, base_url=base, timeout=TIMEOUT)

    def ping(self) -> None:
        """Ask whether it is there.

        Raises:
            PluginError: it does not answer; names the host.
        """
        self._send("GET", "/_ping")

    def get(self, path: str) -> dict[str, Any] | None:
        """What is at ``path``; None where nothing is."""
        answer = self._send("GET", path, missing_ok=True)
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.json()

    def post(self, path: str, body: Any = None, **parameters: str) -> Any:
        """Do something; the answer, None where it is empty."""
        answer = self._send("POST", path, body, parameters=parameters)
        return answer.json() if answer.content else None

    def delete(self, path: str, **parameters: str) -> None:
        """Remove what is at ``path``; no error where nothing is."""
        self._send("DELETE", path, parameters=parameters, missing_ok=True)

    def pull(self, image: str, platform: str, credentials: dict[str, str]) -> None:
        """Pull ``image``; ``credentials`` hold username and password, or nothing.

        Raises:
            PluginError: the engine's reason.
        """
        headers = {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()}
        answer = self._send(
            "POST", "/images/create", parameters={"fromImage": image, "platform": platform}, headers=headers
        )
        for line in answer.text.splitlines():
            if error := json.loads(line).get("error"):
                raise PluginError(f"error pulling image {image}: {error}")

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        parameters: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body, params=parameters, headers=headers)
        except httpx.TransportError as error:
            there = f"Cannot connect to the Docker daemon at {self.host}. Is the docker daemon running?"
            raise PluginError(f"{there} ({error})") from None
        if answer.is_error and not (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            raise DockerError(answer.status_code, f"Docker at {self.host}: {_message(answer)}")
        return answer


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError):
        return f"{answer.status_code} {answer.reason_phrase}"
