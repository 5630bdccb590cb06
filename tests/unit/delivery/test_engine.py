"""The engine is watched, stopped in order, waited for and unlocked; the committed files stay without salt."""

import json
import sys
import time
from pathlib import Path

import pytest

from delivery.engine import Engine
from delivery.engine_words import PlanViolated, StoppedError, UpdateError
from delivery.errors import Refused
from delivery.update import HeldPlan

ENGINE = """#!{python}
import json, os, pathlib, signal, socket, sys, time

here = pathlib.Path({folder!r})
words = sys.argv[1:]
(here / "calls").open("a").write(" ".join(words) + "\\n")
stack_file = pathlib.Path("Pulumi.staging.yaml")
plain = stack_file.read_text().replace("encryptionsalt: v1:abc\\n", "")
stack_file.write_text("encryptionsalt: v1:abc\\n" + plain.replace("{{a: 1, ", "{{a: 1,\\n  "))
behaviour = (here / "behaviour").read_text()
if words[0] == "cancel":
    (here / "behaviour").write_text("well")
elif words[:2] == ["stack", "init"]:
    sys.exit("error: stack 'organization/openim-cicd/staging' already exists")
elif words[:2] == ["stack", "output"]:
    said = json.dumps({{"fingerprint": "c1"}})
    print(said) if behaviour == "well" else sys.exit("error: no stack named 'staging' found")
elif words[:2] == ["stack", "export"]:
    print((here / "state").read_text())
elif words[:2] == ["stack", "import"]:
    (here / "imported").write_text(pathlib.Path(words[words.index("--file") + 1]).read_text())
elif words[0] == "preview":
    pathlib.Path(words[words.index("--save-plan") + 1]).write_text("the plan")
    asked = behaviour == "well" and "--policy-pack" in words
    print("Policies:\\n    ✅ openim-cicd@v0.0.1 (local: policies)\\n" if asked else "Resources:\\n    3 unchanged")
elif words[0] == "up" and behaviour.startswith("locked "):
    holder = f"created by ci@{{socket.gethostname()}} (pid {{behaviour.split()[1]}}) at 2026-07-22T08:00:00Z"
    sys.exit(f"error: the stack is currently locked by 1 lock(s).\\n  file:///x.json: {{holder}}")
elif words[0] == "up":
    events = open(words[words.index("--event-log") + 1], "a")
    done = {{"resOutputsEvent": {{"metadata": {{"urn": "urn:pulumi:staging::openim-cicd::kind::name"}}}}}}
    print(json.dumps(done), file=events, flush=True)
    if behaviour == "hangs":
        signal.signal(signal.SIGINT, lambda *_: sys.exit("error: update cancelled"))
        time.sleep(60)
    if behaviour == "violates":
        print(json.dumps({{"diagnosticEvent": {{"message": "hunter2"}}}}), file=events, flush=True)
        assert "--skip-preview" not in words
        assert pathlib.Path(words[words.index("--plan") + 1]).read_text() == "the plan"
        assert os.environ["OPENIM_CICD_SAVED_PLAN"] == "sha256:1"
        sys.exit({violation!r})
    if behaviour == "goes on":
        print("warning: Attempting to deploy or update resources")
        print("with 2 pending operations from previous deployment.")
    if behaviour == "dies":
        print("Updating (staging):")
        sys.exit(137)
    if behaviour == "puts out":
        sys.exit(255)
    if behaviour == "fails":
        sys.exit("Diagnostics:\\n  kubernetes:apps/v1:Deployment api: error: no quota")
    summary = {{"summaryEvent": {{"resourceChanges": {{"same": 3, "update": 2}}}}}}
    print(json.dumps(summary), file=events, flush=True)
"""


VIOLATION = (
    "Diagnostics:\n  pulumi:pulumi:Stack (openim-cicd-staging):\n    error: resource urn:pulumi:x::y violates plan: "
    "properties changed: ~~data[{map[password:{hunter2}]}!={map[password:{hunter3}]}], ++more[{\n  hunter4}]\n"
)
FILE = "# kept\nconfig: {a: 1, b: 2}\n"


