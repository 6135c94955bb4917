"""Campaigns' chart and numbers as files: what is in them, and that it is recorded."""

import csv
import io
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.screens.campaigns.chart import Drawn, Series
from dashboard.screens.campaigns.picture import svg
from dashboard.screens.campaigns.take_away_route import CampaignFiles
from models.storage.database import Database
from models.tables.access import AUDIT
from tests.dashboard.deliveries import put
from tests.dashboard.screens.sessions.test_page import recent

BAD = "=cmd()|<script>\x01 & \"'"


@pytest.fixture
def client(database: Database) -> TestClient:
    put(database, recent(1, "Spring"), recent(2, "spring "), recent(3, "spring "), recent(4, BAD))
    files = CampaignFiles(lambda: database, lambda: database)

    async def respond(request: Request) -> Response:
        request.state.who = "ann@example.com"
        return await files.respond(request)

    route = Route("/api/campaigns/{name}", respond)
    return TestClient(Starlette(routes=[route]))


def _records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_a_record_a_row_and_the_sum(client: TestClient) -> None:
    answer = client.get("/api/campaigns/table.csv", params={"since": "-7d"})
    records = _records(answer.text)
    assert answer.headers["content-disposition"] == 'attachment; filename="campaigns-table.csv"'
    assert [(one["campaign"], one["also"], one["visits"]) for one in records] == [
        ("spring", "Spring", "3"),
        ("'" + BAD, "", "1"),
        ("(all)", "", "4"),
    ]
    assert records[0]["visits_before"] == "0"


def test_the_charts_numbers_are_a_record_a_day_with_the_rows_chosen(client: TestClient) -> None:
    asked = {"since": "-2d", "rows": "spring", "measure": "leads"}
    records = _records(client.get("/api/campaigns/chart.csv", params=asked).text)
    assert list(records[0]) == ["from", "spring", "before"]
    assert [one["spring"] for one in records] == ["0", "0", "3"]


@pytest.mark.parametrize("look", ["stacked", "lines"])
def test_the_picture_is_well_formed_whatever_a_campaign_is_called(
    client: TestClient, look: str
) -> None:
    asked = {"since": "-7d", "look": look}
    answer = client.get("/api/campaigns/chart.svg", params=asked)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ET.fromstring(answer.text)
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert tags <= {"svg", "rect", "text", "path", "polyline"}


def test_each_file_is_recorded_with_who_had_it(client: TestClient, database: Database) -> None:
    client.get("/api/campaigns/chart.svg", params={"utm_source": "google", "by": "channel"})
    with database.read() as db:
        entry = db.execute(select(AUDIT)).mappings().one()
    assert (entry["who"], entry["what"]) == ("ann@example.com", "export campaigns chart.svg")
    assert "by=channel" in entry["filters"]
    assert "google" not in entry["filters"]


@pytest.mark.parametrize(
    ("name", "asked", "status"),
    [
        ("secrets.csv", {}, 404),
        ("table.csv", {"by": "horoscope"}, 400),
        ("table.csv", {"min_employees": "many"}, 400),
        ("chart.csv", {"measure": "money"}, 400),
        ("chart.csv", {"segment": "there-is-none"}, 400),
    ],
)
def test_what_can_t_be_asked_is_refused_in_words(
    client: TestClient, name: str, asked: dict[str, str], status: int
) -> None:
    answer = client.get(f"/api/campaigns/{name}", params=asked)
    assert answer.status_code == status
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (217, ["0", "100", "200", "300"]),
        (1_600, ["0", "500", "1,000", "1,500", "2,000"]),
    ],
)
def test_the_picture_counts_in_round_numbers(most: int, ticks: list[str]) -> None:
    shown = Drawn(["2026-11-16"], [Series("a", "#000000", [most])], [])
    drawn = ET.fromstring(svg(shown, "stacked", "Sessions", "before"))
    ends = [text.text for text in drawn.iter() if text.get("text-anchor") == "end"]
    assert ends == ticks


def test_a_picture_of_nothing_is_one_too() -> None:
    ET.fromstring(svg(Drawn([], [], []), "stacked", "Nothing", "before"))
    one = Drawn(["2026-01-01"], [Series("a", "#000", [0])], [0])
    ET.fromstring(svg(one, "lines", "Nothing", "before"))
