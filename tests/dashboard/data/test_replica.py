"""The dashboard on a streaming replica: it shows what the primary takes in, and writes there."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard.access.roles import PAGES
from dashboard.data.reading import AWAY
from dashboard.exports import lookup_route
from models import migrations, tokens
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.dashboard.settings import Choose
from tests.desk import eventually
from tests.postgres import STANDBY_PORT, Standby, standby_of, stoppable_postgres
from tests.processes import ROOT, Running
from tests.receiver.midbound import example, ledger, post, story

pytestmark = pytest.mark.xdist_group("replica")

LEAD = "linkedin.com/in/ptrtht"


@pytest.fixture(scope="module")
def standby() -> Iterator[Standby]:
    """A replica that follows a server of its own."""
    with stoppable_postgres() as server, standby_of(server) as standby:
        yield standby


@pytest.fixture
def urls(standby: Standby) -> Iterator[tuple[str, str]]:
    """A migrated, empty database: at the primary, and at the replica, which has it already."""
    name = "desk"
    with psycopg.connect(standby.primary.get_uri(), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
        primary = Database(standby.primary.get_uri(database=name))
        migrations.upgrade(primary)
        _follow(standby)
        yield standby.primary.get_uri(database=name), standby.url(name)
        primary.close()
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def primary(urls: tuple[str, str], choose: Choose) -> Iterator[Database]:
    """The primary's database, with the screens of this process reading from the replica."""
    choose(database_url=urls[0], database_read_url=urls[1])
    database = Database(urls[0])
    yield database
    database.close()


def _follow(standby: Standby) -> None:
    """Wait until the replica has all that the primary has."""
    with psycopg.connect(standby.primary.get_uri()) as db:
        (there,) = db.execute("SELECT pg_current_wal_lsn()").fetchone() or ("",)
    with psycopg.connect(standby.url("postgres"), autocommit=True) as db:
        has = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        eventually(lambda: db.execute(has, (there,)).fetchone() == (True,))


@contextmanager
def _held_back(standby: Standby) -> Iterator[Callable[[], object]]:
    """The replica lags until the block ends, or until what it gives is called."""
    with psycopg.connect(standby.url("postgres"), autocommit=True) as db:
        db.execute("SELECT pg_wal_replay_pause()")
        paused = "SELECT pg_get_wal_replay_pause_state() = 'paused'"
        eventually(lambda: db.execute(paused).fetchone() == (True,))
        try:
            yield lambda: db.execute("SELECT pg_wal_replay_resume()")
        finally:
            db.execute("SELECT pg_wal_replay_resume()")


def _feed(dashboard: str, is_wanted: Callable[[str], bool]) -> str:
    """The first of the feed's messages that says what is waited for."""
    with httpx.stream("GET", f"{dashboard}/api/feed", timeout=30) as answer:
        return next(line for line in answer.iter_lines() if is_wanted(line))


def _page(name: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=30)
    app.run()
    return app.switch_page(f"screens/{name}/page.py").run()


def test_the_feed_follows_the_replica_and_says_when_it_is_away(
    run: Callable[..., Running], standby: Standby, urls: tuple[str, str]
) -> None:
    receiver = run("receiver", database_url=urls[0]).receiver
    dashboard = run("dashboard", database_url=urls[0], DATABASE_READ_URL=urls[1]).dashboard
    post(receiver, example("identity.enriched"))
    assert "pageviews" not in _feed(dashboard, lambda line: LEAD in line)
    standby.stop()
    try:
        _feed(dashboard, lambda line: "can't be reached" in line)
        post(receiver, example("identity.session.finalized"))
    finally:
        standby.start()
    assert _feed(dashboard, lambda line: "pageviews" in line)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_nothing_that_a_replica_refuses(
    name: str, primary: Database, standby: Standby
) -> None:
    put(primary, *(payload(kind) for kind in PIPELINE))
    _follow(standby)
    app = _page(name)
    assert (list(app.exception), list(app.warning)) == ([], [])


@pytest.mark.usefixtures("primary")
def test_a_page_says_when_the_replica_is_away(standby: Standby) -> None:
    standby.stop()
    try:
        assert [warning.value for warning in _page("leads").warning] == [AWAY]
    finally:
        standby.start()


