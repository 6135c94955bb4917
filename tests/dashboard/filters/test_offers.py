"""Values offered as one types: by what the newest rows have, on both databases."""

import pytest
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.filters import offers
from dashboard.filters.offers import Of, has_offers, offered
from dashboard.filters.offers_route import Offers
from models.filters.leads import leads_match
from models.filters.names import FILTERS
from models.filters.query import Filters
from models.storage.database import Database
from models.tables import LEAD
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.desk import question


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


def test_pages_that_differ_by_case_are_offered_apart_and_read_back(database: Database) -> None:
    """`page` compares with case; a decoded `?` begins no query."""
    paths = ("/Demo", "/demo", "/demo", "/who%3F", "/100%2525")
    its = (visitor(n, page=f"https://acme.com{path}") for n, path in enumerate(paths))
    put(database, *its)
    offers = asked(database, "page", "")
    assert [offer for offer in offers if offer[1]] == [
        ("/demo", 2), ("/100%2525", 1), ("/Demo", 1), ("/who%3F", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["industry", "company_country", "funding"])
def test_as_many_leads_match_as_are_offered(database: Database, name: str) -> None:
    """Among them somebody whose employer has no such value, and somebody without an employer."""
    unknown = payload("enriched")
    unknown["data"]["attribution"] |= {"vid": "v-unknown", "sessionId": "s-unknown"}
    unknown["data"]["session"] |= {"vid": "v-unknown", "sid": "s-unknown"}
    unknown["data"]["query"]["value"] = "https://linkedin.com/in/unknown"
    unknown["data"]["enrichment"] = {
        "person": {
            "linkedinUrl": "https://linkedin.com/in/unknown",
            "employments": [{"company": {"_type": "full", "name": "Z", "domain": "z.dev"}}],
        },
        "companies": [],
    }
    put(database, *(payload(part) for part in PIPELINE), unknown | {"id": "evt_u"}, visitor(7))
    counts = dict(asked(database, name, of="leads"))
    assert counts["(none)"] == 2
    for value, count in counts.items():
        assert leads(database, **{name: value}) == count
    assert leads(database, **{f"{name}.not": "(none)"}) == 1


def leads(database: Database, **filters: str) -> int:
    """How many match."""
    with database.read() as db:
        query = select(LEAD.c.key).where(leads_match(question(filters)))
        return len(db.execute(query).all())


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
