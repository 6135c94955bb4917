"""Databases that make downloads long."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from dashboard.exports.order import Order
from models.storage.database import Database
from tests.dashboard.exports.test_csv_text import _many
from tests.desk import catch_up, take_in

MANY = 6000
"""Rows of a large export."""


@pytest.fixture
def large(database: Database) -> Database:
    take_in(database, _many(MANY))
    catch_up(database)
    return database


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports whose query would take a minute."""

    def stream(_order: Order, db: Connection, **_options: Any) -> Iterator[str]:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_sleep(60)"))
        db.execute(
            text(
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                " SELECT max(x) FROM n WHERE x < 0 LIMIT 1"
            )
        )
        yield ""

    monkeypatch.setattr(Order, "stream", stream)
