"""What Companies asks, on both databases."""

import itertools
import random
from copy import deepcopy
from typing import Any

import pytest

from dashboard.data.paging import Order
from dashboard.screens.companies import queries
from dashboard.screens.companies.table import COMPANIES
from dashboard.screens.details.queries import received_at
from dashboard.table.definition import Sort, Wanted, rows
from models.projector.rescoring import rescore
from models.scoring import versions
from models.scoring.grade import rank_of
from models.storage.database import Database
from tests.dashboard.deliveries import HOUR_MS, PIPELINE, START_MS, Json, payload, put, worker
from tests.dashboard.screens.live.visitors import lately
from tests.desk import question


def _keys(
    database: Database, order: Order | None = None, *, silent: bool = False, **filters: Any
) -> list[str]:
    """Found and counted the same whether they are gathered or tested one by one."""
    asked, by = question(**filters), order or queries.order(silent=silent)
    with database.read() as db:
        rows = queries.companies(db, asked, silent=silent, order=by).rows
        for most, near in ((2_000, 2_000), (2_000, 1), (0, 2_000), (0, 2)):
            other = by._replace(most_read=most, near=near)
            assert queries.companies(db, asked, silent=silent, order=other).rows == rows
            assert queries.count(db, asked, silent=silent, looked_at=near) == len(rows)
    return [row["key"] for row in rows]


def test_the_company_visited_from_last_stands_first(database: Database) -> None:
    put(database, worker(1, hour=1), worker(2, hour=5), worker(3, hour=3))
    assert _keys(database) == ["firm2.example", "firm3.example", "firm1.example"]


def test_leads_and_visits_are_those_of_people_who_work_there_now(database: Database) -> None:
    put(database, worker(1, domain="acme.example"), worker(2, hour=2, domain="www.ACME.example"))
    with database.read() as db:
        (row,) = queries.companies(db, question()).rows
    assert (row["leads"], row["sessions"]) == (2, 2)
    assert row["last_seen"] == START_MS + 2 * HOUR_MS


def test_past_employers_are_hidden_until_asked_for_and_stand_last(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    assert _keys(database) == ["midbound.ai"]
    everybody = _keys(database, silent=True)
    assert everybody[0] == "midbound.ai"
    assert len(everybody) > 1


def test_a_past_employer_has_no_visits(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        past = queries.companies(db, question(), silent=True).rows[-1]
    assert (past["leads"], past["sessions"], past["last_seen"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"q": "firm 2"}, ["firm2.example"]),
        ({"q": "firm2.ex"}, ["firm2.example"]),
        ({"industry": "Retail"}, ["firm1.example"]),
        ({"funding": "Series A"}, ["firm2.example"]),
        ({"country": "PT"}, ["firm3.example"]),
        ({"min_employees": 100}, ["firm3.example", "firm2.example"]),
        ({"min_employees": 100, "max_employees": 500}, ["firm2.example"]),
        ({"min_growth": 50}, ["firm1.example"]),
        ({"since": START_MS + 3 * HOUR_MS}, ["firm3.example"]),
        ({"until": START_MS + 2 * HOUR_MS}, ["firm2.example", "firm1.example"]),
        ({"since": START_MS + 2 * HOUR_MS, "until": START_MS + 2 * HOUR_MS}, ["firm2.example"]),
        ({"q": "%"}, []),
    ],
)
def test_a_filter_leaves_the_companies_it_is_true_of(
    database: Database, filters: dict[str, Any], found: list[str]
) -> None:
    flat, fast = {"growth": {"yoy": 0}}, {"growth": {"yoy": 80}}
    put(
        database,
        worker(1, hour=1, industry="Retail", employeeCount=8, headcount=fast),
        worker(
            2, hour=2, employeeCount=400, headcount=flat, funding={"lastRoundType": "Series A"}
        ),
        worker(
            3, hour=3, employeeCount=9000, headcount=None, address={"countryCode": "PT"}
        ),
    )  # fmt: skip
    assert _keys(database, **filters) == found


