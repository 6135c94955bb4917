"""Downloads as the route serves them: the command's bytes, flat memory, every way to end."""

import asyncio
import csv
import io
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from sqlalchemy import text

from dashboard.exports.download import Bounds
from models.storage.database import Database
from tests.commands.test_command_line import desk
from tests.dashboard.deliveries import put, visitor
from tests.dashboard.exports.client import Client, get, nothing_held
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.dashboard.screens.live.visitors import guest
from tests.desk import catch_up, exported, take_in
from tests.models.test_audit import entries
from tests.processes import Running
from tests.quickest import quickest

Run = Callable[..., Running]


@pytest.fixture
def filled(database: Database) -> Database:
    take_in(database, vendors_examples())
    put(database, *(visitor(n, first="=Ann", last=str(n), email=f"{n}@x.org") for n in range(20)))
    return database


@pytest.mark.usefixtures("filled")
def test_a_download_is_the_commands_file_byte_for_byte(
    database_url: str, run: Run, tmp_path: Path
) -> None:
    running = run("dashboard", database_url=database_url)
    for name, filters in (
        ("leads", "validity=unchecked&since=2025-02-14"),
        ("emails", "q=x.org"),
        ("leads", "preset=hubspot"),
    ):
        given, written = _both(running, name, filters, tmp_path, database_url)
        assert given.count(b"\r\n") > 1
        assert given == written, (name, filters)


def test_several_values_give_the_same_rows_by_command_by_route_and_on_the_screen(
    database: Database, database_url: str, run: Run, tmp_path: Path
) -> None:
    campaigns = ("spring", "Autumn", "SPRING", "summer", None)
    countries = ("PT", "DE", "FR", "ES", "PT")
    put(
        database,
        *(
            guest(number, first=f"P{number}", country=country, utm={"campaign": campaign})
            for number, (campaign, country) in enumerate(zip(campaigns, countries, strict=True), 1)
        ),
    )
    running = run("dashboard", database_url=database_url)
    for name, filters, found in (
        ("sessions", "utm_campaign=Spring&utm_campaign=autumn&country.not=DE&country.not=ES", "13"),
        ("leads", "utm_campaign.not=spring&utm_campaign.not=AUTUMN&utm_campaign.has=M", "4"),
    ):
        given, written = _both(running, name, filters, tmp_path, database_url)
        assert given == written
        column = "sid" if name == "sessions" else "first_name"
        rows = list(csv.DictReader(io.StringIO(written.decode())))
        assert sorted(row[column][-1] for row in rows) == list(found)
        shown = httpx.get(f"{running.dashboard}/api/rows/{name}.json?{filters}").json()["rows"]
        assert sorted(str(row[0])[-1] for row in shown) == list(found)


def _both(
    running: Running, name: str, filters: str, folder: Path, database_url: str
) -> tuple[bytes, bytes]:
    """What the route gives and what the command writes for the same filters."""
    answer = httpx.get(f"{running.dashboard}/api/export/{name}.csv?{filters}")
    out = folder / "out.csv"
    options = [
        part
        for parameter, value in parse_qsl(filters)
        for part in (f"--{parameter.replace('_', '-').replace('.', '-')}", value)
    ]
    done = desk("export", name, "--out", str(out), *options, cwd=folder, DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    return answer.content, out.read_bytes()


def test_a_download_is_a_file_with_a_name_that_nobody_may_keep(filled: Database) -> None:
    client = get(filled)
    headers = {name.decode(): value.decode() for name, value in client.sent[0]["headers"]}
    day = time.strftime("%Y-%m-%d", time.gmtime())
    assert headers == {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": f'attachment; filename="leads-{day}.csv"',
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }


def test_a_download_stands_in_the_audit_log(filled: Database) -> None:
    rows = get(filled, "leads.csv?stage=resolved").body.count("\r\n") - 1
    assert rows == 20
    assert entries(filled) == [("ops@example.com", "export leads", "stage=resolved", rows)]


def test_a_download_that_cannot_be_recorded_is_refused_in_words(filled: Database) -> None:
    with filled.write() as db:
        db.execute(text("DROP TABLE audit_rows"))
        db.execute(text("DROP TABLE audit"))
    client = get(filled)
    assert (client.status, client.detail.partition(",")[0]) == (503, "Nothing was done")


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("leads.csv?since=soon", 400, "since must be an ISO date"),
        ("leads.csv?color=red", 400, "color is not a filter"),
        ("leads.csv?columns=salary", 400, "columns must be some of"),
        ("companies.csv?preset=hubspot", 400, "preset must be one of linkedin-companies"),
        ("leads.csv?min_pages.not=2", 400, "min_pages.not is not a filter"),
        ("leads.csv?q=%00", 400, "characters"),
        ("quarantine.csv", 404, "leads, sessions, companies, emails"),
        ("secrets.csv", 404, "no such export"),
    ],
)
def test_what_can_t_be_had_is_said_in_a_sentence(
    sqlite_url: str, target: str, status: int, said: str
) -> None:
    client = get(Database(sqlite_url), target)
    assert client.status == status
    assert said in client.detail


def test_a_database_that_is_away_is_said_before_the_first_byte() -> None:
    client = get(Database("postgresql://nobody@127.0.0.1:1/none"))
    assert (client.status, "can't be reached" in client.detail) == (503, True)


def test_a_query_that_fails_is_said_before_the_first_byte(database: Database) -> None:
    with database.write() as db:
        db.execute(text("ALTER TABLE lead_address RENAME TO elsewhere"))
    client = get(database, "emails.csv")
    assert (client.status, "can't be reached" in client.detail) == (503, True)
    nothing_held(database)


def test_it_waits_for_what_was_acknowledged_before(database: Database) -> None:
    take_in(database, vendors_examples())
    receiver = threading.Timer(0.5, catch_up, (database,))
    receiver.start()
    client = get(database)
    receiver.join()
    assert client.body == exported(database)["leads"]
    assert client.body.count("\r\n") == 2


def test_it_does_not_wait_for_ever(database: Database) -> None:
    put(database, visitor(1))
    take_in(database, vendors_examples())
    assert get(database, bounds=Bounds(catch_up_s=0.2)).body.count("\r\n") == 2
    with database.read() as db:
        assert db.execute(text("SELECT count(*) FROM pending")).scalar() == 5


def test_asking_for_the_head_reads_nothing(sqlite_url: str) -> None:
    client = Client(Database(sqlite_url))
    asyncio.run(client.get(method="HEAD"))
    assert (client.status, client.body) == (200, "")
    assert b"attachment" in dict(client.sent[0]["headers"])[b"content-disposition"]


@pytest.mark.long
def test_the_event_loop_goes_on_while_a_download_runs(large: Database) -> None:
    async def story() -> float:
        client = Client(large)
        getting = asyncio.create_task(client.get("sessions.csv"))
        longest, before = 0.0, time.monotonic()
        while not getting.done():
            await asyncio.sleep(0.001)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        return longest

    assert quickest(lambda: asyncio.run(story()), 0.25) < 0.25
