"""From the first release's database, with what it had derived, to this version's."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, select

from models import migrations
from models.ledger.deliveries import Delivery, keep, pending, some
from models.projector.replay import is_outdated, replay
from models.storage.database import Database
from models.tables import DERIVED
from tests.desk import catch_up, eventually, exported

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
