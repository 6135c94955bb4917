"""Replay rebuilds what is derived, changes nothing that was right, and disturbs nobody."""

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Table, select, text
from sqlalchemy.exc import OperationalError

from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.projection.interpreting import interpret
from models.projection.projecting import Projected, project
from models.projector import replay as replaying
from models.projector.deriving import derive_batch, replay_quarantined
from models.projector.rebuilt import LOOKED_UP, REPLAY_LOCK, ReplayRunsError
from models.projector.replay import replay
from models.storage.database import Database
from models.tables import DERIVED, LEAD_WORD, STAKE
from tests.desk import exported, take_in
from tests.reference.streams import random_stream, without_conflicts


def _version(database: Database) -> int:
    with database.read() as db:
        return int(db.execute(text("SELECT version FROM projection")).scalar_one())


@pytest.fixture
def filled(database: Database) -> Database:
    take_in(database, without_conflicts(random_stream(11, 600)))
    exported(database)
    return database


def test_replay_writes_nothing_when_nothing_was_wrong(filled: Database) -> None:
    version = _version(filled)
    result = replay(filled)
    assert (result.changed, _version(filled)) == ({}, version)


def test_replay_mends_rows_that_were_changed_removed_or_made_up(filled: Database) -> None:
    right = exported(filled)
    with filled.write() as db:
        db.execute(text("UPDATE lead SET full_name = 'Somebody Else'"))
        db.execute(text("DELETE FROM session WHERE sid < 's2'"))
        db.execute(text("INSERT INTO visitor (vid) VALUES ('nobody')"))
    assert exported(filled) != right
    version = _version(filled)
    assert "visitor" in replay(filled).changed
    assert exported(filled) == right
    assert _version(filled) > version


def test_replay_mends_tables_that_are_nothing_but_keys(filled: Database) -> None:
    with filled.read() as db:
        words, stakes = (_keys(db, table) for table in (LEAD_WORD, STAKE))
    with filled.write() as db:
        db.execute(text("DELETE FROM lead_word WHERE lead > 'm'"))
        db.execute(text("INSERT INTO lead_word (word, lead) VALUES ('made', 'up')"))
        db.execute(text("INSERT INTO stake (target, rank) VALUES ('made', 'up')"))
    assert replay(filled).changed.keys() >= {"lead_word", "stake"}
    with filled.read() as db:
        assert (_keys(db, LEAD_WORD), _keys(db, STAKE)) == (words, stakes)
    assert replay(filled).changed == {}


def _keys(db: Connection, table: Table) -> set[tuple[str, ...]]:
    return {tuple(row) for row in db.execute(select(*table.primary_key))}


@pytest.mark.parametrize(
    "wrong", ["full_name = NULL", "email_kind = 7", "last_touched_at = NULL, utm_source = 'x'"]
)
def test_replay_sees_a_null_that_is_wrong_and_one_that_is_missing(
    filled: Database, wrong: str
) -> None:
    right = exported(filled)
    with filled.write() as db:
        changed = db.execute(text(f"UPDATE lead SET {wrong}")).rowcount
    assert 0 < replay(filled).changed["lead"] <= changed
    assert exported(filled) == right


@pytest.mark.long_on("postgres")
def test_a_body_that_is_damaged_stops_the_replay_before_it_changes_anything(
    filled: Database,
) -> None:
    before = exported(filled)
    with filled.write() as db:
        damaged = "UPDATE delivery SET body = substr(body, 1, 20) WHERE seq = 3"
        assert db.execute(text(damaged)).rowcount == 1
    with pytest.raises(zlib.error):
        replay(filled)
    with replaying.reading_process() as reader, pytest.raises(zlib.error):
        replay(filled, reader=reader)
    assert exported(filled) == before


def test_the_indexes_that_replay_keeps_are_there() -> None:
    assert {index.name for table in DERIVED for index in table.indexes} >= LOOKED_UP


@pytest.mark.long_on("postgres")
def test_bodies_read_ahead_by_another_process_give_the_same(filled: Database) -> None:
    right = exported(filled)
    with filled.write() as db:
        db.execute(text("DELETE FROM session"))
    with replaying.reading_process() as reader:
        mended = replay(filled, reader=reader, batch=150)
        again = replay(filled, reader=reader, batch=150)
    assert (exported(filled), "session" in mended.changed, again.changed) == (right, True, {})


def test_replay_includes_what_waits_and_what_comes_in_meanwhile(filled: Database) -> None:
    late = [d for d in random_stream(12, 200) if d.webhook_id.startswith("msg")]
    take_in(filled, late[:100])

    def meanwhile(_done: int, _total: int) -> None:
        if rest := late[100:]:
            late[100:] = []
            take_in(filled, rest)

    result = replay(filled, meanwhile)
    with filled.read() as db:
        counts = [
            db.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("delivery", "pending")
        ]
    assert counts == [result.deliveries, 0]
    assert replay(filled).changed == {}


