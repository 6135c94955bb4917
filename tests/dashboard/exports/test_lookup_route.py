"""The JSON routes, as another server asks them with a token."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.access.gate import for_role
from dashboard.access.roles import Role
from dashboard.exports import lookup_route
from models import tokens
from models.exports.columns import EXPORTS
from models.storage.database import Database
from models.tables.access import SCOPES
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.settings import Choose
from tests.desk import eventually

LEAD = "linkedin.com/in/ptrtht"
VISIT = payload("resolved")["data"]["session"]

Get = Callable[..., httpx.Response]


@pytest.fixture
def token(database: Database) -> str:
    with database.write() as db:
        return tokens.add(db, "website", SCOPES)


async def _file(_request: object) -> Response:
    return Response("a file")


@pytest.fixture
def get(database: Database, database_url: str, token: str, choose: Choose) -> Iterator[Get]:
    """Ask for a path with the token and no header that only a browser sends."""
    choose(database_url=database_url)
    put(database, *(payload(name) for name in PIPELINE))
    routes = [
        Route("/api/leads/{key:path}", lookup_route.lead),
        Route("/api/visitors/{vid:path}", lookup_route.visitor),
        Route("/file", for_role(Role.OPS, _file, machines=lambda _request: "export")),
    ]
    with TestClient(Starlette(routes=routes)) as client:

        def ask(path: str, shown: str | None = token, **headers: str) -> httpx.Response:
            given = {"authorization": f"Bearer {shown}"} if shown else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer: httpx.Response = client.get(path, headers=given | named)
            return answer

        yield ask


def test_a_lead_has_the_fields_of_its_export_and_its_firms(get: Get) -> None:
    exported = [column.name for column in EXPORTS["leads"].columns]
    assert list(get(f"/api/leads/{LEAD}").json()) == [*exported, "industry", "employee_count"]


def test_values_are_json_and_not_cells(get: Get, database: Database) -> None:
    put(database, visitor(1, first="=Ann", email="ann@example.org"))
    said = get("/api/leads/ann@example.org").json()
    assert (said["first_name"], said["sessions"], said["company"]) == ("=Ann", 1, None)
    whole = get(f"/api/leads/{LEAD}").json()
    assert (whole["stage"], whole["employee_count"]) == ("finalized", 8)
    assert whole["first_seen"] == "2025-02-14T22:25:06.432Z"


def test_a_key_may_come_escaped(get: Get) -> None:
    assert get(f"/api/leads/{LEAD.replace('/', '%2F')}").json()["full_name"] == "Peter Toth"


def test_a_visitor_is_their_lead_with_the_newest_session(get: Get) -> None:
    said = get(f"/api/visitors/{VISIT['vid']}").json()
    assert (said["vid"], said["lead"]) == (VISIT["vid"], LEAD)
    session = said["session"]
    assert (session["sid"], session["utm_campaign"]) == (VISIT["sid"], "q1_brand_awareness")


def test_a_browser_of_two_people_is_whose_used_it_last(get: Get, database: Database) -> None:
    for number, (email, hours) in enumerate([("late@x.org", 9), ("early@x.org", 1)]):
        event = visitor(number, email=email)
        event["data"]["session"] |= {"vid": "shared", "createdAt": hours * 3_600_000}
        event["data"]["attribution"]["vid"] = "shared"
        event["data"]["identity"]["linkedinUrl"] = f"linkedin.com/in/{email[:4]}"
        put(database, event)
    assert get("/api/visitors/shared").json()["lead"] == "linkedin.com/in/late"


@pytest.mark.parametrize("path", ["/api/leads/nobody", "/api/visitors/nobody", "/api/leads/"])
def test_nobody_is_404(get: Get, path: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "Nobody is known under this name."},
    )


@pytest.mark.parametrize("path", [f"/api/leads/{LEAD}", f"/api/visitors/{VISIT['vid']}"])
@pytest.mark.parametrize("shown", [None, "vd_made-up", ""])
def test_without_a_good_token_it_is_401(get: Get, path: str, shown: str | None) -> None:
    answer = get(path, shown)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "token" in answer.json()["detail"]


@pytest.mark.parametrize("path", [f"/api/leads/{LEAD}", "/file"])
@pytest.mark.parametrize(
    "header", [{"origin": "https://example.com"}, {"sec_fetch_site": "none"}], ids=str
)
def test_a_browser_is_refused_even_with_a_token(
    get: Get, path: str, header: dict[str, str]
) -> None:
    answer = get(path, **header)
    assert answer.status_code == 403
    assert "Tokens are for servers" in answer.json()["detail"]
    assert "access-control-allow-origin" not in answer.headers


def test_a_server_whose_fetch_names_a_mode_is_no_browser(get: Get) -> None:
    assert get(f"/api/leads/{LEAD}", sec_fetch_mode="cors").status_code == 200


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_opens_what_it_was_made_for_and_nothing_else(
    get: Get, database: Database, scope: str
) -> None:
    with database.write() as db:
        shown = tokens.add(db, f"for-{scope}", [scope])
    paths = {
        "visitor": f"/api/visitors/{VISIT['vid']}", "leads": f"/api/leads/{LEAD}", "export": "/file"
    }  # fmt: skip
    for other, path in paths.items():
        answer = get(path, shown)
        if other == scope:
            assert answer.status_code == 200
        else:
            assert answer.status_code == 403
            assert f"a token with the scope {other}; yours has {scope}." in answer.text


def test_a_token_from_before_scopes_opens_what_it_did(get: Get, database: Database) -> None:
    with database.write() as db:
        shown = tokens.add(db, "old")
        db.execute(text("UPDATE token SET scopes = NULL WHERE name = 'old'"))
    assert [get(path, shown).status_code for path in (f"/api/leads/{LEAD}", "/file")] == [200, 200]


def test_a_token_opens_what_people_need_a_role_for(get: Get) -> None:
    assert get("/file").text == "a file"
    assert get("/file", "vd_made-up").status_code == 401


def test_a_revoked_token_opens_nothing_from_its_next_use_on(get: Get, database: Database) -> None:
    assert get(f"/api/leads/{LEAD}").status_code == 200
    with database.write() as db:
        tokens.revoke(db, "website")
    assert get(f"/api/leads/{LEAD}").status_code == 401


def test_the_day_of_its_use_is_written_down(get: Get, database: Database) -> None:
    get(f"/api/leads/{LEAD}")

    def day() -> str | None:
        with database.read() as db:
            return tokens.listed(db)[0].last_used

    eventually(lambda: day() == datetime.now(UTC).date().isoformat())


def test_a_database_that_is_away_is_503_in_words(get: Get, database: Database) -> None:
    with database.write() as db:
        db.execute(text("ALTER TABLE token RENAME TO gone"))
    answer = get(f"/api/leads/{LEAD}")
    assert answer.status_code == 503
    assert "can't be reached" in answer.json()["detail"]


@pytest.mark.parametrize("table", ["token", "lead"])
def test_a_query_that_fails_is_not_taken_for_a_database_that_is_away(
    get: Get, database: Database, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    column = {"token": "hash", "lead": "full_name"}[table]
    with database.write() as db:
        db.execute(text(f"ALTER TABLE {table} RENAME COLUMN {column} TO gone"))
    answer = get(f"/api/leads/{LEAD}")
    assert answer.status_code == 500
    number = re.search(r"under ([0-9a-f]{8})\.", answer.json()["detail"])
    assert number
    said = "".join(capsys.readouterr())
    assert number[1] in said
    assert LEAD not in said


def test_no_answer_may_be_kept(get: Get) -> None:
    assert get(f"/api/leads/{LEAD}").headers["cache-control"] == "no-store"
