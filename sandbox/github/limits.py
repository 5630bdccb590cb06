"""The primary rate limit: calls of one account within an hour, and the headers that tell about it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.github.errors import RefusalError

WINDOW = 3600
"""Seconds until an account's count starts afresh."""


@dataclass
class Window:
    """One account's hour."""

    ends: int
    used: int = 0


@dataclass
class RateLimit:
    """Counts calls by account. An answer 304 is given back, as GitHub does not count those."""

    limit: int
    clock: Callable[[], float] = time.time
    _windows: dict[str, Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, login: str) -> None:
        """Count one call.

        Raises:
            RefusalError: 403, the hour's calls are used up.
        """
        with self._lock:
            window = self._window(login)
            if window.used >= self.limit:
                raise RefusalError(403, f"API rate limit exceeded for {login or 'anonymous callers'}.")
            window.used += 1

    def give_back(self, login: str) -> None:
        """Uncount a call that was answered 304."""
        with self._lock:
            window = self._window(login)
            window.used = max(window.used - 1, 0)

    def state(self, login: str) -> dict[str, int]:
        """``limit``, ``remaining``, ``used`` and ``reset`` (seconds since the epoch)."""
        with self._lock:
            window = self._window(login)
            return {
                "limit": self.limit,
                "remaining": self.limit - window.used,
                "used": window.used,
                "reset": window.ends,
            }

    def headers(self, login: str) -> dict[str, str]:
        """``X-RateLimit-*``."""
        state = self.state(login) | {"resource": "core"}
        return {f"X-RateLimit-{name.title()}": str(value) for name, value in state.items()}

    def _window(self, login: str) -> Window:
        window = self._windows.get(login)
        if window is None or window.ends <= self.clock():
            window = self._windows[login] = Window(int(self.clock()) + WINDOW)
        return window
