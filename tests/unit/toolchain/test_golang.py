"""A build that cannot be done says why and what to do, in one sentence."""

from pathlib import Path

import pytest

from toolchain import golang
from toolchain.errors import ToolchainError


def fake_go(folder: Path, version: str, script: str) -> None:
    """A program named go that answers `go env GOVERSION` and runs ``script`` for anything else."""
    folder.mkdir(exist_ok=True)
    go = folder / "go"
    go.write_text(f'#!/bin/sh\nif [ "$1" = env ]; then echo {version}; exit 0; fi\n{script}\n')
    go.chmod(0o755)


def order(tmp_path: Path) -> golang.Build:
    folder = tmp_path / "out"
    folder.mkdir()
    return golang.Build("etcd", tmp_path, (("etcd", "."),), (), folder, 0.5)


@pytest.mark.parametrize(
    ("version", "script", "told"),
    [
        ("go1.21.3", "", "Go 1.26 or newer; "),
        ("go1.26.8", "echo 'write /x: no space left on device'; exit 1", "the disk is full"),
        ("go1.26.8", "echo 'dial tcp: lookup host: no such host'; exit 1", "module proxy cannot be reached"),
        ("go1.26.8", "echo 'verifying m: checksum mismatch'; exit 1", "not what go.sum records"),
        ("go1.26.8", "echo './main.go:3: undefined: x'; exit 1", "undefined: x"),
    ],
)
def test_the_cause_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, script: str, told: str
) -> None:
    """Old Go, a full disk, no network, a forged module and a compile error are told apart."""
    fake_go(tmp_path / "bin", version, script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(ToolchainError, match="etcd") as refused:
        golang.build(order(tmp_path), golang.silent)
    assert told in str(refused.value)


def test_no_go_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go the message names the version to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match=r"install Go 1\.26 or newer"):
        golang.build(order(tmp_path), golang.silent)


def test_progress_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long build says what is built, for how long, and how long it typically takes."""
    monkeypatch.setattr(golang, "INTERVAL", 0.05)
    fake_go(tmp_path / "bin", "go1.26.8", "sleep 0.3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    lines: list[str] = []
    golang.build(order(tmp_path), lines.append)
    assert lines[0] == "building etcd (typically 30 s)"
    assert any("of typically 30 s" in line for line in lines[1:-1])
    assert lines[-1].startswith("built etcd in ")
