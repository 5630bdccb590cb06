"""Where a line stands in a patch."""

import pytest

from sandbox.github.diff_views import position

PATCH = "@@ -1,3 +1,3 @@\n one\n-two\n+deux\n three\n@@ -10 +10,2 @@ func x\n ten\n+eleven"


@pytest.mark.parametrize(
    ("line", "side", "place"),
    [
        (1, "RIGHT", 1),
        (2, "LEFT", 2),
        (2, "RIGHT", 3),
        (3, "LEFT", 4),
        (10, "RIGHT", 6),
        (11, "RIGHT", 7),
        (5, "RIGHT", None),
    ],
)
def test_positions(line, side, place):
    """Counted from the first hunk's header on, later headers included, by the numbers of the side asked for."""
    assert position(PATCH, line, side) == place
