"""The benchmark at a tiny size: what is loaded is what a receiver makes, every part measures."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from models.projection.summaries import sum_up
from models.projector.replay import replay
from models.storage.database import Database
from models.tables import (
    DELIVERY,
    LEAD,
    LEAD_SCORE,
    PAGE_EVENT,
    SESSION,
    SESSION_DAY,
    SESSION_POINTS,
)
from tests.bench import __main__ as bench
from tests.bench import export, live, report, rows, start
from tests.bench import replay as replaying
from tests.bench.loaded import copies, loader
from tests.bench.loaded.history import SPAN_MS, history
from tests.bench.peers.peers import fresh_database
from tests.bench.report import Row
from tests.bench.ringing import deriving, lines, sending
from tests.bench.scoring import deriving as scored
from tests.bench.scoring import lines as scored_lines
from tests.bench.scoring import previewing, rescoring
from tests.bench.screens import reads
from tests.bench.screens.clocked import clocked
from tests.bench.stream import prepare
from tests.desk import exported

END_MS = 1_790_000_000_000
SESSIONS = 400


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loader.sqlite_file(SESSIONS, tmp_path_factory.mktemp("loaded"))


@pytest.fixture(params=["sqlite", "postgres"])
def loaded(request: pytest.FixtureRequest, file: Path, tmp_path: Path) -> Iterator[str]:
    """URL of a loaded database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'copy.db'}"
        loader.load(SESSIONS, url, file.parent)
        yield url
        return
    with fresh_database(request.getfixturevalue("postgres"), tmp_path) as url:
        loader.load(SESSIONS, url, file.parent)
        yield url


def test_the_same_history_is_told_again() -> None:
    one, other = (list(history(60, seed=3, end_ms=END_MS)) for _ in range(2))
    assert one == other


def test_a_history_is_in_order_and_within_its_two_years() -> None:
    times = [scheduled.at_ms for scheduled in history(200, seed=3, end_ms=END_MS)]
    assert times == sorted(times)
    assert END_MS - SPAN_MS <= times[0] <= times[-1] <= END_MS


def test_one_person_comes_far_more_often_than_others(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with database.read() as db:
        most, total = db.execute(select(func.max(LEAD.c.sessions), func.count())).one()
        sessions = db.execute(select(func.count()).select_from(SESSION)).scalar_one()
    database.close()
    assert abs(sessions - SESSIONS) < 0.1 * SESSIONS
    assert most > 3 * sessions / total


def test_loaded_tables_are_what_replay_makes_of_the_ledger(loaded: str) -> None:
    database = Database(loaded)
    replayed = replay(database)
    database.close()
    assert (replayed.deliveries > SESSIONS, replayed.changed) == (True, {})


def test_both_databases_are_loaded_with_the_same(loaded: str, file: Path) -> None:
    database, source = Database(loaded), Database(f"sqlite:///{file}")
    try:
        assert exported(database) == exported(source)
        with database.read() as db, source.read() as same:
            bodies = select(DELIVERY.c.webhook_id, DELIVERY.c.body).order_by(DELIVERY.c.seq)
            assert list(db.execute(bodies)) == list(same.execute(bodies))
    finally:
        database.close()
        source.close()


def test_a_loaded_database_has_its_days_summed_up(loaded: str) -> None:
    database = Database(loaded)
    with database.read() as db:
        days = db.execute(select(func.count()).select_from(SESSION_DAY)).scalar_one()
    assert (days > 500, sum_up(database)) == (True, 0)
    database.close()


def test_new_deliveries_can_follow_in_a_loaded_database(loaded: str) -> None:
    database = Database(loaded)
    with database.write() as db:
        columns = "webhook_id, received_at, webhook_timestamp, webhook_signature, size, body"
        db.execute(text(f"INSERT INTO delivery ({columns}) VALUES ('new', 1, '1', 'v1', 0, '')"))
        newest = select(DELIVERY.c.webhook_id).order_by(DELIVERY.c.seq.desc()).limit(1)
        assert db.execute(newest).scalar() == "new"
    database.close()


def test_a_database_that_is_not_empty_is_not_loaded(loaded: str, file: Path) -> None:
    with pytest.raises(ValueError, match=r"exists already|is not empty"):
        loader.load(SESSIONS, loaded, file.parent)


def test_the_clock_counts_a_statement_until_its_last_row(database: Database) -> None:
    clock = clocked(database.engine)
    many = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " SELECT i FROM n"
    )
    with database.read() as db:
        clock.restart()
        assert len(db.execute(many).all()) == 20_000
    (counted,) = [its for its in clock.statements if "RECURSIVE" in its.sql]
    assert counted.cpu_ms > 0.5
    assert counted.ms > 0.9 * counted.cpu_ms  # two clocks, read one after the other


def test_every_view_of_every_screen_opens(file: Path) -> None:
    with reads.desk(f"sqlite:///{file}") as (clock, views):
        faults = {(view.screen, view.name): reads.Opened(view).look() for view in views}
    assert {view: fault for view, fault in faults.items() if fault} == {}
    assert len(faults) == len(views) > 60
    assert clock.ms > 0


def test_a_page_half_way_down_is_not_the_first(file: Path) -> None:
    with reads.desk(f"sqlite:///{file}") as (clock, views):
        for view in views:
            if view.name == "half-way down":
                clock.restart()
                reads.Opened(view).look()
                asked = [its.parameters for its in clock.statements if " < (" in its.sql]
                assert asked, view.screen


def test_what_a_view_takes_is_told(file: Path) -> None:
    read = next(reads.read_all(f"sqlite:///{file}", enough_s=0))
    assert (read.view.name, len(read.first), len(read.again)) == ("feed", 2, 2)
    assert read.first_p95 >= read.slowest.ms > 0


