"""The one SQLite file: connections, transactions, and rows as plain dictionaries."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SCHEMA = Path(__file__).with_name("schema.sql")
VERSION = 3
"""Counts the changes of the schema that ``CREATE TABLE IF NOT EXISTS`` cannot catch up with."""
BUSY_TIMEOUT = 20.0
"""Seconds that a writer waits for another before it fails; writes last milliseconds."""


class OldStateError(Exception):
    """The state on disk is another version's."""


class Database:
    """One open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._before = connection.total_changes

    @property
    def changed(self) -> bool:
        """Whether the transaction has written anything so far."""
        return self._connection.total_changes != self._before

    def all(self, sql: str, *values: object) -> list[Row]:
        """Every row of a query."""
        return [dict(row) for row in self._connection.execute(sql, values)]

    def one(self, sql: str, *values: object) -> Row | None:
        """The first row of a query, None without one."""
        row = self._connection.execute(sql, values).fetchone()
        return dict(row) if row else None

    def count(self, sql: str, *values: object) -> int:
        """The number that a counting query gives."""
        return int(self._connection.execute(sql, values).fetchone()[0])

    def run(self, sql: str, *values: object) -> int:
        """Change something; the number of rows that it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **columns: object) -> int:
        """Add a row; its id. Table and column names come from the code, never from a request."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        return int(self._connection.execute(sql, tuple(columns.values())).lastrowid or 0)

    def update(self, table: str, row: int, **columns: object) -> None:
        """Change columns of the row whose id is ``row``."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*columns.values(), row))  # noqa: S608


class Store:
    """The file; one connection for each thread that asks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._check_version()
        self._connection().executescript(f"{SCHEMA.read_text()}; PRAGMA user_version = {VERSION}")

    def _check_version(self) -> None:
        """Refuse state that an older stand-in left."""
        connection = self._connection()
        [[version]] = connection.execute("PRAGMA user_version")
        [[tables]] = connection.execute("SELECT count(*) FROM sqlite_master")
        if tables and version != VERSION:
            raise OldStateError(
                f"{self._path} is of version {version}, this stand-in needs {VERSION}: stop the sandbox, "
                f"delete {self._path.parent} and start it again; it is filled anew"
            )

    @contextmanager
    def transaction(self, write: bool) -> Iterator[Database]:
        """All or nothing: commits at the end, rolls back on any error."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield Database(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT, isolation_level=None)
            connection.row_factory = sqlite3.Row
            # WAL survives a killed process whole; synchronous=NORMAL gives up only a power cut's last moments.
            connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON")
            self._local.connection = connection
        return connection


def now() -> str:
    """The time as GitHub writes it, in whole seconds of UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dump(value: object) -> str:
    """A JSON column's text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def load(text: str) -> Any:
    """A JSON column's value."""
    return json.loads(text)
