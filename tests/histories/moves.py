"""Everything that may happen in a history, as moves that two numbers steer."""

from collections.abc import Callable

from tests.histories.world import World
from tests.unit.model.gate_world import PEOPLE

NAMES = sorted(PEOPLE)
ALARMED = ("omar-sre", "ines-sre", "mallory")

Move = Callable[[World, int, int], None]


def _who(number: int) -> str:
    return NAMES[number % len(NAMES)]


MOVES: dict[str, Move] = {
    "push": lambda world, a, _: world.push(_who(a)),
    "push under an old id": lambda world, a, b: world.push(_who(a), built_as=b),
    "stage": lambda world, a, b: world.stage(a % 2, b % 5),
    "test": lambda world, a, b: world.test(_who(a), "fail" if b == 0 else "pass"),
    "good change": lambda world, a, _: world.good_change(_who(a)),
    "choose": lambda world, a, _: world.choose(a % 3),
    "choose again": lambda world, *_: world.choose_again(),
    "plan": lambda world, *_: world.plan(),
    "plan again": lambda world, a, _: world.plan_again(a),
    "move the state": lambda world, *_: world.move_the_state(),
    "propose": lambda world, a, _: world.propose(_who(a)),
    "rule": lambda world, a, b: world.rule(a * 6 + b),
    "employ": lambda world, a, _: world.employ(a),
    "code": lambda world, a, _: world.code(a % 2),
    "approve": lambda world, a, _: world.approve(_who(a)),
    "approve for another": lambda world, a, _: world.approve(_who(a), fault="not signed by him"),
    "all approve": lambda world, *_: world.all_approve(),
    "unapprove": lambda world, a, _: world.unapprove(_who(a)),
    "break the glass": lambda world, a, b: world.glass(ALARMED[a % 3], "logins fail" if b else ""),
    "freeze": lambda world, a, _: world.freeze(_who(a)),
    "thaw": lambda world, a, _: world.thaw(_who(a)),
    "wait": lambda world, a, b: world.wait(a * 6 + b),
    "outage": lambda world, *_: world.outage(),
    "genesis": lambda world, *_: world.genesis(),
    "deploy": lambda world, a, _: world.deploy(a % 5),
    "go back": lambda world, a, _: world.go_back(a % 5),
}
"""Everything that may happen; the two numbers choose who, which and how."""
COURSE = ("good change", "all approve", "deploy", "go back")
"""What a day is made of; it comes as often as everything else together, or hardly anything would come through."""
