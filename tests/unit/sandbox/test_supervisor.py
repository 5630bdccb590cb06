"""The sandbox's processes are started in order, recognised again, and named when they die."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from sandbox.layout import Layout
from sandbox.service import Service
from sandbox.supervisor import SandboxError, Supervisor


def sleeper(name: str, after: tuple[str, ...] = ()) -> Service:
    return Service(name, (sys.executable, "-c", "import time; time.sleep(60)", name), lambda: True, after)


@pytest.fixture
def supervisor(tmp_path: Path):  # type: ignore[no-untyped-def]
    found = Supervisor(Layout(tmp_path))
    yield found
    found.stop(lambda line: None)


def test_order_is_kept(supervisor: Supervisor) -> None:
    """A service starts when what it needs is ready."""
    lines: list[str] = []
    supervisor.start([sleeper("api", ("etcd",)), sleeper("etcd")], lines.append)
    assert lines == ["starting etcd", "starting api"]


def test_a_second_start_changes_nothing(supervisor: Supervisor) -> None:
    """What runs keeps running under the same process id."""
    supervisor.start([sleeper("etcd")], lambda line: None)
    before = supervisor.states()
    lines: list[str] = []
    supervisor.start([sleeper("etcd")], lines.append)
    assert supervisor.states() == before
    assert lines == []


def test_a_service_that_nobody_wrote_down_is_found_again(supervisor: Supervisor) -> None:
    """A start that was killed between starting a service and remembering it leaves no stranger on its port."""
    supervisor.start([sleeper("etcd")], lambda line: None)
    before = supervisor.states()["etcd"]
    (supervisor.layout.folder("run") / "etcd.json").unlink()
    lines: list[str] = []
    supervisor.start([sleeper("etcd")], lines.append)
    assert supervisor.states()["etcd"].pid == before.pid
    assert lines == []


def test_a_changed_command_restarts(supervisor: Supervisor) -> None:
    """A service whose command line has changed is replaced."""
    supervisor.start([sleeper("etcd")], lambda line: None)
    before = supervisor.states()["etcd"]
    changed = Service("etcd", (sys.executable, "-c", "import time; time.sleep(61)"), lambda: True)
    supervisor.start([changed], lambda line: None)
    assert not before.alive
    assert supervisor.states()["etcd"].alive


def test_a_dead_service_is_named_with_its_log(supervisor: Supervisor) -> None:
    """After a kill the status names the service and where to look."""
    supervisor.start([sleeper("etcd")], lambda line: None)
    os.kill(supervisor.states()["etcd"].pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while not supervisor.dead() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert supervisor.dead() == [f"etcd (log: {supervisor.layout.log('etcd')})"]
    supervisor.start([sleeper("etcd")], lambda line: None)
    assert supervisor.dead() == []


def test_a_service_that_dies_at_once_is_refused_with_its_last_words(supervisor: Supervisor) -> None:
    """The error quotes the log and recognises a taken port."""
    script = "import sys; sys.exit('listen tcp 127.0.0.1:80: bind: address already in use')"
    failing = Service("registry", (sys.executable, "-c", script), lambda: False)
    with pytest.raises(SandboxError, match="registry ended") as refused:
        supervisor.start([failing], lambda line: None)
    assert "Its port is taken" in str(refused.value)
    assert str(supervisor.layout.log("registry")) in str(refused.value)


def test_a_recycled_process_id_is_not_ours(supervisor: Supervisor) -> None:
    """A process of somebody else under a remembered id is neither trusted nor ended."""
    record = supervisor.layout.folder("run") / "etcd.json"
    record.write_text(f'{{"pid": {os.getpid()}, "started": 1, "argv": []}}')
    assert supervisor.dead() == [f"etcd (log: {supervisor.layout.log('etcd')})"]
    supervisor.stop(lambda line: None)
    assert not record.exists()
