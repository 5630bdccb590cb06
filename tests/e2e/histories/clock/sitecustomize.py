"""On the path of Python programs whose clock is to be wrong: the project's own clock is some seconds ahead there.

Only that one, ``delivery.ledger.now``: deadlines of the libraries below it are absolute times too, and would be waited
for.
"""

import importlib.abc
import importlib.util
import os
import sys
from datetime import datetime, timedelta, tzinfo
from importlib.machinery import ModuleSpec

CLOCK = "delivery.ledger"
AHEAD = timedelta(seconds=float(os.environ.get("HISTORY_AHEAD") or 0))


class Wrong(datetime):
    """Tells another time."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + AHEAD


class Finder(importlib.abc.MetaPathFinder):
    """Puts the wrong clock into the one module that asks it, before anybody uses that."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != CLOCK:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(CLOCK)
        execute = spec.loader.exec_module

        def executed(module: object) -> None:
            execute(module)
            module.datetime = Wrong

        spec.loader.exec_module = executed
        return spec


sys.meta_path.insert(0, Finder())
