"""What is held on people, by command: forgetting, ignoring, pruning."""

import json
from pathlib import Path

from models.ledger.deliveries import Delivery
from models.storage.database import Database
from models.storage.spool_folder import waiting_bytes
from receiver.spool import Spool
from tests.commands.test_command_line import desk
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.desk import catch_up, take_in


def test_forgetting_shows_asks_and_erases(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())
    settings = {"DATABASE_URL": database_url, "FORGOTTEN_FILE": str(tmp_path / "forgotten")}
    peter = ("--linkedin", "https://www.linkedin.com/in/ptrtht/")
    asked = desk("forget", *peter, cwd=tmp_path, **settings)  # nobody answers
    assert "would be deleted: 1 leads, 1 visits, 5 deliveries" in asked.stdout
    assert asked.returncode == 1
    held = desk("subject", *peter, cwd=tmp_path, **settings)
    assert len(json.loads(held.stdout)["deliveries"]) == 5
    done = desk("forget", *peter, "--yes", cwd=tmp_path, **settings)
    assert (done.returncode, "gone: 1 leads" in done.stdout) == (0, True)
    held = desk("subject", *peter, cwd=tmp_path, **settings)
    assert json.loads(held.stdout)["deliveries"] == []
    again = desk("forget", "--again", cwd=tmp_path, **settings)
    assert (again.returncode, "gone: 0 leads" in again.stdout) == (0, True)


def test_forgetting_reaches_what_waits_in_the_spool(sqlite_url: str, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", sqlite_url, 1_000_000)
    spool.open()
    spool.append([Delivery(d.webhook_id, 1, "1", "v1,test", d.body) for d in vendors_examples()])
    spool.close()
    done = desk(
        "forget", "--email", "peter@midbound.ai", "--yes",
        cwd=tmp_path, DATABASE_URL=sqlite_url, SPOOL_DIR=str(tmp_path / "spool"),
    )  # fmt: skip
    assert (
        done.returncode,
        "5 deliveries" in done.stdout,
        waiting_bytes(tmp_path / "spool", sqlite_url),
    ) == (0, True, 0)


def test_lists_are_tried_before_they_are_applied(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    take_in(database, vendors_examples())
    catch_up(database)
    lists = {"DATABASE_URL": sqlite_url, "IGNORE_EMAIL_DOMAINS": "midbound.ai"}
    shown = desk("ignore", "--dry-run", cwd=tmp_path, **lists)
    assert "IGNORE_EMAIL_DOMAINS=midbound.ai\tlinkedin.com/in/ptrtht\tPeter Toth" in shown.stdout
    applied = desk("ignore", "--yes", cwd=tmp_path, **lists)
    assert "gone: 1 leads, 1 visits, 5 deliveries" in applied.stdout


def test_pruning_counts_before_it_removes(sqlite_url: str, tmp_path: Path) -> None:
    take_in(Database(sqlite_url), vendors_examples())
    days = {"DATABASE_URL": sqlite_url, "RETENTION_DAYS": "30"}
    desk("export", "leads", cwd=tmp_path, DATABASE_URL=sqlite_url)
    counted = desk("db", "prune", "--dry-run", cwd=tmp_path, **days)
    assert counted.stdout == "would be deleted: 1 visits, 5 deliveries\n"
    asked = desk("db", "prune", cwd=tmp_path, **days)  # the newest delivery is of last year
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "--however-much" in asked.stderr
    gone = desk("db", "prune", "--however-much", cwd=tmp_path, **days)
    assert gone.stdout == "gone: 1 visits, 5 deliveries\n"
