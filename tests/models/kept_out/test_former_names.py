"""People whom an earlier release forgot stay so, though their names are written otherwise now."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, text

from models import migrations
from models.facts.ignored import Ignoring
from models.personal_data.forgetting import forget_again
from models.projector.refresh import refresh
from models.storage.database import Database
from tests.desk import exported, take_in
from tests.models.people import visit

LEFT = Path(__file__).parent / "people_forgotten_by_0_1.json"
"""A database of release 0.1 and its file of names: Reda (`/in/r%C3%A9da/en`, `<Reda@Acme.com>`),
Eva (`eva@xn--mnchen-3ya.de`) and Zoe (`/in/zoe`) were forgotten, Bob was not, and `/in/zoe/en` was
taken for somebody else."""


@pytest.fixture(autouse=True)
def forgotten_file(database: Database) -> None:
    """The file of names as it was left."""
    database.forgotten_file.write_text(json.loads(LEFT.read_text())["file"])


@pytest.fixture
def left(database: Database) -> Database:
    """The database as it was left, and brought up to this version."""
    with database.write() as db:
        command.downgrade(migrations._config(db), "0012")
        tables = MetaData()
        tables.reflect(db)
        db.execute(tables.tables["projection"].delete())
        rows = json.loads(LEFT.read_text())["tables"]
        for table in tables.sorted_tables:
            if table.name in rows:
                db.execute(table.insert(), [_bytes(row) for row in rows[table.name]])
        if database.is_postgres:  # as if the rows had been numbered by it
            for name, key in (("delivery", "seq"), ("barred", "id")):
                last = f"(SELECT max({key}) FROM {name})"
                db.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), {last})")
                )
    migrations.upgrade(database)
    refresh(database, Ignoring())
    return database


def _bytes(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value["base64"]) if isinstance(value, dict) else value
        for name, value in row.items()
    }


def _leads(database: Database) -> list[str]:
    return [line.partition(",")[0] for line in exported(database)["leads"].splitlines()[1:]]


def test_who_is_found_to_be_a_forgotten_human_goes_with_the_upgrade(left: Database) -> None:
    assert _leads(left) == ["bob@acme.com"]


def test_a_former_name_bars_whatever_it_is_written_as_now(left: Database) -> None:
    take_in(
        left,
        [
            visit(11, "v-11", "s-11", url="https://www.linkedin.com/in/r%C3%A9da/en"),
            visit(12, "v-12", "s-12", "<reda@acme.com>"),
            visit(13, "v-13", "s-13", "Eva@xn--mnchen-3ya.de"),
            visit(14, "v-14", "s-14", url="linkedin.com/in/Zoe/details/skills"),
            visit(15, "v-15", "s-15", "dan@acme.com"),
        ],
    )
    assert _leads(left) == ["bob@acme.com", "dan@acme.com"]


def test_once_met_every_spelling_is_barred(left: Database) -> None:
    take_in(left, [visit(11, "v-11", "s-11", url="https://www.linkedin.com/in/r%C3%A9da/en")])
    assert _leads(left) == ["bob@acme.com"]
    take_in(left, [visit(12, "v-12", "s-12", url="https://linkedin.com/in/R\u00c9DA")])
    assert _leads(left) == ["bob@acme.com"]


def test_over_a_restored_backup_they_are_forgotten_again(database: Database) -> None:
    take_in(
        database,
        [
            visit(1, "v-1", "s-1", url="https://www.linkedin.com/in/r%C3%A9da/en"),
            visit(2, "v-2", "s-2", "eva@xn--mnchen-3ya.de"),
            visit(3, "v-3", "s-3", "dan@acme.com"),
        ],
    )
    assert len(_leads(database)) == 3
    forget_again(database, Ignoring())
    assert _leads(database) == ["dan@acme.com"]
