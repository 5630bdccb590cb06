"""Whatever happens, in whatever order: production runs what staging has proved and enough people have approved.

And no history leads to where a good change can never come in again. A history that breaks either is shrunk to the
shortest one that does, and printed.
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.gate import decide
from tests.histories.moves import COURSE, MOVES
from tests.histories.world import World

HISTORIES = int(os.environ.get("HISTORIES", "5000"))
"""How many are played; `python -m bench histories` plays 100,000."""
MOMENT = st.tuples(
    st.one_of(st.sampled_from(COURSE), st.sampled_from(sorted(MOVES))), st.integers(0, 5), st.integers(0, 5)
)
MANY = settings(
    max_examples=HISTORIES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


@MANY
@given(st.integers(0, 15), st.booleans(), st.lists(MOMENT, min_size=10, max_size=40))
def test_histories(rules: int, older: bool, moments: list[tuple[str, int, int]]) -> None:
    """The witness never objects; then a good change is let in, by time and people alone."""
    world = World()
    world.rule(rules)
    if older:
        world.found_running()
    for move, first, second in moments:
        MOVES[move](world, first, second)
    world.calm_down()
    assert world.given
    decision = decide(world.given)
    assert decision.allowed, decision.text("prod", world.given.release.id)
