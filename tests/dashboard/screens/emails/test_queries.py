"""What Emails asks, on both databases."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Connection, select

from dashboard.data.paging import Order
from dashboard.screens.emails import queries
from dashboard.screens.emails.held import FEW
from models.filters.query import Question
from models.ledger import deliveries as ledger
from models.projection.addresses import MOST_COPIED
from models.storage.database import Database
from models.tables import LEAD
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor, worker
from tests.dashboard.screens.emails.checks import DAY_MS, MONDAY_MS, check
from tests.desk import question
from tests.models.projection.days import story


def _statuses(database: Database, **filters: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    with database.read() as db:
        for row in queries.addresses(db, question(**filters)).by_status:
            found[row["status"]] += row["addresses"]
    return dict(found)


@pytest.mark.parametrize("validity", ["valid", "valid_catch_all", "catch_all", "invalid"])
def test_an_address_counts_as_its_verdict(database: Database, validity: str) -> None:
    put(database, visitor(1, email="a@x.example"), check(1, "a@x.example", validity))
    assert _statuses(database) == {validity: 1}


def test_an_address_without_a_check_counts_as_unchecked(database: Database) -> None:
    put(database, visitor(1, email="a@x.example"))
    assert _statuses(database) == {"unchecked": 1}


def test_an_address_whose_newest_check_failed_counts_as_error(database: Database) -> None:
    put(
        database,
        visitor(1, email="a@x.example"),
        check(1, "a@x.example", "valid"),
        check(1, "a@x.example", None, day=1, error="timeout"),
    )
    with database.read() as db:
        (row,) = queries.addresses(db, question()).by_status
    assert (row["status"], row["is_kept"]) == ("error", True)


def test_a_verdict_nobody_knows_yet_counts_as_other(database: Database) -> None:
    put(database, visitor(1, email="a@x.example"), check(1, "a@x.example", "risky"))
    assert _statuses(database) == {"other": 1}


def test_an_address_that_two_leads_hold_counts_once_and_is_listed_twice(
    database: Database,
) -> None:
    first, second = visitor(1, email="a@x.example"), visitor(2, email="a@x.example")
    for number, event in enumerate((first, second)):
        event["data"]["identity"]["linkedinUrl"] = f"https://linkedin.com/in/person-{number}"
    put(database, first, second)
    with database.read() as db:
        rows = queries.emails(db, question()).rows
        assert queries.count(db, question()) == 2
    assert _statuses(database) == {"unchecked": 1}
    assert [row["email"] for row in rows] == ["a@x.example"] * 2


def test_an_address_of_several_sessions_is_listed_once(database: Database) -> None:
    again = visitor(2, email="a@x.example")
    put(database, visitor(1, email="a@x.example"), again)
    with database.read() as db:
        assert len(queries.emails(db, question()).rows) == queries.count(db, question()) == 1


def test_a_week_begins_on_monday_and_holds_the_newest_check(database: Database) -> None:
    put(
        database,
        visitor(1, email="a@x.example"),
        check(1, "a@x.example", "invalid", day=-1),
        check(1, "a@x.example", "valid", day=6),
    )
    with database.read() as db:
        (row,) = queries.addresses(db, question()).by_status
    assert row["week"] == MONDAY_MS // DAY_MS


def test_domains_are_the_employers_and_the_fullest_stand_first(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE), visitor(1, email="a@x.example"))
    with database.read() as db:
        rows = queries.addresses(db, question()).by_domain
    assert {row["domain"] for row in rows} == {"midbound.ai"}
    assert sum(row["addresses"] for row in rows) == sum(_statuses(database).values()) - 1


ONLY: list[dict[str, Any]] = [
    {}, {"since": 0}, {"since": 1}, {"q": "worker"}, {"company": "Nowhere"},
    {"utm_source": "google"}, {"utm_source": "(none)"}, {"country": "PT"}, {"stage": "enriched"},
    {"validity": "valid"},
]  # fmt: skip


ALWAYS = {"country.not": "ZZ"}
"""True of everybody; with it the leads are looked at, whatever else is asked."""


def _fill(database: Database) -> None:
    """With addresses of each kind that `ONLY` asks for."""
    ledger.keep(database, story(seed=3, visitors=120))
    shared = (worker(2), worker(3), worker(1, domain=None, linkedinId="77", name="Nowhere"))
    for event in shared:
        event["data"]["enrichment"]["person"]["email"] = "both@x.example"
    # A firm without a domain, a verdict nobody knows, a failed check over an older verdict.
    put(
        database,
        *shared,
        check(1, "odd@x.example", "risky"),
        check(2, "both@x.example", "valid"),
        check(2, "both@x.example", None, day=1, error="timeout"),
    )


def test_addresses_are_counted_alike_by_the_database_and_by_reading_them(
    database: Database,
) -> None:
    _fill(database)
    with database.read() as db:
        for only in ONLY:
            filters = question(**only)
            asked = queries.addresses(db, filters, most_read=0)
            read = queries.addresses(db, question(**only, **ALWAYS))
            assert (_sorted(read), read.by_domain) == (_sorted(asked), asked.by_domain), only
            assert read.rows == asked.rows == queries.count(db, filters) > 0, only
        found, three = (queries.addresses(db, question(), domains=few) for few in (20, 3))
    assert {"other", "error"} < {row["status"] for row in found.by_status}
    assert found.rows > sum(row["addresses"] for row in found.by_status) > 50
    assert not [row for row in found.by_domain if ":" in row["domain"]]
    first = list(dict.fromkeys(row["domain"] for row in found.by_domain))[:3]
    assert three.by_domain == [row for row in found.by_domain if row["domain"] in first]


@pytest.mark.parametrize("order", [queries.ORDER, queries.small("validity", descending=True)])
def test_few_who_are_looked_up_give_what_all_give(database: Database, order: Order) -> None:
    _fill(database)

    def answer(db: Connection, asked: Question, few: int, near: int) -> list[Any]:
        by = order._replace(near=near)
        page = queries.emails(db, asked, order=by, size=7, few=few)
        after = queries.emails(db, asked, order=by, size=7, few=few, place=page.after)
        counted = queries.addresses(db, asked, few=few)
        assert queries.some(db, asked, near=near) == counted.rows or "validity" in str(asked)
        return [page, after, _sorted(counted), counted.by_domain, counted.rows]

    with database.read() as db:
        for only in ONLY:
            for verdict in ({}, {"validity.not": "valid"}):
                asked = question(**only, **verdict)
                expected = answer(db, asked, FEW, 2_000)
                for few, near in ((0, 2_000), (0, 1), (FEW, 1), (FEW, 3)):
                    assert answer(db, asked, few, near) == expected, (asked.filters, few, near)
            assert queries.emails(db, question(**only)).rows, only


def _sorted(found: queries.Addresses) -> list[str]:
    counted: Counter[tuple[object, ...]] = Counter()
    for row in found.by_status:  # of verdicts nobody knows there may be several in a week
        counted[row["status"], row["week"], row["is_kept"]] += row["addresses"]
    return sorted(map(repr, counted.items()))


def test_the_list_says_why_the_newest_check_failed(database: Database) -> None:
    put(
        database,
        visitor(1, email="a@x.example"),
        check(1, "a@x.example", "valid"),
        check(1, "a@x.example", None, day=1, error="timeout"),
    )
    with database.read() as db:
        (row,) = queries.emails(db, question()).rows
    assert (row["validity"], row["check_error"]) == ("valid", "timeout")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"validity": "invalid"}, ["b@x.example"]),
        ({"validity": "unchecked"}, ["c@x.example"]),
        ({"q": "anna"}, ["a@x.example"]),
        ({"utm_campaign": "spring"}, ["b@x.example"]),
    ],
)
def test_a_filter_leaves_the_addresses_it_is_true_of(
    database: Database, filters: dict[str, Any], found: list[str]
) -> None:
    put(
        database,
        visitor(1, first="Anna", email="a@x.example"),
        visitor(2, email="b@x.example", utm={"campaign": "spring"}),
        visitor(3, email="c@x.example"),
        check(1, "a@x.example", "valid"),
        check(2, "b@x.example", "invalid"),
    )
    with database.read() as db:
        assert [row["email"] for row in queries.emails(db, question(**filters)).rows] == found
        assert queries.count(db, question(**filters)) == len(found)


def test_a_filter_of_companies_means_the_holders_employer(database: Database) -> None:
    put(database, visitor(1, first="Ann", email="ann@x.example"))
    with database.read() as db:
        assert queries.addresses(db, question(industry="Retail")).rows == 0
        assert queries.addresses(db, question({"industry.not": "Retail"})).rows == 1


@pytest.mark.parametrize("near", [1, 2, 1000])
def test_a_search_finds_the_same_near_and_far(database: Database, near: int) -> None:
    names = ("Anna", "Bert", "Annika", "Carl", "Hanna")
    put(
        database,
        *(visitor(n, first=name, email=f"{n}@x.example") for n, name in enumerate(names)),
    )
    order = queries.ORDER._replace(near=near)
    with database.read() as db:
        found = queries.emails(db, question(q="ann"), order=order).rows
    assert sorted(row["full_name"] for row in found) == ["Anna", "Annika"]


def test_a_lead_that_holds_very_many_is_listed_and_counted_as_others_are(
    database: Database,
) -> None:
    firms = {1: "firm1.example", 2: "firm2.example"}
    many = [f"{number:03}@many.example" for number in range(MOST_COPIED + 20)]
    held = {1: ["one@x.example", many[7]], 2: many}
    for number, its in held.items():
        arrival = worker(number, hour=number)
        arrival["data"]["enrichment"]["emailValidations"] = [
            {"email": email, "validity": "valid", "provider": "p"} for email in its
        ]
        put(database, arrival)
    put(database, check(2, many[3], "invalid", day=30))
    leads = {number: f"linkedin.com/in/worker-{number}" for number in held}
    listed = [(email, leads[number]) for number in (2, 1) for email in sorted(held[number])[::-1]]
    with database.read() as db:
        rows, place = [], None
        while True:
            page = queries.emails(db, question(), place=place, size=50)
            rows += [(row["email"], row["lead"]) for row in page.rows]
            if page.after is None:
                break
            place = page.after
        assert rows == listed
        back = queries.emails(db, question(), place=page.before, size=50)
        before = listed[: -len(page.rows)][-50:]
        assert [(row["email"], row["lead"]) for row in back.rows] == before
        late = db.execute(select(LEAD.c.last_seen).where(LEAD.c.key == leads[2])).scalar_one()
        for filters, numbers in (
            ({}, (1, 2)),
            ({"since": late}, (2,)),
            ({"until": late - 1}, (1,)),
            ({"company": "firm2.example"}, (2,)),
            ({"since": late, "company": "firm2.example"}, (2,)),
            ({"stage": "enriched"}, (1,)),
        ):
            asked = question(filters)
            found = queries.addresses(db, asked)
            addresses = {email for number in numbers for email in held[number]}
            assert sum(row["addresses"] for row in found.by_status) == len(addresses)
            assert found.rows == sum(len(held[number]) for number in numbers)
            assert queries.count(db, asked) == queries.some(db, asked) == found.rows
            by_domain: Counter[str] = Counter()
            for row in found.by_domain:
                by_domain[row["domain"]] += row["addresses"]
            assert by_domain == {firms[number]: len(held[number]) for number in numbers}
