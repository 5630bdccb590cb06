"""``python -m sandbox.kubernetes.agent --sandbox .sandbox --cluster staging``."""

import argparse
import asyncio
import logging
import signal
import ssl
from pathlib import Path

from sandbox.kubernetes.agent.agent import Agent
from sandbox.kubernetes.agent.api import Api
from sandbox.kubernetes.cluster import CLUSTERS, Cluster
from sandbox.layout import Layout
from sandbox.ports import Ports


async def _serve(cluster: Cluster) -> None:
    trust = ssl.create_default_context(cafile=str(cluster.authority))
    trust.load_cert_chain(cluster.file("pki", "node-agent.crt"), cluster.file("pki", "node-agent.key"))
    work = asyncio.ensure_future(Agent(cluster, Api(cluster.url("kube-apiserver"), trust)).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        logging.info("stopped")


def main() -> None:
    """Run the node agent of one cluster until a signal."""
    parser = argparse.ArgumentParser(prog="node-agent", description=__doc__)
    parser.add_argument("--sandbox", type=Path, required=True)
    parser.add_argument("--cluster", choices=CLUSTERS, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # One line per request would drown what matters.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    layout = Layout(arguments.sandbox.absolute())
    asyncio.run(_serve(Cluster(arguments.cluster, layout, Ports(layout))))


if __name__ == "__main__":
    main()
