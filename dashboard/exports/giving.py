"""An export with a memory: which rows it gives, and keeping in mind that it gave them."""

import json
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement

from models.sayings.given import ITEMS, Memory, Row, Since, digest, is_wanted, remember, was
from models.storage.database import Database

_AT_ONCE = 500
"""Rows remembered in one transaction: intake must not wait for all."""


class GivingError(RuntimeError):
    """Somebody gives under this name already; the message says so."""


class Giving:
    """What one export gives. Its rows lie on disk until the file is whole: then, and only then,
    they count as given.
    """

    def __init__(self, memory: Memory, since: Since, folder: Path | None = None) -> None:
        self._memory = memory
        self._since = since
        self._items = ITEMS[memory.export]
        self._given = tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115 - gone when nobody holds it

    @contextmanager
    def alone(self, database: Database) -> Iterator[None]:
        """Until what is given is remembered nobody else may give under this name: both would give
        the same. Raises `GivingError` when somebody does.
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
        """What to ask the database for before a row's own values."""
        return [was(self._memory), *self._items]

    def wanted(
        self, rows: Sequence[Sequence[Any]], fading: Collection[int] = ()
    ) -> Iterator[tuple[Row, Sequence[Any]]]:
        """Of rows that begin with `columns` those that go into the file, with their own values.

        Those at places in `fading` change by time alone, and make no row another.
        """
        begin = 1 + len(self._items)
        for row in rows:
            values = row[begin:]
            now = digest([value for place, value in enumerate(values) if place not in fading])
            if is_wanted(self._since, row[0], now):
                yield Row(tuple(row[1:begin]), now), values

    def note(self, row: Row) -> None:
        """Keep in mind that a row is in the file."""
        self._given.write(json.dumps(row) + "\n")

    def remember(self, database: Database) -> None:
        """The file is whole: what is in it was given. Raises SQLAlchemy's errors."""
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
