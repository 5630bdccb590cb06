"""A registry of forty lines for these tests: images made on the spot, behind a password where asked."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
USER, PASSWORD = "puller", "correct-horse"


class Registry:
    """Images by reference; those whose path begins with ``private/`` ask for the password."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.blobs: dict[str, bytes] = {}

    def push(self, path: str, user: str = "10001", **labels: str) -> str:
        """Add an image for two architectures; its reference by digest. ``__`` in a label's name stands for ``/``."""
        named = {f"openim-cicd.sandbox/{name.replace('_', '-')}": value for name, value in labels.items()}
        named["org.opencontainers.image.version"] = "1.2.3"
        entries = [self._manifest(architecture, user, named) for architecture in ("arm64", "amd64")]
        index = self._blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        return f"{self.host}/{path}@{index['digest']}"

    def _manifest(self, architecture: str, user: str, labels: dict[str, str]) -> dict[str, object]:
        config = {"architecture": architecture, "os": "linux", "config": {"User": user, "Labels": labels}}
        layer = self._blob({"layer of": architecture})
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self._blob(config), "layers": [layer]}
        return {**self._blob(manifest), "mediaType": MANIFEST, "platform": {"os": "linux", "architecture": architecture}}

    def _blob(self, document: dict[str, object]) -> dict[str, object]:
        content = json.dumps(document, sort_keys=True).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return {"digest": digest, "size": len(content)}


@contextmanager
def running_registry() -> Iterator[Registry]:
    """A registry on a free loopback port, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    registry = Registry(f"127.0.0.1:{server.server_address[1]}")
    expected = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = registry.blobs.get(self.path.rpartition("/")[2])
            if "/private/" in self.path and self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
                content = b""
            else:
                self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
