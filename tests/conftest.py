"""What every test may ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain.tools import tool as find_tool

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """The executable of a tool, by its name."""
    return find_tool
