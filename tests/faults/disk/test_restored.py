"""A backup put in the place of the database: by hand under a running receiver, and as it should."""

from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.facts.ignored import Ignoring
from models.personal_data.forgetting import Who, forget
from models.restore import RestoreError, restore
from models.storage.database import Database
from models.storage.outage import outage
from models.upkeep import backup_database, check_database
from tests.desk import catch_up, eventually, exported, take_in
from tests.models.people import ANN, ann, bob
from tests.processes import Running
from tests.receiver.midbound import example, post


def _kept(url: str) -> int:
    database = Database(url)
    with database.read() as db:
        count = int(db.execute(text("SELECT count(*) FROM delivery")).scalar_one())
    database.close()
    return count


def _kept_of(url: str, numbers: Iterable[int]) -> int:
    database = Database(url)
    with database.read() as db:
        ids = {
            str(found) for found in db.execute(text("SELECT webhook_id FROM delivery")).scalars()
        }
    database.close()
    return len(ids & {f"event-{number}" for number in numbers})


def _sent(running: Running, number: int) -> str:
    event = example("identity.resolved")
    answer = post(running.receiver, event._replace(webhook_id=f"event-{number}"))
    return str(answer.json()["status"])


def test_a_file_moved_over_the_running_one_loses_nothing(
    sqlite_url: str, tmp_path: Path, run: Callable[..., Running]
) -> None:
    backup = tmp_path / "backup.db"
    backup_database(Database(sqlite_url), backup)
    running = run("receiver", database_url=sqlite_url)
    assert [_sent(running, n) for n in range(3)] == ["stored"] * 3
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    backup.rename(path)
    assert [_sent(running, n) for n in range(10, 15)] == ["spooled"] * 5
    ready = httpx.get(f"{running.receiver}/readyz")
    assert (ready.status_code, ready.json()["database"]) == (200, "away")
    assert "visitor-desk db restore" in ready.json()["reason"]
    assert '"sqlstate": "MOVED"' in running.log.read_text()
    running.stop()
    for side in ("-wal", "-shm"):  # what is left of the old file's
        Path(f"{path}{side}").unlink(missing_ok=True)
    run("receiver", database_url=sqlite_url)
    eventually(lambda: _kept(sqlite_url) == 5)


@pytest.mark.parametrize("sides", [["-wal"], ["-shm"], ["-wal", "-shm"]])
def test_what_comes_after_the_log_was_deleted_is_not_lost(
    sqlite_url: str, run: Callable[..., Running], sides: list[str]
) -> None:
    running = run("receiver", database_url=sqlite_url)
    assert [_sent(running, n) for n in range(3)] == ["stored"] * 3
    for side in sides:
        Path(f"{sqlite_url.removeprefix('sqlite:///')}{side}").unlink()
    assert [_sent(running, n) for n in range(10, 15)] == ["spooled"] * 5
    ready = httpx.get(f"{running.receiver}/readyz")
    assert (ready.status_code, ready.json()["database"]) == (200, "away")
    assert "its log next to it" in ready.json()["reason"]
    assert '"sqlstate": "MOVED"' in running.log.read_text()
    running.kill()
    run("receiver", database_url=sqlite_url)
    eventually(lambda: _kept_of(sqlite_url, range(10, 15)) == 5)


@pytest.mark.parametrize("side", ["-wal", "-shm"])
def test_nothing_is_committed_into_a_log_that_nobody_will_read(sqlite_url: str, side: str) -> None:
    database = Database(sqlite_url)

    def write_while_it_goes() -> None:
        with database.write() as db:
            db.execute(text("UPDATE projection SET rules = rules"))
            Path(f"{database.path}{side}").unlink()

    with pytest.raises(OperationalError) as caught:
        write_while_it_goes()
    assert outage(caught.value).sqlstate == "MOVED"
    # Neither by the connections that have the old log open nor by a new one beside them.
    with database.engine.pool.connect(), pytest.raises(OperationalError), database.read():
        pass
    database.close()
    with database.read() as db:  # the last connection made a new one
        assert db.execute(text("SELECT count(*) FROM projection")).scalar() == 1
    database.close()


def test_connections_that_come_and_go_keep_the_log(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    for _ in range(3):
        with database.read(), database.read() as db, database.write():
            db.execute(text("SELECT 1 FROM projection"))
        database.engine.dispose()  # SQLite deletes its log, and makes another
        with database.engine.connect() as db:
            db.invalidate()
    database.close()


def test_nothing_is_committed_into_a_file_that_nobody_will_read(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def write_while_it_goes() -> None:
        with database.write() as db:
            db.execute(text("UPDATE projection SET rules = rules"))
            Path(sqlite_url.removeprefix("sqlite:///")).unlink()

    with pytest.raises(OperationalError) as caught:
        write_while_it_goes()
    assert outage(caught.value).sqlstate == "MOVED"
    with pytest.raises(OperationalError), database.read():
        pass
    database.close()


def test_restoring_keeps_the_old_file_and_forgets_again(sqlite_url: str, tmp_path: Path) -> None:
    database, backup = Database(sqlite_url), tmp_path / "backup.db"
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    backup_database(database, backup)
    forget(database, Who(url=ANN), Ignoring())
    without_ann = exported(database)
    restored = restore(database, backup, Ignoring())
    assert exported(database) == without_ann
    assert check_database(database).faults == []
    assert restored.aside is not None
    assert exported(Database(f"sqlite:///{restored.aside}")) == without_ann
    assert not Path(f"{database.path}.restoring").exists()
    assert b"ann@" not in Path(str(database.path)).read_bytes()
    database.close()


def test_restoring_leaves_a_link_to_the_database_as_it_is(sqlite_url: str, tmp_path: Path) -> None:
    link, backup = tmp_path / "link.db", tmp_path / "backup.db"
    (tmp_path / "disk").mkdir()
    real = Path(sqlite_url.removeprefix("sqlite:///")).rename(tmp_path / "disk" / "real.db")
    link.symlink_to(real)
    database = Database(f"sqlite:///{link}")
    backup_database(database, backup)
    take_in(database, ann())
    restored = restore(database, backup, Ignoring())
    assert (link.is_symlink(), link.resolve()) == (True, real)
    assert restored.aside is not None
    assert (restored.aside.parent, restored.aside.is_symlink()) == (real.parent, False)
    assert _kept(f"sqlite:///{link}") == _kept(f"sqlite:///{real}") == 0
    assert _kept(f"sqlite:///{restored.aside}") > 0


def test_restoring_waits_for_nobody_and_takes_no_rubbish(
    sqlite_url: str, tmp_path: Path, run: Callable[..., Running]
) -> None:
    database, backup = Database(sqlite_url), tmp_path / "backup.db"
    backup_database(database, backup)
    rubbish = tmp_path / "rubbish.db"
    rubbish.write_bytes(b"SQLite format 3\0" + bytes(5000))
    empty = tmp_path / "empty.db"
    empty.touch()
    for wrong in (rubbish, empty, tmp_path / "nothing.db"):
        with pytest.raises(RestoreError):
            restore(database, wrong, Ignoring())
    running = run("receiver", database_url=sqlite_url)
    with pytest.raises(RestoreError, match="Stop them"):
        restore(database, backup, Ignoring())
    running.stop()
    assert restore(database, backup, Ignoring()).names == 0
    database.close()
