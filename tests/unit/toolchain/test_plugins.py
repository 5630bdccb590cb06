"""Whose plugin is used."""

from pathlib import Path

import pytest

from toolchain import plugins
from toolchain.engine import Engine

ENGINE = Engine(Path("/nowhere/pulumi"), "built")


@pytest.fixture(autouse=True)
def nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, no plugins of the user's, no builds."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(plugins, "reachable", lambda host, port: False)
    monkeypatch.setattr(plugins.tools, "tool", lambda name, report: executable(tmp_path / "built" / name))


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def laid(home: Path, name: str) -> Path:
    return (plugins.folder(home, name) / f"pulumi-resource-{name}").resolve()


def test_what_cannot_be_had_is_named(tmp_path: Path) -> None:
    """GitHub's plugin is built; the three others are left to the caller."""
    assert plugins.provide(tmp_path / "home", ENGINE) == ["kubernetes", "docker", "random"]
    assert laid(tmp_path / "home", "github") == tmp_path / "built" / "pulumi-resource-github"


@pytest.mark.parametrize("place", ["bin", "user"])
def test_the_users_own_plugin_wins_over_a_stand_in(tmp_path: Path, place: str) -> None:
    """From PATH or from ~/.pulumi/plugins, also where a stand-in was laid before."""
    home = tmp_path / "home"
    executable(plugins.folder(home, "kubernetes") / "pulumi-resource-kubernetes")
    folder = tmp_path / "bin" if place == "bin" else plugins.folder(tmp_path / "user", "kubernetes")
    theirs = executable(folder / "pulumi-resource-kubernetes")
    assert plugins.provide(home, ENGINE) == ["docker", "random"]
    assert laid(home, "kubernetes") == theirs


def test_what_lies_there_is_kept(tmp_path: Path) -> None:
    """A second call neither builds nor asks again."""
    home = tmp_path / "home"
    for name in plugins.NAMES:
        executable(plugins.folder(home, name) / f"pulumi-resource-{name}")
    assert plugins.provide(home, ENGINE) == []
