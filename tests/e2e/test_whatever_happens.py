"""Random histories by people's commands at the running machine: approvals, rules, clocks, kills, outages and all that.

``HISTORY_SEEDS`` names other ones, ``HISTORY_MOVES`` how long each is; `python -m bench commands` plays more.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from delivery.promote import open_promotions
from model.ledger import Kind
from tests.e2e.histories.desk import Desk
from tests.e2e.histories.releases import Releases
from tests.e2e.histories.world import RealWorld
from tests.e2e.machine import Machine
from tests.histories.moves import MOVES

SEEDS = [int(one) for one in os.environ.get("HISTORY_SEEDS", "1").split()]
LENGTH = int(os.environ.get("HISTORY_MOVES", "60"))
KILLS = 10
PROPOSER, PROMOTE = "FGadvancer", ("openim-cicd", "promote", "prod")
COURSE = (("good change", 5), ("propose", 2), ("all approve", 0), ("thaw", 0), ("deploy", 0))
"""What a day is made of, in order, whatever comes between; by people whose change may come in."""
ON_COURSE, FEW = 0.6, 2
"""How often a move is the next of the course; and how many different releases must come into production."""


def play(world: RealWorld, moves: int) -> None:
    """So many moves; after each, what production runs is looked at."""
    chance, course = world.chance, cycle(COURSE)
    for number in range(moves):
        astray = (chance.choice(sorted(MOVES)), chance.randrange(6))
        move, first = next(course) if chance.random() < ON_COURSE else astray
        world.desk.say(f"{number + 1}. {move}")
        MOVES[move](world, first, chance.randrange(6))
        world.account.look()


@pytest.fixture
def world(machine: Machine, tmp_path: Path, seed: int) -> Iterator[RealWorld]:
    """Everybody at their desk; should the test fail, what they did is shown."""
    desk = Desk.of(machine, tmp_path / "clone")
    yield RealWorld(desk, random.Random(seed), Releases.of(desk))  # noqa: S311 - played again from its seed
    sys.stdout.write(desk.diary.read_text())


@pytest.mark.parametrize("seed", SEEDS[:1])
def test_a_killed_promotion_is_made_once(world: RealWorld) -> None:
    """Killed at ten moments: one promotion in the end, with the plan of its change, which is approved and deployed."""
    world.good_change("lin-tester")
    world.desk.refresh()
    began = time.monotonic()
    kills = [world.desk.killed(PROPOSER, *PROMOTE, after=0.7 * (number + 1)) for number in range(KILLS)]
    assert sum(kills) > KILLS / 2, f"{kills} in {time.monotonic() - began:.0f} s"
    world.propose(PROPOSER)
    opened = open_promotions(world.desk.github("operator"), world.desk.repository, "prod")
    assert [one["number"] for one in opened] == [world.pull]
    world.all_approve()
    world.deploy(0)
    world.account.look()
    newest = world.desk.entries("prod")[-1]
    assert (newest.kind, newest.release) == (Kind.VERIFIED, world.releases.newest(0).id)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(3600)
def test_production_runs_what_was_let_in(world: RealWorld) -> None:
    """The witness never objects, the ledger is whole; at last a good change comes in, by time and people alone."""
    play(world, LENGTH)
    assert len(set(world.account.entered)) >= FEW, f"too little came in to say anything: {world.account.entered}"
    world.calm_down()
    world.account.look()
    told = world.desk.entries("prod")
    newest = world.releases.newest(0)
    assert (told[-1].kind, told[-1].release) == (Kind.VERIFIED, newest.id)
    done = world.desk.type("operator", "openim-cicd", "ledger", "verify", "prod", "--anchored")
    assert done.code == 0, done.text