def test_readers_see_the_old_state_until_the_new_one_is_whole(filled: Database) -> None:
    with filled.write() as db:
        db.execute(text("UPDATE lead SET full_name = 'Old'"))
    seen: set[int] = set()

    def look(_done: int, _total: int) -> None:
        with filled.read() as db:
            sql = "SELECT count(*) FROM lead WHERE full_name IS NULL OR full_name <> 'Old'"
            seen.add(int(db.execute(text(sql)).scalar_one()))

    replay(filled, look, batch=50)
    assert seen == {0}


def test_a_replay_that_fails_half_way_leaves_everything_as_it_was(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.write() as db:
        db.execute(text("UPDATE lead SET full_name = 'Old'"))
    before = exported(filled)

    def swap_then_fail(*parts: object, **more: object) -> dict[str, int]:
        swap(*parts, **more)  # type: ignore[arg-type] # passed on as they came
        raise RuntimeError("the power went")

    swap = replaying._swap
    monkeypatch.setattr(replaying, "_swap", swap_then_fail)
    with pytest.raises(RuntimeError, match="power"):
        replay(filled)
    assert exported(filled) == before
    monkeypatch.undo()
    assert "lead" in replay(filled).changed


def test_only_one_replay_runs_at_a_time(filled: Database) -> None:
    other = threading.Event()
    refused: list[Exception] = []

    def second(_done: int, _total: int) -> None:
        if not other.is_set():
            other.set()
            try:
                replay(filled)
            except ReplayRunsError as error:
                refused.append(error)

    replay(filled, second)
    assert len(refused) == 1


def test_quarantined_deliveries_are_derived_after_a_fix(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = without_conflicts(random_stream(13, 60))

    @contextmanager
    def broken() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr("models.projection.interpreting.facts", lambda *_: 1 / 0)
            yield

    with broken():
        take_in(database, deliveries)
        while (derived := derive_batch(database, Ignoring())) and derived.deliveries:
            pass
    with database.read() as db:
        errors = db.execute(text("SELECT DISTINCT error FROM quarantine")).scalars().all()
    assert "failed to derive: ZeroDivisionError" in errors
    tried, left = replay_quarantined(database, Ignoring())
    assert tried > left
    right = exported(database)
    assert replay(database).changed == {}
    assert exported(database) == right


def test_a_delivery_whose_rows_the_database_refuses_is_set_aside_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = without_conflicts(random_stream(14, 40))
    take_in(database, deliveries)
    with database.read() as db:
        readable = interpret(ledger.pending(db, 100)).facts
    poison = readable[len(readable) // 2].webhook_id

    def refusing(db: object, batch: object) -> Projected:
        if any(fact.webhook_id == poison for fact in batch.facts):  # type: ignore[attr-defined] # a Batch
            raise OverflowError("too large for a column")
        return project(db, batch)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr("models.projector.deriving.project", refusing)
    text_of = exported(database)["quarantine"]
    assert f"{poison}," in text_of
    assert "the database refused what it says: OverflowError" in text_of
    assert text_of.count("the database refused") == 1


def test_one_quarantined_delivery_is_derived_again_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = without_conflicts(random_stream(15, 20))
    with monkeypatch.context() as patch:
        patch.setattr("models.projection.interpreting.facts", lambda *_: 1 / 0)
        take_in(database, deliveries)
        while (derived := derive_batch(database, Ignoring())) and derived.deliveries:
            pass
    aside = text(
        "SELECT webhook_id FROM quarantine WHERE error LIKE '%ZeroDivision%' ORDER BY webhook_id"
    )
    with database.read() as db:
        one, *others = db.execute(aside).scalars()
    assert replay_quarantined(database, Ignoring(), one) == (1, 0)
    with database.read() as db:
        assert list(db.execute(aside).scalars()) == others


def test_a_replay_that_lost_its_lock_changes_nothing(postgres_url: str) -> None:
    database = Database(postgres_url)
    take_in(database, without_conflicts(random_stream(16, 60)))
    exported(database)
    with database.write() as db:
        db.execute(text("UPDATE lead SET full_name = 'Old'"))
    before = exported(database)

    def lose_it(_done: int, _total: int) -> None:
        sql = (
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = :key"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with database.read() as db:
            db.execute(text(sql), {"key": REPLAY_LOCK})

    with pytest.raises(OperationalError):
        replay(database, lose_it)
    assert exported(database) == before
    database.close()
