"""Runs one job to its end: feeds its output on, stops it when it is told to or its time is over, cleans up after it."""

import logging
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field

import httpx

from sandbox.runner import processes
from sandbox.runner.actions import UnknownActionError
from sandbox.runner.client import Door, Ending
from sandbox.runner.job import Job
from sandbox.runner.output import Output

log = logging.getLogger(__name__)

INTERVAL = 0.5
"""Seconds between two reports."""
STOPPED = "The runner stopped"


@dataclass
class Running:
    """A job under way."""

    job: Job
    door: Door
    stopping: threading.Event
    """Set when the whole runner is to stop."""
    output: Output = field(init=False)
    problem: str | None = None

    def __post_init__(self) -> None:
        self.output = Output(self.job.steps, list(self.job.order["secrets"].values()))

    def run(self) -> None:
        """Run it and tell how it ended; nothing of it is left."""
        try:
            ending = self._run()
        except Exception as error:
            # Whatever it was, the job must not stay open for ever.
            log.exception("job %s", self.job.order["job"])
            self.output.say(f"##[error]the runner failed: {error}")
            ending = Ending("failure", {}, f"The runner failed: {error}")
        finally:
            processes.end_all(self.job.mark)
            shutil.rmtree(self.job.folder, ignore_errors=True)
        self.output.finish()
        self.door.end(self.job.order["job"], self.output.take(), ending)

    def _run(self) -> Ending:
        try:
            self.job.prepare()
            argv = self.job.argv
        except UnknownActionError as error:
            self.output.say(f"##[error]{error}")
            return Ending("failure", {}, str(error))
        with subprocess.Popen(
            argv,
            env=self.job.environment,
            cwd=self.job.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            reading = threading.Thread(target=self._read, args=(process,), daemon=True)
            reading.start()
            self._watch(process)
            reading.join(processes.GRACE)
        return self._ending()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self.output.feed(line)

    def _watch(self, process: "subprocess.Popen[str]") -> None:
        minutes = self.job.order["minutes"]
        deadline = time.monotonic() + minutes * 60
        while not _ends_within(process, INTERVAL):
            if self.stopping.is_set():
                self.problem = STOPPED
            elif time.monotonic() > deadline:
                self.problem = f"The job has exceeded the maximum execution time of {minutes:g} minutes."
            elif self._is_told_to_stop():
                self.problem = "The operation was canceled."
            if self.problem:
                self.output.say(f"##[error]{self.problem}")
                processes.end_all(self.job.mark)
                return

    def _is_told_to_stop(self) -> bool:
        try:
            return self.door.report(self.job.order["job"], self.output.take())
        except httpx.HTTPStatusError:
            return True  # the stand-in does not know the job any more
        except httpx.HTTPError:
            return False  # it is away for a moment; what was said goes with the next report

    def _ending(self) -> Ending:
        if self.problem:
            return Ending("failure" if self.problem == STOPPED else "cancelled", {}, self.problem)
        if self.output.result != "success":
            return Ending("failure", self.job.outputs())
        return Ending("success", self.job.outputs())


def _ends_within(process: "subprocess.Popen[str]", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
