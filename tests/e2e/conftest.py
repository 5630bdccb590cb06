"""The whole machine, once for all end-to-end tests: a copy of the checkout, `make demo`, `make down`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, copy_of, exported, run


@pytest.fixture(scope="session")
def machine(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The machine after its first `make demo`."""
    made = Machine(copy_of(root, tmp_path_factory.mktemp("e2e") / "checkout"))
    try:
        made.demo = run(["make", "demo"], made.root, {})
        assert made.demo.code == 0, made.demo.text
        made.variables = exported(run(["make", "-s", "env"], made.root, {}).text)
        yield made
    finally:
        run(["make", "down"], made.root, {})