def test_the_databases_own_tool_writes_the_same_export(loaded: str, tmp_path: Path) -> None:
    measured = export.measure("sessions", loaded, tmp_path, rounds=1)
    assert abs(measured.rows - SESSIONS) < 0.1 * SESSIONS
    assert (measured.rate > 0, list(tmp_path.glob("*.csv"))) == (True, [])


def test_a_replay_is_measured_next_to_the_intake_of_the_same(tmp_path: Path) -> None:
    measured = replaying.measure(prepare(300, "rich"), 60, None, tmp_path)
    assert (measured.deliveries, measured.rate > 0, measured.intake_rate > 0) == (300, True, True)


def test_rows_are_seen_on_the_screen_beside_others(tmp_path: Path, sqlite_url: str) -> None:
    measured = live.shown(sqlite_url, tmp_path, rate=20, probes=2)
    assert all(0 < ms < 10_000 for ms in measured.ms)
    (watched,) = live.watched(sqlite_url, tmp_path, viewers=(3,), seconds=1)
    assert (watched.viewers, watched.memory > 0) == (3, True)


def test_what_rules_cost_is_told(tmp_path: Path) -> None:
    derived = deriving.measure(None, tmp_path, 120)
    assert all(derived.ms[rules] and derived.mean(rules) > 0 for rules in deriving.RULES)
    assert [row.peer for row in lines.of_deriving(derived)] == ["none", "none"]


def test_a_loaded_database_is_made_larger(file: Path, tmp_path: Path) -> None:
    source = tmp_path / file.name
    source.write_bytes(file.read_bytes())
    few, many = (Database(f"sqlite:///{one}") for one in (file, copies.sqlite_file(500, source)))
    with few.read() as db, many.read() as larger:
        times = -(-500 // db.execute(select(func.count()).select_from(LEAD)).scalar_one())
        for table in (LEAD, LEAD_SCORE, SESSION, PAGE_EVENT, SESSION_POINTS):
            count = select(func.count()).select_from(table)
            assert larger.execute(count).scalar_one() == times * db.execute(count).scalar_one()
        intents = select(LEAD_SCORE.c.intent_key).distinct().order_by(LEAD_SCORE.c.intent_key)
        assert list(larger.execute(intents)) == list(db.execute(intents))
    assert times > 1
    few.close()
    many.close()


def test_what_scores_cost_is_told(tmp_path: Path) -> None:
    derived = scored.measure(None, tmp_path, 120)
    assert len(derived.scored) == len(derived.bare) > 0
    assert scored_lines.of_deriving(derived).peer == "without"


def test_a_preview_and_a_new_version_are_timed(loaded: str, tmp_path: Path) -> None:
    previewed = previewing.measure(loaded)
    assert previewed.leads == previewed.sample > 50
    rescored = rescoring.measure(loaded, tmp_path, probes=1, rate=5)
    assert (rescored.leads, rescored.seconds > 0) == (previewed.leads, True)
    assert rescored.before.shown
    assert rescored.before.answers or rescored.beside.answers


@pytest.mark.parametrize(("rate", "away"), [(20, 0), (0, 100)])
def test_messages_are_timed(sqlite_url: str, tmp_path: Path, rate: int, away: int) -> None:
    rang = sending.rang(sqlite_url, tmp_path, rate=rate, away=away, probes=2)
    assert all(0 <= ms < 30_000 for ms in rang.ms)


def test_messages_a_second_are_counted(sqlite_url: str, tmp_path: Path) -> None:
    assert sending.messages_a_second(sqlite_url, tmp_path, 300) > 0


def test_start_and_size_are_told() -> None:
    (seconds,) = start.up_seconds(1)
    installed = start.installed_mb()
    assert seconds > 0
    assert list(islice(installed.values(), 2)) == sorted(installed.values(), reverse=True)[:2]


def test_a_part_that_breaks_spoils_no_other(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[str] = []

    def breaks(url: str, **_how: object) -> None:
        Path(f"{url.removeprefix('sqlite:///')}-wal").touch()
        raise OSError("broke")

    def looks(_name: str, url: str, *_how: object) -> None:
        place = Path(url.removeprefix("sqlite:///"))
        found.extend(left.name for left in place.parent.glob(f"{place.name}*"))
        raise OSError("broke, too")

    monkeypatch.setattr(loader, "sqlite_file", lambda *_: file)
    monkeypatch.setattr(reads, "read_all", breaks)
    monkeypatch.setattr(export, "measure", looks)
    monkeypatch.setattr(start, "up_seconds", lambda _times: [1.5])
    parts = ("reads", "export", "start")
    monkeypatch.setattr(sys, "argv", ["", *parts, "--only", "sqlite", "--out", str(tmp_path)])
    with pytest.raises(SystemExit, match="reads, export"):
        bench.main()
    assert found == ["loaded.db"]
    said = capsys.readouterr().out
    assert "Part reads broke off: OSError." in said
    assert "1.5 s" in said


def test_a_missed_goal_is_told_as_missed() -> None:
    seen = [live.Seen(0, [100.0, 200.0]), live.Seen(300, [100.0, 5_000.0])]
    lines = rows.of_live("SQLite", seen, [])
    assert [row.met for row in lines] == [True, False]
    assert report.text(lines, ["note"]).splitlines()[-2:] == ["note", "1 of 2 goals met."]


def test_the_page_holds_the_table_and_needs_no_network(tmp_path: Path) -> None:
    line = Row("reading", "writing", 2.0, (1.5, 2.5), "4 against 2", "≥ 1", met=True)
    data, page = report.write([line], [], {}, tmp_path)
    assert '"ratio": 2.0' in data.read_text()
    assert "4 against 2" in page.read_text()
    assert 'src="http' not in page.read_text()