def test_operations_says_how_far_the_replica_is_behind(primary: Database, standby: Standby) -> None:
    put(primary, payload("resolved"))
    _follow(standby)
    long_ago = int(time.time() * 1000) - 150_000
    with _held_back(standby):
        put(primary, payload("qualified"), received_at=long_ago)
        (warning,) = _page("operations").warning
    assert warning.value.startswith("Screens are 2 min behind")


def test_operations_says_when_the_primary_does_not_answer(
    primary: Database, standby: Standby, choose: Choose
) -> None:
    put(primary, payload("resolved"))
    _follow(standby)
    choose(database_url="postgresql://postgres@127.0.0.1:1/desk")
    (warning,) = _page("operations").warning
    assert "the primary does not answer" in warning.value


def test_a_download_waits_until_the_replica_has_what_was_acknowledged(
    run: Callable[..., Running], standby: Standby, urls: tuple[str, str]
) -> None:
    dashboard = run("dashboard", database_url=urls[0], DATABASE_READ_URL=urls[1]).dashboard
    database = Database(urls[0])
    with _held_back(standby) as let_go:
        put(database, payload("enriched"))
        later = threading.Timer(1, let_go)
        later.start()
        sheet = httpx.get(f"{dashboard}/api/export/leads.csv", timeout=30).text
        later.join()
    database.close()
    assert LEAD in sheet


def test_deriving_again_is_done_by_the_primary(
    primary: Database, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("models.projection.interpreting.facts", lambda *_: 1 / 0)
        put(primary, payload("resolved"))
    _follow(standby)
    app = _page("operations")
    app.button(key="replay_all").click().run()
    app.button(key="replay_now").click().run()
    assert app.success[0].value.startswith("1 derived.")
    with primary.read() as db:
        assert db.execute(text("SELECT count(*) FROM quarantine")).scalar() == 0


def test_nothing_acknowledged_is_lost_when_a_synchronous_replica_takes_over(
    run: Callable[..., Running],
) -> None:
    postings = story(visitors=5, seed=9)
    with stoppable_postgres() as server, standby_of(server) as standby:
        with psycopg.connect(server.get_uri(), autocommit=True) as db:
            db.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            db.execute("SELECT pg_reload_conf()")
        hosts = f"host={server.pgdata}:5432&host={standby.folder}:{STANDBY_PORT}"
        url = f"postgresql://postgres@/postgres?{hosts}&target_session_attrs=read-write"
        receiver = run("receiver", database_url=url)
        said = {post(receiver.receiver, one).json()["status"] for one in postings[:10]}
        server.stop()
        said |= {post(receiver.receiver, one).json()["status"] for one in postings[10:15]}
        standby.promote()
        database = Database(url)
        eventually(lambda: len(ledger(database)) == 15)
        assert said == {"stored", "spooled"}
        assert post(receiver.receiver, postings[15]).json() == {"status": "stored"}
        receiver.stop()
        database.close()


def test_a_receiver_before_a_replica_keeps_all_in_its_spool(
    run: Callable[..., Running], urls: tuple[str, str]
) -> None:
    receiver = run("receiver", database_url=urls[1]).receiver
    outcomes, readiness = set(), set()
    for posting in story(visitors=3, seed=9)[:5]:
        outcomes.add(post(receiver, posting).json()["status"])
        readiness.add(httpx.get(f"{receiver}/readyz").text)
        time.sleep(0.4)  # the database is tried again each second
    assert outcomes == {"spooled"}
    assert readiness == {'{"status":"ready","database":"away"}'}


# Tokens of machines

Ask = Callable[[str], httpx.Response]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Show a token at the route for leads."""
    with TestClient(Starlette(routes=[Route("/{key}", lookup_route.lead)])) as client:
        yield lambda token: client.get("/x", headers={"authorization": f"Bearer {token}"})


def test_a_token_is_taken_back_at_once_also_while_the_replica_lags(
    primary: Database, standby: Standby, ask: Ask
) -> None:
    with primary.write() as db:
        token = tokens.add(db, "website", ["leads"])
    _follow(standby)
    known = ask(token).status_code
    with _held_back(standby):
        with primary.write() as db:
            tokens.revoke(db, "website")
        assert (known, ask(token).status_code) == (404, 401)


def test_the_day_a_token_was_used_is_noted_at_the_primary(primary: Database, ask: Ask) -> None:
    with primary.write() as db:
        token = tokens.add(db, "website", ["leads"])
    ask(token)

    def noted() -> bool:
        with primary.read() as db:
            return tokens.listed(db)[0].last_used is not None

    eventually(noted)
