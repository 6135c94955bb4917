"""What a reader takes for a database that is away, and what for a fault of its question."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.storage.database import Database
from models.storage.transient import is_lost


def _error(database: Database, statement: str) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as caught, database.read() as db:
        db.execute(text(statement))
    return caught.value


def test_tables_that_are_not_there_yet_come_by_themselves(database: Database) -> None:
    assert is_lost(_error(database, "SELECT 1 FROM of_a_later_release"))


@pytest.mark.parametrize(
    "statement",
    ["SELECT nothing_of_the_kind FROM lead", "SELEKT 1", "SELECT no_such_function(1) FROM lead"],
)
def test_a_question_that_is_wrong_is_a_fault(database: Database, statement: str) -> None:
    assert not is_lost(_error(database, statement))


def test_a_server_that_does_not_answer_is_away() -> None:
    nobody = Database("postgresql://nobody@127.0.0.1:1/none")
    assert is_lost(_error(nobody, "SELECT 1"))
    nobody.close()


def test_a_connection_that_breaks_is_away(postgres_url: str) -> None:
    database = Database(postgres_url)
    error = _error(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_lost(error)
    database.close()


def test_a_question_that_takes_too_long_is_a_fault(postgres_url: str) -> None:
    database = Database(postgres_url)
    slow = "SELECT set_config('statement_timeout', '50', true), pg_sleep(0); SELECT pg_sleep(5)"
    assert not is_lost(_error(database, slow))
    database.close()


def test_any_other_error_is_none_of_the_databases() -> None:
    assert not is_lost(KeyError("part"))
