"""Values offered as one types: by what the newest rows have, on both databases."""

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.filters import offers
from dashboard.filters.offers import Of, has_offers, offered
from dashboard.filters.offers_route import Offers
from models.filters.names import FILTERS
from models.filters.query import Filters
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor


def asked(
    database: Database, name: str, text: str = "", of: Of = "sessions", newest: int = offers.NEWEST
) -> list[offers.Offer]:
    """What is offered for a text."""
    with database.read() as db:
        found, _ = offers.counted(db, name, of, newest_rows=newest)
        return offered(db, name, text, found)


def test_spellings_are_one_value_under_the_commonest(database: Database) -> None:
    sources = ("Google", "Google", "google ", "GOOGLE", "bing", None)
    put(database, *(visitor(n, utm={"source": one}) for n, one in enumerate(sources)))
    assert asked(database, "utm_source") == [("Google", 4), ("bing", 1), ("(none)", 1)]


def test_a_text_finds_values_that_contain_it_without_case_and_accents(database: Database) -> None:
    put(database, *(visitor(n, utm={"source": one}) for n, one in enumerate(("Über-uns", "other"))))
    assert asked(database, "utm_source", "UBER") == [("Über-uns", 1)]
    assert asked(database, "utm_source", "nothing like it") == []


def test_a_value_beyond_the_newest_rows_is_found_by_its_beginning(database: Database) -> None:
    put(database, visitor(1, utm={"campaign": "Old one"}), visitor(2, utm={"campaign": "new"}))
    assert asked(database, "utm_campaign", newest=1) == [("new", 1), ("(none)", None)]
    assert asked(database, "utm_campaign", "old", newest=1) == [("Old one", None)]


def test_a_visitors_own_none_is_told_from_none(database: Database) -> None:
    put(database, visitor(1, utm={"source": "(none)"}), visitor(2))
    assert asked(database, "utm_source") == [("((none))", 1), ("(none)", 1)]


def test_words_of_ours_are_offered_though_nobody_has_them(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    stages = asked(database, "stage")
    assert stages[0] == ("finalized", 1)
    assert {value for value, _ in stages} == {
        "resolved", "qualified", "enriched", "validated", "finalized",
    }  # fmt: skip
    assert ("sendable", None) in asked(database, "validity", of="leads")


@pytest.mark.parametrize("of", ["leads", "sessions", "companies", "emails"])
@pytest.mark.parametrize("name", [name for name in FILTERS if has_offers(name)])
@pytest.mark.long_on("postgres")
def test_all_that_is_offered_can_be_asked_for(database: Database, name: str, of: Of) -> None:
    put(database, *(payload(part) for part in PIPELINE))
    values = [value for value, _ in asked(database, name, of=of)]
    assert values or name in {"segment", "list"}
    for value in values:
        Filters.parse({name: value})


@pytest.fixture
def client(database: Database) -> TestClient:
    put(database, visitor(1, utm={"source": "<script>"}))
    route = Route("/api/offers", Offers(lambda: database).respond)
    return TestClient(Starlette(routes=[route]))


@pytest.mark.parametrize(
    ("renamed", "status"), [("session RENAME TO", 503), ("session RENAME utm_source TO", 500)]
)
def test_a_query_that_fails_is_not_taken_for_a_database_that_is_away(
    client: TestClient, database: Database, renamed: str, status: int
) -> None:
    with database.write() as db:
        db.execute(text(f"ALTER TABLE {renamed} gone"))
    answer = client.get("/api/offers", params={"name": "utm_source", "of": "sessions"})
    assert answer.status_code == status


def test_the_route_answers_with_values_and_where_they_were_counted(client: TestClient) -> None:
    answer = client.get("/api/offers", params={"name": "utm_source", "text": "scr\0"})
    assert answer.json() == {
        "values": [["<script>", 1]],
        "among": "Counted in the newest 20,000 visits",
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "asked_for", [{"name": "lead"}, {}, {"name": "utm_source", "of": "secrets"}, {"name": "q"}]
)
def test_the_route_refuses_what_is_no_filter(client: TestClient, asked_for: dict[str, str]) -> None:
    answer = client.get("/api/offers", params=asked_for)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "This filter has no values to suggest."}
