"""Whose an e-mail address is: the account's own, or a form that GitHub gives to those who hide theirs."""

import re

from sandbox.github.store import Database, Row

NOREPLY = re.compile(r"(?:(\d+)\+)?([^@+]+)@users\.noreply\.(?:github\.com|openim\.example)", re.IGNORECASE)
"""``ID+LOGIN@users.noreply.github.com``, and the older form without the id (GitHub, "Email addresses reference")."""


def account_of(db: Database, email: str) -> Row | None:
    """The account that commits under ``email``, None if nobody does."""
    row = db.one("SELECT * FROM accounts WHERE email = ? COLLATE NOCASE", email)
    form = NOREPLY.fullmatch(email)
    if row or not form:
        return row
    number, login = form.groups()
    if number:
        # The id counts: a login may have changed since.
        return db.one("SELECT * FROM accounts WHERE id = ?", int(number))
    return db.one("SELECT * FROM accounts WHERE login IN (?, ?)", login, f"{login}[bot]")
