"""From the first release's database, with what it had derived, to this version's."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, select, text

from models import migrations
from models.ledger.deliveries import Delivery, keep, pending, some
from models.projector.replay import is_outdated, replay
from models.projector.rescoring import rescore, rescore_batch
from models.scoring import versions
from models.scoring.reasons.best import Best, best
from models.storage.database import Database
from models.tables import DERIVED, LEAD
from tests.desk import catch_up, eventually, exported, take_in
from tests.reference.streams import random_stream

FIRST = Path(__file__).parent / "first_release.json"
"""Every row of a database that version 0.1.0 made of the payloads and some more events: one set
aside, one with an unknown field, one that came twice, one not derived yet."""


@pytest.fixture
def first(database: Database) -> Database:
    """A database as the first release left it."""
    with database.write() as db:
        command.downgrade(migrations._config(db), "base")
        command.upgrade(migrations._config(db), "0001")
        tables = MetaData()
        tables.reflect(db)
        db.execute(tables.tables["projection"].delete())
        for name, rows in json.loads(FIRST.read_text(encoding="utf-8")).items():
            if rows:
                db.execute(tables.tables[name].insert(), [_bytes(row) for row in rows])
    return database


def _bytes(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for name, value in row.items()
    }


def test_what_a_new_version_derives_is_there_after_a_replay(
    first: Database, tmp_path: Path
) -> None:
    migrations.upgrade(first)
    assert is_outdated(first)
    replay(first)
    assert not is_outdated(first)
    assert _derived(first) == _derived(_taken_in_anew(first, tmp_path))


def test_until_then_what_comes_in_is_derived_and_shown(first: Database) -> None:
    migrations.upgrade(first)
    with first.read() as db:
        assert len(pending(db, 10)) == 1
    assert "Late" in exported(first)["leads"]


@pytest.mark.long_on("postgres")
def test_what_comes_in_meanwhile_is_no_reason_to_derive_again_later(
    first: Database, tmp_path: Path
) -> None:
    migrations.upgrade(first)
    catch_up(first)
    replay(first)
    assert replay(first).changed == {}
    assert _derived(first) == _derived(_taken_in_anew(first, tmp_path))


@pytest.mark.long_on("postgres")
def test_a_receiver_that_starts_on_it_derives_again_by_itself(
    first: Database, database_url: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    run("receiver", database_url=database_url)
    eventually(lambda: not is_outdated(first))
    assert _derived(first) == _derived(_taken_in_anew(first, tmp_path))


def test_a_new_database_has_nothing_to_derive_again(database: Database) -> None:
    assert not is_outdated(database)


NOW = 1_773_000_000_000

_BEFORE_REASONS, _RULES_BEFORE_REASONS = "0031", 6


def _without_reasons(database: Database) -> None:
    """Take it back to what the schema and rules before reasons had, and upgrade it."""
    with database.write() as db:
        command.downgrade(migrations._config(db), _BEFORE_REASONS)
        db.execute(text(f"UPDATE projection SET rules = {_RULES_BEFORE_REASONS}"))
    migrations.upgrade(database)


def _reasons(database: Database) -> dict[str, Best]:
    with database.read() as db:
        return best(db, list(db.execute(select(LEAD.c.key)).scalars()), NOW)


def test_lists_have_their_reasons_again_before_everything_is_derived_again(
    database: Database,
) -> None:
    take_in(database, random_stream(seed=11, size=200))
    catch_up(database)
    before, files = _reasons(database), exported(database)
    assert sum(one.reason is not None for one in before.values()) > 5
    _without_reasons(database)
    assert not any(one.reason for one in _reasons(database).values())
    assert exported(database) == files
    rescore(database)
    assert is_outdated(database)
    assert _reasons(database) == before
    assert exported(database) == files
    assert not rescore_batch(database), "it is done once"


@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_a_version_that_was_being_prepared_gets_reasons_too(
    database: Database, pieces: int
) -> None:
    take_in(database, random_stream(seed=11, size=200))
    catch_up(database)
    with database.read() as db:
        definition = versions.newest(db).text
    versions.save(database, definition.replace("half_life_days = 7", "half_life_days = 9"), "test")
    for _ in range(pieces):
        rescore_batch(database)
    _without_reasons(database)
    rescore(database)
    found = _reasons(database)
    replay(database)
    assert found == _reasons(database)
    assert sum(one.reason is not None for one in found.values()) > 5


def _taken_in_anew(first: Database, tmp_path: Path) -> Database:
    """The same deliveries in a database of this version."""
    database = Database(f"sqlite:///{tmp_path}/anew.db")
    migrations.upgrade(database)
    with first.read() as db:
        deliveries = some(db, "d.seq > :after", {"after": 0, "limit": 1000})
    kept = [Delivery(d.webhook_id, d.received_at, "1", "v1", d.body) for d in deliveries]
    keep(database, kept)
    catch_up(database)
    return database


def _derived(database: Database) -> dict[str, list[Any]]:
    catch_up(database)
    with database.read() as db:
        return {
            table.name: sorted(map(tuple, db.execute(select(table))), key=repr) for table in DERIVED
        }