def test_a_search_finds_each_company_once_by_name_or_domain(database: Database) -> None:
    acme = {"domain": "acme.example", "name": "Acme"}
    put(
        database,
        worker(1, hour=1, **acme),
        worker(2, hour=2),
        worker(3, hour=3, domain="acme-two.example", name="Second"),
        worker(4, hour=4, **acme),
        worker(5, hour=5),
    )
    assert _keys(database, q="acme") == ["acme.example", "acme-two.example"]
    until = START_MS + 3 * HOUR_MS
    assert _keys(database, q="acme", until=until) == ["acme-two.example"]


def test_the_word_before_the_colon_of_a_key_is_not_searched(database: Database) -> None:
    put(database, worker(1, domain=None, linkedinId="77", name="Acme"))
    assert (_keys(database, q="linkedin"), _keys(database, q="acme")) == ([], ["linkedin:77"])


def test_a_name_too_long_for_an_index_is_searched_by_its_begin(database: Database) -> None:
    put(database, worker(1, name="Ünion " + "🏢" * 3_000))
    assert _keys(database, q="ünion") == ["firm1.example"]


def test_a_filter_of_visits_means_that_one_of_its_people_made_such_a_visit(
    database: Database,
) -> None:
    put(database, worker(1), worker(2))
    assert _keys(database, channel="paid search") == _keys(database)
    assert _keys(database, device="mobile") == _keys(database, channel="Email") == []


def test_pages_of_the_list_follow_each_other(database: Database) -> None:
    put(database, *(worker(number, hour=number) for number in range(1, 6)))
    with database.read() as db:
        first = queries.companies(db, question(), size=3)
        second = queries.companies(db, question(), size=3, place=first.after)
    assert [row["name"] for row in first.rows + second.rows] == [
        f"Firm {n}" for n in (5, 4, 3, 2, 1)
    ]


_DEFINITION = """
[fit]
seniority = { weight = 9, any = ["vp"] }
employees = { weight = 25, full = [50, 500], zero = [10, 5000] }
industry  = { weight = 15, any = ["Retail", "café"] }
country   = { weight = 10, any = ["US", "Portugal"] }
growth    = { weight = 5.5, full = [10, 1000], zero = [-10, 1000] }
funding   = { weight = 5, any = ["Series A"] }

[intent]
half_life_days = 2
pages = [{ path = "/pricing", points = 20 }, { path = "*", points = 1 }]
"""


@pytest.mark.parametrize("text", [_DEFINITION, "[intent]\nhalf_life_days = 0.1\n"])
def test_a_list_is_sorted_by_scores_page_by_page(database: Database, text: str) -> None:
    versions.save(database, text, "a test")
    rescore(database)
    dice = random.Random(7)
    events = []
    for number in range(40):
        size = dice.choice([None, 0, 9, 11, 60, 500, 700, 4_999, 90_000])
        yoy = dice.choice([None, -40, -3.5, 0, 12, 1_000, 1e6])
        country = dice.choice([None, "US", "PT", "DE"])
        event = worker(
            number,
            domain=f"firm{number % 17}.example",
            employeeCount=size,
            industry=dice.choice([None, "", "retail", "Café ", "Banking"]),
            address={"countryCode": country, "country": country},
            headcount={"total": size, "growth": {"yoy": yoy}},
            funding={"lastRoundType": dice.choice([None, "Series A", "Seed"])},
        )
        event["data"]["session"] |= {"landingPage": f"https://x.example/{number % 3 or 'pricing'}"}
        events.append(lately(event, dice.randrange(20, 60_000)))
    put(database, *events)
    asked = question()
    with database.read() as db:
        for sort, descending in itertools.product(("grade", "fit", "intent", "people_30d"), (0, 1)):
            found: list[list[Any]] = []
            at: str | None = None
            while at or not found:
                assert len(found) < 17
                wanted = Wanted(asked, Sort(sort, bool(descending)), at, size=5)
                page = rows(db, COMPANIES, wanted)
                assert page["sort"] == wanted.sort.text
                found += page["rows"]
                at = page["after"]
            assert len({row[0] for row in found}) == len(found) == 17
            shown = [dict(zip(COMPANIES.columns, row[2:], strict=True)) for row in found]
            ranks = [_rank(one, sort) for one in shown if one[sort] is not None]
            assert ranks == sorted(ranks, reverse=bool(descending)), (sort, descending)
            known = [one[sort] is not None for one in shown]
            assert known == sorted(known, reverse=True)  # those of whom nothing is known come last


