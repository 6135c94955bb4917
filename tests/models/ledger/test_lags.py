"""Lags from receipt to commit: counted under bounds that they do not exceed."""

import sqlite3

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models.ledger.deliveries import Delivery, keep
from models.ledger.lags import HOUR_MS, Lags, add_lags, bound, place
from models.storage.database import Database
from models.tables import COMMIT_LAG


@pytest.mark.parametrize(
    ("lag_ms", "expected"),
    [(-5, 1), (0, 1), (1, 1), (4, 5), (8, 10), (10, 10), (11, 20), (71, 100), (HOUR_MS, 5_000_000)],
)
def test_a_bound_is_the_least_that_a_lag_does_not_exceed(lag_ms: int, expected: int) -> None:
    assert bound(lag_ms) == expected


def test_a_delivery_counts_in_the_hour_of_its_receipt() -> None:
    assert place(2 * HOUR_MS - 1, 2 * HOUR_MS + 40) == (HOUR_MS, 50)


def _written(database: Database) -> dict[tuple[int, int], int]:
    with database.read() as db:
        rows = db.execute(select(COMMIT_LAG))
        return {(row.hour, row.within_ms): row.deliveries for row in rows}


def test_counts_are_added_to_what_is_written(database: Database) -> None:
    for lags in ({(0, 1): 2, (0, 5): 1}, {(0, 5): 3, (HOUR_MS, 1): 4}):
        with database.write() as db:
            add_lags(db, Lags(lags))
    assert _written(database) == {(0, 1): 2, (0, 5): 4, (HOUR_MS, 1): 4}


def test_lags_are_written_in_the_transaction_that_keeps_deliveries(database: Database) -> None:
    broken = Delivery("w", None, "1", "v1,x", b"{}")  # type: ignore[arg-type] # refused on purpose
    with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
        keep(database, [broken], lags=Lags({(0, 1): 1}))
    assert _written(database) == {}
    keep(database, [Delivery("w", 5, "1", "v1,x", b"{}")], lags=Lags({(0, 1): 1}))
    assert _written(database) == {(0, 1): 1}
