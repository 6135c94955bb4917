"""Times in filters, commands and files: a day is the desk's, a time without a zone is in UTC."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from models.filters.choosing import visits_match
from models.filters.times import When, moment
from models.segments.list_files import read_list
from models.storage.database import Database
from models.tables import SESSION
from tests.commands.test_command_line import desk
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.dashboard.exports.test_route import Run
from tests.desk import catch_up, question, take_in
from tests.models.rules.desk import finalized, now, visit

NOW = 1_770_000_000_000  # 2026-02-02T02:40:00Z, 11:40 in Tokyo
TOKYO = When(NOW, ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-02-01T15:00", 1_769_958_000_000),
        ("2026-02-01 15:00", 1_769_958_000_000),
        ("20260201T150000", 1_769_958_000_000),
        ("2026-02-01T15:00Z", 1_769_958_000_000),
        ("2026-02-02T00:00+09:00", 1_769_958_000_000),
        ("2026-02-02T00:00 09:00", 1_769_958_000_000),
        ("2026-02-02", 1_769_958_000_000),
        ("today", 1_769_958_000_000),
        ("yesterday", 1_769_871_600_000),
        ("-7d", 1_769_353_200_000),
    ],
)
def test_a_time_is_in_utc_unless_it_names_a_zone_and_a_day_is_the_desks(text: str, ms: int) -> None:
    assert moment("since", text, TOKYO) == ms
    listed = read_list(f"domain,date\nacme.com,{text}".encode(), TOKYO)
    assert listed.entries["acme.com"].date == ms


def test_commands_and_downloads_read_a_time_without_a_zone_alike(
    database: Database, database_url: str, run: Run, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())  # last active 2025-02-14T22:28:25.200Z
    catch_up(database)
    east = {"database_url": database_url, "time_zone": "Asia/Tokyo"}
    running = run("dashboard", **east)
    for name, text, rows in (
        ("since", "2025-02-14T22:28:25.200", 1),
        ("since", "2025-02-14T22:28:25.201", 0),
        ("until", "2025-02-14T22:28:25.200", 1),
        ("until", "2025-02-14T22:28:25.199", 0),
        ("new_since", "2025-02-14T22:25:06.432", 1),
        ("new_since", "2025-02-14T22:25:06.433", 0),
        ("since", "2025-02-15", 1),  # it was 07:28 on the 15th in Tokyo
        ("until", "2025-02-14", 0),
    ):
        answer = httpx.get(f"{running.dashboard}/api/export/leads.csv", params={name: text})
        assert answer.text.count("\r\n") - 1 == rows, (name, text)
        option = f"--{name.replace('_', '-')}"
        its = {setting.upper(): value for setting, value in east.items()}
        done = desk("export", "leads", option, text, cwd=tmp_path, **its)
        assert done.stdout.count("\n") - 1 == rows, (name, text, done.stderr)


def test_who_is_on_the_site_is_told_by_when_they_were_heard_of(database: Database) -> None:
    spooled = replace(visit("spooled"), received_at=now() - 31 * 60_000)
    take_in(database, [visit("late", ago_s=31 * 60), spooled, visit("here"), visit("gone")])
    take_in(database, [finalized("gone")])
    catch_up(database)
    with database.read() as db:
        asked = question(live="yes")
        found = set(db.execute(select(SESSION.c.vid).where(visits_match(asked))).scalars())
    assert found == {"v-late", "v-here"}


def test_scores_as_of_a_time_without_a_zone_are_as_of_utc(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())
    catch_up(database)

    def scored(at: str) -> str:
        its = {"DATABASE_URL": database_url, "TIME_ZONE": "Asia/Tokyo"}
        return desk("export", "leads", "--at", at, cwd=tmp_path, **its).stdout

    assert scored("2025-02-15T00:00") == scored("2025-02-15T00:00Z")
    assert scored("2025-02-15T00:00") != scored("2025-02-22T00:00Z")
