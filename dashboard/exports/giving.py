"""An export with a memory: which rows it contains, and remembering them."""

import json
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement

from models.annotations.export_memory import (
    ITEMS,
    Memory,
    Row,
    Since,
    digest,
    is_wanted,
    remember,
    was,
)
from models.storage.database import Database

_AT_ONCE = 500
"""Rows remembered in one transaction: intake must not wait for all."""


class GivingError(RuntimeError):
    """Another export under this name is running; the message says so."""


class Giving:
    """The rows of one export with a memory. They are kept on disk until the file is complete: only
    then do they count as exported.
    """

    def __init__(self, memory: Memory, since: Since, folder: Path | None = None) -> None:
        self._memory = memory
        self._since = since
        self._items = ITEMS[memory.export]
        self._given = tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115 - gone when nobody holds it

    @contextmanager
    def alone(self, database: Database) -> Iterator[None]:
        """Until the rows are remembered, no other export under this name may run: both would
        contain the same. Raises `GivingError` if one does.
        """
        with database.alone(f"giving {self._memory.text}") as is_alone:
            if not is_alone:
                raise GivingError(
                    "another export under this name is running, and both would contain the same"
                    " rows. Try again when it is done"
                )
            yield

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """What to select before a row's own values."""
        return [was(self._memory), *self._items]

    def wanted(
        self, rows: Sequence[Sequence[Any]], fading: Collection[int] = ()
    ) -> Iterator[tuple[Row, Sequence[Any]]]:
        """Of rows that begin with `columns`, those that go into the file, with their own values.

        Values at places in `fading` change with time alone, and don't make a row count as changed.
        """
        begin = 1 + len(self._items)
        for row in rows:
            values = row[begin:]
            now = digest([value for place, value in enumerate(values) if place not in fading])
            if is_wanted(self._since, row[0], now):
                yield Row(tuple(row[1:begin]), now), values

    def note(self, row: Row) -> None:
        """Note that a row is in the file."""
        self._given.write(json.dumps(row) + "\n")

    def remember(self, database: Database) -> None:
        """The file is complete: remember what is in it. Raises SQLAlchemy's errors."""
        self._given.seek(0)
        some: list[Row] = []
        for line in self._given:
            item, now = json.loads(line)
            some.append(Row(tuple(item), now))
            if len(some) == _AT_ONCE:
                self._keep(database, some)
                some = []
        self._keep(database, some)
        self._given.close()

    def _keep(self, database: Database, rows: list[Row]) -> None:
        if rows:
            with database.write() as db:
                remember(db, self._memory, rows)
