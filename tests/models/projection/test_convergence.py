"""The derived tables are a function of the set of deliveries, on both databases."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from models import migrations
from models.facts.ignored import Ignoring
from models.projector.deriving import derive_batch
from models.storage.database import Database
from models.tables import DERIVED
from tests.desk import expected, exported, take_in, without_errors
from tests.effort import IS_FULL, examples
from tests.reference.events import Delivery
from tests.reference.streams import random_stream, streams, without_conflicts


def _emptied(database: Database) -> Database:
    """The same database without any rows: making a new one for each example takes longer."""
    with database.write() as db:
        for name in ("pending", "repeat", "delivery", *(t.name for t in DERIVED)):
            db.execute(text(f'DELETE FROM "{name}"'))
    return database


def _in_pieces(database: Database, deliveries: list[Delivery], pieces: random.Random) -> None:
    """Take deliveries in and derive them, some at a time, some of them twice."""
    rest = list(deliveries)
    while rest:
        size = pieces.randint(1, 6)
        some, rest = rest[:size], rest[size:]
        take_in(database, [*some, *pieces.sample(some, pieces.randint(0, len(some)))])
        if pieces.random() < 0.7:
            derive_batch(database, Ignoring(), limit=pieces.randint(1, 10))


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=streams(), order=st.randoms(use_true_random=False))
def test_any_order_split_and_duplication_gives_what_the_reference_gives(
    database: Database, stream: list[Delivery], order: random.Random
) -> None:
    deliveries = without_conflicts(stream)
    want = expected(deliveries)
    order.shuffle(deliveries)
    _in_pieces(_emptied(database), deliveries, order)
    assert without_errors(exported(database)) == want


@pytest.mark.parametrize("seed", [1, 2] if IS_FULL else [1])
@pytest.mark.long_on("postgres")
def test_a_long_stream_gives_what_the_reference_gives(database: Database, seed: int) -> None:
    deliveries = without_conflicts(random_stream(seed, 2500))
    random.Random(seed).shuffle(deliveries)
    take_in(database, deliveries)
    assert without_errors(exported(database)) == expected(deliveries)


def test_both_databases_give_the_same_bytes(sqlite_url: str, postgres_url: str) -> None:
    deliveries = without_conflicts(random_stream(3, 800 if IS_FULL else 300))
    results = []
    for url, seed in ((sqlite_url, 1), (postgres_url, 2)):
        database = Database(url)
        random.Random(seed).shuffle(deliveries)
        _in_pieces(database, deliveries, random.Random(seed))
        results.append(exported(database))
        database.close()
    assert results[0] == results[1]


@pytest.mark.long_on("postgres")
def test_the_whole_tables_converge_not_only_what_is_exported(
    database_url: str, tmp_path: Path
) -> None:
    deliveries = without_conflicts(random_stream(4, 400))
    tables = []
    for number, seed in enumerate((1, 2)):
        database = Database(database_url) if number == 0 else Database(f"sqlite:///{tmp_path}/b.db")
        migrations.upgrade(database)
        random.Random(seed).shuffle(deliveries)
        _in_pieces(database, deliveries, random.Random(seed))
        exported(database)
        tables.append(_dump(database))
        database.close()
    assert tables[0] == tables[1]


def _dump(database: Database) -> dict[str, set[tuple[object, ...]]]:
    with database.read() as db:
        return {table.name: {tuple(row) for row in db.execute(table.select())} for table in DERIVED}
