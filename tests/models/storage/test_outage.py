"""What the log tells of a database that does not work: the reason, never a secret."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from models.storage.database import Database
from models.storage.outage import Outage, log_fields, outage


def _refusal(url: str, statement: str = "SELECT 1") -> Outage:
    database = Database(url)
    with pytest.raises(SQLAlchemyError) as caught, database.write() as db:
        db.execute(text(statement))
    database.close()
    assert "hunter2" not in str(log_fields(caught.value))
    return outage(caught.value)


def test_a_wrong_name_user_or_password_is_told_from_an_outage(postgres_url: str) -> None:
    url = make_url(postgres_url)

    def of(other: URL) -> Outage:
        return _refusal(other.render_as_string(hide_password=False))

    nameless = of(url.set(database="nowhere"))
    assert (nameless.sqlstate, nameless.mend is None) == ("3D000", False)
    assert nameless.reason is not None
    assert 'database "nowhere" does not exist' in nameless.reason
    stranger = of(url.set(username="nobody", password="hunter2"))
    assert (stranger.sqlstate, stranger.mend is None) == ("28000", False)
    gone = _refusal("postgresql://ann:hunter2@127.0.0.1:1/desk")
    assert (gone.sqlstate, gone.mend) == (None, None)
    assert gone.reason is not None
    assert "Connection refused" in gone.reason


def test_a_password_refused_needs_a_hand() -> None:
    # The tests' server asks for none, so the driver's error is made by hand.
    said = outage(psycopg.OperationalError('FATAL: password authentication failed for user "a"'))
    assert (said.sqlstate, said.mend is None) == ("28P01", False)


def test_what_a_statement_failed_on_is_not_quoted(postgres_url: str) -> None:
    said = _refusal(postgres_url, "SELECT CAST('hunter2' AS int)")
    assert (said.sqlstate, said.reason) == ("22P02", None)


def test_a_file_that_is_no_database_needs_a_hand_and_a_locked_one_does_not(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann, this is no database, and long enough to be read as one." * 20)
    said = _refusal(f"sqlite:///{letter}")
    assert (said.sqlstate, said.mend is None) == ("SQLITE_NOTADB", False)
    busy = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    busy.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "busy.db", timeout=0).execute("CREATE TABLE t (a)")
    busy.close()
    assert outage(caught.value) == Outage(
        "OperationalError", "SQLITE_BUSY", "database is locked", None
    )
