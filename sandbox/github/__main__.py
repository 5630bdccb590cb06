"""Run the stand-in by itself: ``python -m sandbox.github --root FOLDER --port NUMBER``."""

import argparse
import os
from pathlib import Path

import uvicorn

from sandbox.github.app import build
from sandbox.github.credentials import write
from sandbox.github.world import Places
from sandbox.ports import LOOPBACK

RATE_LIMIT = 150_000
"""Calls of one account in an hour: ten times what GitHub grants an organisation's App, so that trying never waits."""


PATIENCE = 5
"""Seconds that clones and pushes under way have when the server is told to stop."""


def main() -> None:
    """Seed the folder if it is empty, then serve it until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.github", description="A stand-in of GitHub.")
    parser.add_argument("--root", type=Path, required=True, help="folder of its state")
    parser.add_argument("--port", type=int, required=True, help="loopback port")
    parser.add_argument("--rate-limit", type=int, default=RATE_LIMIT, help="calls of one account in an hour")
    arguments = parser.parse_args()
    os.umask(0o077)
    places = Places(arguments.root.resolve())
    places.root.mkdir(parents=True, exist_ok=True)
    write(places)
    application = build(places, f"http://{LOOPBACK}:{arguments.port}", arguments.rate_limit)
    # The application writes its own access log, without queries, where a token could stand.
    uvicorn.run(
        application,
        host=LOOPBACK,
        port=arguments.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=PATIENCE,
    )


if __name__ == "__main__":
    main()
