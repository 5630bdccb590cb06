"""Ports are chosen once."""

import socket
from pathlib import Path

from sandbox.layout import Layout
from sandbox.ports import Ports


def test_a_port_is_remembered(tmp_path: Path) -> None:
    """The same name gives the same port, also in another process and while it is in use."""
    port = Ports(Layout(tmp_path)).port("github")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert Ports(Layout(tmp_path)).port("github") == port


def test_names_have_ports_of_their_own(tmp_path: Path) -> None:
    """No two names share a port."""
    ports = Ports(Layout(tmp_path))
    names = [f"service-{number}" for number in range(20)]
    assert len({ports.port(name) for name in names}) == len(names)
