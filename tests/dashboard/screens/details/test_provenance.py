"""Behind each fact of the lead page stands the delivery that it came from."""

from typing import Any

from dashboard.screens.leads.queries import leads
from models.storage.database import Database
from tests.dashboard.deliveries import payload, put, visitor
from tests.dashboard.screens.leads.test_queries import later_visit, page
from tests.desk import question


def test_each_fact_names_the_delivery_it_came_from(database: Database) -> None:
    qualified, enriched = payload("qualified"), payload("enriched")
    # The one has no title and no place, the other no phone: each fact is of whoever told it.
    person = enriched["data"]["enrichment"]["person"]
    person["employments"][0]["title"] = None
    enriched["data"]["session"] = None
    put(database, qualified, enriched)
    top, contact = (page(database)[name] for name in ("top", "contact"))
    sources = {fact["label"]: fact["delivery"] for fact in [*top["role"], *top["marks"], *contact]}
    assert sources | {"Name": top["delivery"], "Headline": top["headline"]["delivery"]} == {
        "Name": enriched["id"],
        "Headline": enriched["id"],
        "Title": qualified["id"],
        "Company": enriched["id"],
        "Visits": None,
        "Page views": None,
        "First seen": qualified["id"],
        "Last seen": qualified["id"],
        "Stage": enriched["id"],
        "Phone": qualified["id"],
        "LinkedIn": enriched["id"],
        "Lives in": enriched["id"],
    }


def test_first_and_last_seen_are_of_the_visits_they_say(database: Database) -> None:
    put(database, *(later_visit("session.finalized", n, days=n) for n in (2, 1, 3)))
    _, _, first_seen, last_seen, stage = page(database)["top"]["marks"]
    assert first_seen["delivery"] == "evt_visit_0001"
    assert last_seen["delivery"] == stage["delivery"] == "evt_visit_0003"


def test_the_furthest_stage_is_of_a_delivery_that_reached_it(database: Database) -> None:
    put(database, payload("enriched"), later_visit("resolved", 2, days=1))
    stage = page(database)["top"]["marks"][-1]
    assert (stage["text"], stage["delivery"]) == ("Enriched", payload("enriched")["id"])


def test_an_employer_known_by_name_only_is_of_who_named_it(database: Database) -> None:
    named = visitor(1, first="Ana", company="Acme")
    put(database, named)
    _, company = page(database, "01VIS0001")["top"]["role"]
    assert (company["text"], company["delivery"]) == ("Acme", named["id"])


def identified(number: int, days: int, *phones: str) -> dict[str, Any]:
    event = later_visit("qualified", number, days)
    event["data"]["identity"]["phones"] = list(phones)
    return event


def test_every_phone_is_shown_once_the_newest_blocks_first(database: Database) -> None:
    # Two blocks of one session, and one of another.
    older = identified(1, 0, "+351910000001", "+351910000002", "+351910000001")
    # A number as people of Portugal write theirs, and one that no phone there can have.
    newer = identified(1, 0, "913 168 884", "020 7946 0000", "+351910000002")
    newer |= {"id": "evt_newer", "created": newer["created"] + 1}
    put(database, newer, older, identified(2, 3, "+351910000003"), identified(3, 4))
    shown = [fact for fact in page(database)["contact"] if fact["label"] == "Phone"]
    assert [(fact["text"], fact["delivery"], fact["is_phone"]) for fact in shown] == [
        ("+351910000003", "evt_visit_0002", True),
        ("+351913168884", "evt_newer", True),
        ("+351910000002", "evt_newer", True),
        ("+351910000001", "evt_visit_0001", True),
    ]
    with database.read() as db:
        (lead,) = leads(db, question()).rows
    assert lead["phone"] == "+351910000003"
