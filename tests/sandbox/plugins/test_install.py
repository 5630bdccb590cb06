"""Stand-ins as the engine finds them."""

from pathlib import Path

import pytest

from sandbox.plugins.install import install


def test_a_plugin_lies_where_the_engine_looks(tmp_path: Path) -> None:
    """A launcher of the official plugin's name and version, executable; installing again changes nothing."""
    launcher = install(tmp_path, "random", "4.21.4")
    assert launcher == tmp_path / "plugins" / "resource-random-v4.21.4" / "pulumi-resource-random"
    assert launcher.stat().st_mode & 0o111
    content = launcher.read_text()
    assert install(tmp_path, "random", "4.21.4").read_text() == content
    assert [path.name for path in launcher.parent.iterdir()] == ["pulumi-resource-random"]


def test_spaces_in_paths_do_no_harm(tmp_path: Path) -> None:
    """A checkout may lie anywhere."""
    launcher = install(tmp_path, "docker", "5.2.0", Path("/a b/python"), Path("/c d"))
    assert "'/a b/python' -m sandbox.plugins.docker" in launcher.read_text()
    assert "PYTHONPATH='/c d'" in launcher.read_text()


def test_an_unknown_plugin_is_refused(tmp_path: Path) -> None:
    """A mistyped name is told, with those that exist."""
    with pytest.raises(ValueError, match="'rnadom'; known: "):
        install(tmp_path, "rnadom", "1.0.0")
