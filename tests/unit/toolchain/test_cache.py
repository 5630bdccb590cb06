"""Built tools are kept once, whole or not at all."""

import threading
from pathlib import Path

import pytest

from toolchain import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENIM_CICD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_an_entry_is_built_once() -> None:
    """The second call finds what the first has built."""
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "program").write_text("x")

    assert cache.entry("etcd-1", build) == cache.entry("etcd-1", build)
    assert len(built) == 1
    assert (cache.entry("etcd-1", build) / "program").read_text() == "x"


def test_a_failed_build_leaves_nothing(own_cache: Path) -> None:
    """After a failure or an interruption the next run starts over, and then succeeds."""

    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("etcd-1", interrupted)
    assert [path.name for path in (own_cache / "toolchain").iterdir()] == ["etcd-1.lock"]
    assert list(cache.entry("etcd-1", lambda folder: None).iterdir()) == []


def test_remains_of_a_killed_build_are_cleared(own_cache: Path) -> None:
    """What a kill -9 left aside is not mistaken for a part of the next build."""
    (own_cache / "toolchain" / "etcd-1.partial").mkdir(parents=True)
    (own_cache / "toolchain" / "etcd-1.partial" / "stale").write_text("x")
    assert list(cache.entry("etcd-1", lambda folder: None).iterdir()) == []


def test_two_runs_at_once_build_once() -> None:
    """The second waits for the first instead of building beside it."""
    built: list[str] = []
    entered = threading.Event()

    def build(folder: Path) -> None:
        entered.set()
        built.append(folder.name)

    threads = [threading.Thread(target=cache.entry, args=("etcd-1", build)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert entered.is_set()
    assert len(built) == 1


def test_the_key_follows_content_and_names(tmp_path: Path) -> None:
    """A changed byte, a renamed file and another setting each make another entry."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("a")
    first = cache.key(module, "CGO_ENABLED=0")
    assert cache.key(module, "CGO_ENABLED=0") == first
    assert cache.key(module, "CGO_ENABLED=1") != first
    (module / "go.mod").write_text("b")
    second = cache.key(module, "CGO_ENABLED=0")
    (module / "go.mod").rename(module / "go.sum")
    assert len({first, second, cache.key(module, "CGO_ENABLED=0")}) == 3