class World:
    """A checkout and an engine that behaves as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.progress = folder, [], []
        (folder / "bin").mkdir()
        program = folder / "bin" / "pulumi"
        program.write_text(ENGINE.format(python=sys.executable, folder=str(folder), violation=VIOLATION))
        program.chmod(0o755)
        (folder / "Pulumi.staging.yaml").write_text(FILE)
        self.engine = Engine(folder, {"PATH": str(folder / "bin")})

    def up(self, behaviour, watch=lambda: None, again=lambda: None, plan=None):
        (self.folder / "behaviour").write_text(behaviour)
        log = self.folder / "up.log"
        return self.engine.up(
            "staging",
            log,
            lambda *told: self.progress.append(told),
            self.said.append,
            watch=watch,
            again=again,
            plan=plan,
        )

    @property
    def calls(self):
        return [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_an_update_tells_what_it_did_and_leaves_no_salt(world):
    outcome = world.up("well")
    assert (outcome.resources, outcome.changes) == (5, 2)
    assert world.progress == [(1, "name")]
    assert (world.folder / "Pulumi.staging.yaml").read_text() == FILE


@pytest.mark.parametrize(("made", "closed"), [(["urn:one", "urn:two"], True), (["urn:one"], False)])
def test_what_a_killed_update_had_left_open_is_closed_once_it_is_done(world, made, closed):
    """Where all of it was created since; what is still unknown stays, and so does everything else."""
    operations = [{"type": "creating", "resource": {"urn": urn}} for urn in ("urn:one", "urn:two")]
    deployment = {"resources": [{"urn": urn} for urn in made], "pending_operations": operations}
    (world.folder / "state").write_text(json.dumps({"version": 3, "deployment": deployment}))
    world.up("goes on")
    assert (world.folder / "imported").exists() == closed
    assert world.said == (["staging: what a killed update had left open was done since"] if closed else [])
    assert (world.folder / "Pulumi.staging.yaml").read_text() == FILE


def test_a_failed_update_ends_with_the_engine_s_own_words(world):
    with pytest.raises(UpdateError, match="no quota") as error:
        world.up("fails")
    assert "All of it: " in str(error.value)


def test_a_plan_names_the_policies_that_hold(world):
    """Where the checkout has a pack; a preview that says nothing of it is no plan."""
    (world.folder / "behaviour").write_text("well")
    assert world.engine.plan("staging") == ("the plan", ())
    (world.folder / "policies").mkdir()
    (world.folder / "policies" / "PulumiPolicy.yaml").touch()
    assert world.engine.plan("staging") == ("the plan", ("openim-cicd@v0.0.1",))
    (world.folder / "behaviour").write_text("asks nobody")
    with pytest.raises(Refused, match="does not say that the policy pack holds"):
        world.engine.plan("staging")


PLAN = HeldPlan("sha256:1", "the plan")


def test_a_plan_that_does_not_hold_is_told_without_its_values(world):
    """Neither in what is said nor in what lies about afterwards."""
    with pytest.raises(PlanViolated) as error:
        world.up("violates", plan=PLAN)
    assert "violates plan: properties changed: ~~data, and whatever comes after it" in str(error.value)
    left = "".join(one.read_text() for one in world.folder.rglob("up.*"))
    assert "hunter" not in str(error.value) + left
    assert "~~data" in left


def test_outputs_against_the_plan_are_told_where_the_engine_says_nothing(world):
    """It ends with an exit code alone."""
    with pytest.raises(PlanViolated, match="what the stack puts out would not be what the plan says"):
        world.up("puts out", plan=PLAN)


def test_an_update_that_had_begun_is_not_said_to_have_changed_nothing(world):
    """Killed, it leaves no reason behind; what it did before is done."""
    with pytest.raises(UpdateError, match="could not be brought up") as error:
        world.up("dies", plan=PLAN)
    assert not isinstance(error.value, PlanViolated)


def test_a_failure_under_a_plan_is_a_failure(world):
    """Not everything that goes wrong is the plan's."""
    with pytest.raises(UpdateError, match="no quota") as error:
        world.up("fails", plan=PLAN)
    assert not isinstance(error.value, PlanViolated)


def test_an_update_that_its_watcher_gives_up_is_stopped_in_order(world):
    began = time.monotonic()
    with pytest.raises(StoppedError) as error:
        world.up("hangs", watch=lambda: "a pod crashes" if world.progress else None)
    assert error.value.reason == "a pod crashes"
    assert time.monotonic() - began < 30
    assert "update cancelled" in (world.folder / "up.log").read_text()


def test_the_lock_of_a_dead_process_is_taken_away_and_the_update_goes_on(world):
    assert world.up("locked 999999").changes == 2
    assert world.calls == ["stack", "up", "cancel", "up"]
    assert "has died" in world.said[0]


def test_the_lock_of_a_living_engine_is_waited_for(world, monkeypatch):
    monkeypatch.setattr("delivery.lock._runs", lambda _: True)
    monkeypatch.setattr("delivery.engine.LOCK_PATIENCE", 0.0)
    with pytest.raises(Refused, match="pulumi cancel --stack staging"):
        world.up("locked 4711")
    assert "cancel" not in world.calls


def test_whoever_waited_for_a_living_engine_may_give_up(world, monkeypatch):
    """What the other one did may have made this update wrong: that is asked before it is tried again."""
    monkeypatch.setattr("delivery.lock._runs", lambda _: True)
    monkeypatch.setattr("delivery.engine.LOCK_POLL", 0.0)

    def overtaken():
        raise Refused("somebody was quicker")

    with pytest.raises(Refused, match="somebody was quicker"):
        world.up("locked 4711", again=overtaken)
    assert world.calls == ["stack", "up"]


def test_outputs_of_a_stack_that_is_not_there_are_refused(world):
    (world.folder / "behaviour").write_text("well")
    assert world.engine.outputs("staging") == {"fingerprint": "c1"}
    (world.folder / "behaviour").write_text("absent")
    with pytest.raises(Refused, match="no stack named"):
        world.engine.outputs("staging")


def test_without_an_engine_on_path_nothing_begins(tmp_path):
    with pytest.raises(Refused, match="pulumi is not on PATH"):
        Engine(tmp_path, {"PATH": str(tmp_path)}).ensure("staging")