def _rank(one: dict[str, Any], sort: str) -> tuple[float, ...]:
    if sort == "grade":
        return rank_of(one["grade"][0]), one["intent"]
    return (one[sort],)


def test_one_company_has_its_visits_summed(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        row = queries.company(db, "midbound.ai")
    assert row
    assert (row["leads"], row["sessions"], row["pageviews"]) == (1, 1, 3)
    assert row["first_seen"] < row["last_seen"]


def test_an_unknown_company_is_none(database: Database) -> None:
    with database.read() as db:
        assert queries.company(db, "nobody.example") is None


def test_its_visitors_come_with_where_they_landed_and_were_last(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        (person,) = queries.visitors(db, "midbound.ai")
    assert person["key"] == "linkedin.com/in/ptrtht"
    assert person["landing_page"] == "https://www.example.com/pricing"
    assert person["last_page"]


def test_its_pages_are_counted_by_view_and_person(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        pages = queries.pages(db, "midbound.ai")
    assert [(page["views"], page["people"]) for page in pages] == [(1, 1)] * 3
    assert "https://www.example.com/pricing" in [page["url"] for page in pages]


def test_a_page_is_one_however_its_address_is_written(database: Database) -> None:
    spellings = (
        "https://www.example.com/pricing", "https://www.example.com/pricing/",
        "http://example.com/pricing?fbclid=1", "https://EXAMPLE.com/pricing#top",
        "https://example.com/Pricing", "https://example.com/%C3%BCber", "https://example.com/über/",
    )  # fmt: skip
    events = [visit(1 + place % 2, f"s{place}", place) for place in range(len(spellings))]
    for event, url in zip(events, spellings, strict=True):
        event["data"]["session"]["events"][0]["url"] = url
    put(database, *events)
    with database.read() as db:
        found = queries.pages(db, "acme.example")
    assert [(page["url"], page["views"], page["people"]) for page in found] == [
        ("http://example.com/pricing", 4, 2),
        ("https://example.com/%C3%BCber", 2, 2),
        ("https://example.com/Pricing", 1, 1),
    ]


def test_a_delivery_says_when_it_came_in(database: Database) -> None:
    event = payload("enriched")
    put(database, event, received_at=START_MS)
    with database.read() as db:
        assert received_at(db, event["id"]) == START_MS
        assert received_at(db, "evt_unknown") is None


def visit(number: int, sid: str, hour: int) -> Json:
    """A visit of one of the workers of `worker`, finalized, that saw a page of its own."""
    event = deepcopy(payload("session.finalized"))
    at = START_MS + hour * HOUR_MS
    event |= {"id": f"evt_{sid}", "created": at + 60_000}
    names = {"sid": sid, "vid": f"01VIS{number:04d}"}
    event["data"]["session"] |= names | {"createdAt": at, "lastActivity": at, "endedAt": at}
    page = event["data"]["session"]["events"][0] | {"url": f"https://example.com/{sid}", "ts": at}
    event["data"]["session"]["events"] = [page]
    event["data"]["enrichment"] = worker(number, domain="acme.example")["data"]["enrichment"]
    return event


@pytest.mark.parametrize(
    ("sessions", "seen"), [(1, "d"), (2, "cd"), (3, "bcd"), (4, "abcd"), (9, "abcd")]
)
def test_pages_are_those_of_the_latest_visits_whoever_made_them(
    database: Database, sessions: int, seen: str
) -> None:
    # Visitor 1 came first and came back: seen later than 2, with a visit before theirs.
    put(database, visit(1, "a", 1), visit(2, "b", 2), visit(1, "c", 3), visit(3, "d", 4))
    with database.read() as db:
        urls = {page["url"] for page in queries.pages(db, "acme.example", of_sessions=sessions)}
    assert urls == {f"https://example.com/{sid}" for sid in seen}
