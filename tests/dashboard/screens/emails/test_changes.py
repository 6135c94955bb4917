"""Which changes of verdict Emails tells, on both databases."""

from typing import Any

import pytest

from dashboard.screens.emails.changes import changed
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor, worker
from tests.dashboard.screens.emails.checks import DAY_MS, MONDAY_MS, check
from tests.desk import question


def test_a_change_of_verdict_has_both_and_when(database: Database) -> None:
    put(
        database,
        visitor(1, email="a@x.example"),
        check(1, "a@x.example", "catch_all"),
        check(1, "a@x.example", None, day=1, error="timeout"),
        check(1, "a@x.example", "catch_all", day=2),
        check(1, "a@x.example", "valid", day=5),
        check(1, "a@x.example", "valid", day=9),
    )
    with database.read() as db:
        (change,) = changed(db, question())
    assert change == {
        "email": "a@x.example",
        "before": "catch_all",
        "before_at": MONDAY_MS + 2 * DAY_MS,
        "after": "valid",
        "after_at": MONDAY_MS + 5 * DAY_MS,
    }


def test_the_same_verdict_again_is_no_change(database: Database) -> None:
    put(
        database,
        visitor(1, email="a@x.example"),
        check(1, "a@x.example", "valid"),
        check(1, "a@x.example", "valid", day=3),
    )
    with database.read() as db:
        assert changed(db, question()) == []


def test_changes_are_of_the_addresses_filtered_for(database: Database) -> None:
    put(
        database,
        visitor(1, first="Anna", email="a@x.example"),
        check(1, "a@x.example", "invalid"),
        check(1, "a@x.example", "valid", day=3),
    )
    with database.read() as db:
        assert changed(db, question(q="somebody else")) == []


@pytest.mark.parametrize("few", [0, 10])
@pytest.mark.parametrize(
    "chosen",
    [
        {"q": "anna"},
        {"utm_source": "news"},
        {"company": "Acme"},
        {"validity": "valid", "q": "anna"},
    ],
)
def test_of_two_who_changed_the_filtered_one_is_told(
    database: Database, chosen: dict[str, Any], few: int
) -> None:
    for number, one in enumerate(
        (
            {"first": "Anna", "utm": {"source": "news"}, "company": "Acme"},
            {"first": "Bert", "utm": {"source": "ads"}, "company": "Other"},
        )
    ):
        address = f"a{number}@x.example"
        put(
            database,
            visitor(number, email=address, **one),
            check(number, address, "invalid"),
            check(number, address, "valid", day=3),
        )
    with database.read() as db:
        found = changed(db, question(**chosen), few=few)
        assert [row["email"] for row in found] == ["a0@x.example"]


@pytest.mark.parametrize("other", range(5))
def test_a_change_is_told_beside_an_address_that_many_hold(database: Database, other: int) -> None:
    for number in range(5):
        arrival = worker(number)
        own = "one@x.example" if number == other else "all@x.example"
        arrival["data"]["enrichment"]["emailValidations"] = [
            {"email": own, "validity": "invalid", "provider": "p"}
        ]
        put(database, arrival)
    put(database, check(9, "one@x.example", "valid", day=9_000))
    with database.read() as db:
        found = changed(db, question(leads="employed"), few=2)
    assert [row["email"] for row in found] == ["one@x.example"]
