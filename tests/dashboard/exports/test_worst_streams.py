"""Every export and preset of the worst streams is a file that any program reads."""

import csv
import io
import re
from collections.abc import Iterator

import pytest

from dashboard.exports.order import Order
from dashboard.exports.presets.presets import PRESETS
from models import migrations
from models.exports.columns import EXPORTS
from models.storage.database import Database
from tests.desk import catch_up, take_in, this_moment
from tests.reference.streams import random_stream

_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|\+[0-9]{7,15}")
_MARKS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize(
    ("name", "preset"),
    [(name, None) for name in EXPORTS] + [(one.table, key) for key, one in PRESETS.items()],
)
def test_the_worst_streams_give_files_that_any_program_reads(
    worst: Database, name: str, preset: str | None
) -> None:
    order = Order.parse(name, {"preset": preset}, this_moment())
    with worst.read() as db:
        header, *rows = csv.reader(io.StringIO("".join(order.stream(db)), newline=""))
    assert all(len(row) == len(header) for row in rows)
    for cell in (cell for row in rows for cell in row if not _NUMBER.fullmatch(cell)):
        assert cell not in {"nan", "inf", "-inf", "None"}  # as Python writes what is no number
        assert not any(part.startswith(_MARKS) for part in re.split(r"[;\t\r\n]", cell))
    for column, cell in (
        (column, cell) for row in rows for column, cell in zip(header, row, strict=True)
    ):
        assert not re.fullmatch(r"-?[0-9]+\.0", cell)
        assert "mail" not in column.lower() or not _UNSEEN.search(cell)


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of some hundred deliveries that hit the hard cases."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('worst')}/worst.db")
    migrations.upgrade(database)
    take_in(database, random_stream(7, 1000))
    catch_up(database)
    yield database
    database.close()
