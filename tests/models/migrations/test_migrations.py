"""One schema history for both databases, safe to apply by several processes at once."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex
from sqlmodel import SQLModel

from models import migrations
from models.migrations import SchemaTooNewError
from models.storage.database import Database
from models.tables import LEAD_SCORE


def test_models_and_migrations_do_not_drift(database: Database) -> None:
    with database.read() as db:
        opts = {"compare_type": True, "include_object": _is_of(db.dialect.name)}
        context = MigrationContext.configure(db, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []


def _is_of(dialect: str) -> Callable[..., bool]:
    """Whether a thing of the models is one that this database gets."""

    def is_wanted(thing: Any, _name: object, kind: str, *_: object) -> bool:
        return kind != "index" or thing.info.get("dialect", dialect) == dialect

    return is_wanted


def test_an_index_of_an_expression_is_the_models_own(database: Database) -> None:
    # Of these SQLAlchemy can't tell what they are of, so the test above passes over them.
    (index,) = (one for one in LEAD_SCORE.indexes if one.name == "ix_lead_score_fit")
    with database.read() as db:
        is_sqlite = db.dialect.name == "sqlite"
        where = "sqlite_master WHERE name" if is_sqlite else "pg_indexes WHERE indexname"
        column = "sql" if is_sqlite else "indexdef"
        migrated = str(
            db.execute(text(f"SELECT {column} FROM {where} = '{index.name}'")).scalar_one()
        )
    # Postgres writes the number as a cast text.
    plain = migrated.lower().replace("'-1'::integer", "-1").replace("(-1)", "-1").replace('"', "")
    assert "(version, coalesce(fit, -1), lead" in plain, migrated
    assert "coalesce(fit, -1)" in str(CreateIndex(index).compile(dialect=sqlite.dialect()))


def test_what_migrations_undo_leaves_nothing_behind(database: Database) -> None:
    with database.write() as db:
        command.downgrade(migrations._config(db), "base")
    with database.read() as db:
        assert set(inspect(db).get_table_names()) <= {"alembic_version"}


def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    errors: list[BaseException] = []

    def upgrade() -> None:
        database = Database(url)
        try:
            migrations.upgrade(database)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert migrations.is_current(Database(url))


def test_a_database_of_a_newer_version_is_refused_in_words(database: Database) -> None:
    with database.write() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNewError, match="newer version of Visitor Desk"):
        migrations.upgrade(database)


def test_sqlite_keeps_what_it_answered_through_a_power_cut(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as db:
        found = {
            name: db.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_new_sqlite_file_is_only_for_its_owner(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/fresh/desk.db")
    migrations.upgrade(database)
    files = [*(tmp_path / "fresh").glob("desk.db"), *(tmp_path / "fresh").glob("desk.db-*")]
    assert len(files) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("columns", "table"),
    [
        (["heard_at", "key"], "lead"),
        (["last_seen", "key"], "lead"),
        (["company_key", "last_seen", "first_seen", "sessions", "pageviews"], "lead"),
        (["company_name", "last_seen"], "lead"),
        (["folded_utm_campaign", "last_activity"], "session"),
        (["last_activity", "sid"], "session"),
    ],
)
def test_reads_to_come_have_their_index(database: Database, columns: list[str], table: str) -> None:
    with database.read() as db:
        indexes = [index["column_names"] for index in inspect(db).get_indexes(table)]
    assert columns in indexes
