"""What a running receiver does with events of forgotten people, and what its files still hold."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from models.ledger.packing import pack
from models.storage.database import Database
from simulator.delivery import encode
from tests.commands.test_command_line import desk
from tests.desk import eventually
from tests.processes import Running
from tests.receiver.midbound import Posting, payload, post, waiting_to_be_derived

KINDS = ("resolved", "qualified", "enriched", "validated", "session.finalized")


def _renamed(event: object, names: dict[str, str]) -> bytes:
    body = encode(event)  # type: ignore[arg-type] # as read from the example
    for old, new in names.items():
        body = body.replace(old.encode(), new.encode())
    return body


def peter(suffix: str = "", sid: str = "") -> list[Posting]:
    """The vendor's examples, under other ids, in another session when one is given."""
    found = []
    for kind in KINDS:
        event = payload(f"identity.{kind}")
        names = {event["id"]: event["id"] + suffix}
        if sid:
            session = payload("identity.session.finalized")["data"]["session"]
            names[session["sid"]] = sid
        found.append(Posting(event["id"] + suffix, _renamed(event, names)))
    return found


def paula() -> Posting:
    """Somebody else, of whom little is known."""
    data = {
        "attribution": {"vid": "vid-paula", "sessionId": "sid-paula"},
        "identity": {"linkedinUrl": "https://linkedin.com/in/paula-p"},
    }
    event = {"id": "evt_paula", "type": "identity.resolved", "created": 1_739_571_900_000}
    return Posting("evt_paula", encode(event | {"data": data}))


@pytest.fixture
def receiver(
    database_url: str, run: Callable[..., Running], tmp_path: Path
) -> Iterator[tuple[Running, Database]]:
    """A receiver that has taken in Peter's five events and one of Paula's."""
    running = run("receiver", database_url=database_url, FORGOTTEN_FILE=str(tmp_path / "forgotten"))
    database = Database(database_url)
    for posting in (*peter(), paula()):
        assert post(running.receiver, posting).status_code == 200
    assert waiting_to_be_derived(database, for_s=20) == 0
    yield running, database
    database.close()


def _forget(database_url: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return desk(
        "forget", *arguments, "--yes", cwd=tmp_path, DATABASE_URL=database_url,
        FORGOTTEN_FILE=str(tmp_path / "forgotten"), SPOOL_DIR=str(tmp_path / "spool"),
    )  # fmt: skip


def test_later_events_of_a_forgotten_human_are_answered_stored_and_not_kept(
    receiver: tuple[Running, Database], database_url: str, tmp_path: Path
) -> None:
    running, database = receiver
    result = _forget(database_url, tmp_path, "--email", "peter@midbound.ai")
    assert (result.returncode, result.stderr) == (0, "")
    assert "gone: 1 leads, 1 visits, 5 deliveries" in result.stdout
    for posting in (*peter("-again"), *peter("-new", sid="another-session")):
        answer = post(running.receiver, posting)
        assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    assert waiting_to_be_derived(database, for_s=20) == 0
    eventually(lambda: _count(database, "SELECT count(*) FROM delivery WHERE size > 0") == 1)
    assert _count(database, "SELECT count(*) FROM lead") == 1
    dropped = _count(database, "SELECT sum(dropped) FROM withheld")
    erased = _count(database, "SELECT sum(erased) FROM withheld")
    assert dropped + erased == 5 + 10
    assert dropped >= 5  # those of the session that was known
    metrics = httpx.get(f"{running.receiver}/metrics").text
    assert 'outcome="dropped"' in metrics


def _count(database: Database, sql: str) -> int:
    with database.read() as db:
        return int(db.execute(text(sql)).scalar() or 0)


SECRETS = (b"peter@", b"Peter Toth", b"ptrtht", b"351913168884", b"example.com/pricing")


def test_nothing_readable_of_them_is_left_in_the_databases_files(
    receiver: tuple[Running, Database], database_url: str, tmp_path: Path
) -> None:
    _, database = receiver
    vid = payload("identity.resolved")["data"]["session"]["vid"].encode()
    ip = payload("identity.resolved")["data"]["session"]["network"]["ip"].encode()
    bodies = [pack(posting.body)[:40] for posting in peter()]
    secrets = (*SECRETS, vid, ip, *bodies)
    folder = _folder(database)
    _write_out(database)
    assert {secret for _, secret in _found(folder, secrets)} >= {b"Peter Toth", b"ptrtht", vid}
    result = _forget(database_url, tmp_path, "--email", "peter@midbound.ai")
    assert result.returncode == 0, result.stderr
    _write_out(database)
    assert _found(folder, secrets) == []


def _write_out(database: Database) -> None:
    """Bring what Postgres holds in memory, and the removal of old files, to disk."""
    if database.is_postgres:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.exec_driver_sql("CHECKPOINT")


def _folder(database: Database) -> Path:
    """Where a database's files lie: of Postgres those of its tables, not the cluster's log."""
    if database.path is not None:
        return database.path.parent
    with database.read() as db:
        data = db.execute(text("SHOW data_directory")).scalar_one()
        base = db.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        return Path(data) / "base" / str(base.scalar_one())


def _found(folder: Path, secrets: tuple[bytes, ...]) -> list[tuple[str, bytes]]:
    files = {f: f.read_bytes() for f in folder.iterdir() if f.is_file() and f.suffix != ".log"}
    return [(f.name, s) for f, content in files.items() for s in secrets if s in content]
