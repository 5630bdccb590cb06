"""Takes known secrets out of everything that is shown, in each form in which they may stand somewhere.

The engine writes ``[secret]`` for what it knows to be secret. This is for what reached a plain value all the same.
"""

import base64
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

HIDDEN = "[secret]"
SHORTEST = 6
"""Characters. A shorter one would take half of every text with it."""
LONG_LINE = 16
"""Characters of a line of a secret of several lines that is hidden also where it stands alone."""
SENSITIVE = frozenset(
    ("clientsecret", "encryptedvalue", "passphrase", "password", "plaintextvalue", "privatekey", "secret", "token")
)
"""Keys whose text is a secret wherever they stand, in lower case."""


class Mask:
    """Hides a set of secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def data(self, data: Any) -> Any:
        """``data`` with every key and text masked."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.text(str(key)): self._value(str(key), value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.data(one) for one in data]
        return data

    def _value(self, key: str, value: Any) -> Any:
        hidden = isinstance(value, str) and value and key.lower() in SENSITIVE
        return HIDDEN if hidden else self.data(value)


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= LONG_LINE)
