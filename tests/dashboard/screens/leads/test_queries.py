"""What the lead list and the lead page ask and say, on both databases."""

from copy import deepcopy
from typing import Any

import pytest

from dashboard.screens.details import lead_page, queries
from dashboard.screens.details.raw_event import delivery_that_says, laid_out
from dashboard.screens.leads.queries import ORDERS, count, leads
from models.annotations.mentions import moved_to
from models.ledger.deliveries import exact_body
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.desk import question

PETER = "linkedin.com/in/ptrtht"
DAY_MS = 86_400_000


def later_visit(name: str, number: int, days: int) -> dict[str, Any]:
    """One of the vendor's events again, as another visit so many days later."""
    event = deepcopy(payload(name))
    event["id"] = f"evt_visit_{number:04d}"
    event["created"] += days * DAY_MS
    session = event["data"]["session"]
    session["sid"] = f"01VISIT{number:04d}"
    for field in ("createdAt", "endedAt", "lastActivity"):
        if session.get(field):
            session[field] += days * DAY_MS
    for page in session.get("events", ()):
        page["ts"] += days * DAY_MS
    if "attribution" in event["data"]:
        event["data"]["attribution"]["sessionId"] = session["sid"]
    return event


def page(database: Database, key: str = PETER, visits: int = 20) -> dict[str, Any]:
    with database.read() as db:
        data = lead_page.page_data(db, key, visits)
    assert data
    return data


def test_list_sorts_and_pages(database: Database) -> None:
    put(database, *(visitor(n, first=f"Guest {n}") for n in (2, 3, 1)))
    with database.read() as db:
        one = leads(db, question(), order=ORDERS["name"], size=2)
        two = leads(db, question(), order=ORDERS["name"], size=2, place=one.after)
    names = [[row["full_name"] for row in page.rows] for page in (one, two)]
    assert names == [["Guest 1", "Guest 2"], ["Guest 3"]]


def test_list_has_those_without_a_name_last(database: Database) -> None:
    put(database, visitor(1), visitor(2, first="Zoë"))
    with database.read() as db:
        found = [row["full_name"] for row in leads(db, question(), order=ORDERS["name"]).rows]
    assert found == ["Zoë", None]


def test_list_finds_by_name_address_and_company(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE), visitor(1, first="Ana"))
    for text in ("PETER", "peter.toth@gmail", "midbound"):
        with database.read() as db:
            assert [row["key"] for row in leads(db, question(q=text)).rows] == [PETER]


def test_count_is_of_what_the_filters_choose(database: Database) -> None:
    put(database, payload("qualified"), visitor(1), visitor(2))
    with database.read() as db:
        assert (count(db, question()), count(db, question(stage="qualified"))) == (3, 1)


def test_the_vendors_session_is_three_pages_of_53_90_and_55_seconds(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    (visit,) = page(database)["visits"]
    pages = [row for row in visit["rows"] if row["kind"] == "page"]
    assert [(row["url"], row["dwell"]) for row in pages] == [
        ("https://www.example.com/pricing", "53 s"),
        ("https://www.example.com/features", "90 s"),
        ("https://www.example.com/", "55 s"),
    ]
    assert [row["outlink"] for row in pages] == [
        None,
        None,
        "https://calendly.com/example-inc/demo",
    ]


def test_what_came_in_stands_between_the_pages_by_its_time(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    (visit,) = page(database)["visits"]
    shown = [row.get("stage") or row["at"] for row in visit["rows"]]
    assert shown == ["0:00", 1, 2, 3, 4, "0:53", "2:23", 5]


def test_a_validated_event_says_what_it_found(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    (visit,) = page(database)["visits"]
    notes = {row["stage"]: row["notes"] for row in visit["rows"] if row["kind"] == "event"}
    assert notes[4] == ["peter@midbound.ai: Valid"]
    assert notes[5] == []


def test_visits_are_newest_first_and_name_the_gap_between(database: Database) -> None:
    put(database, payload("session.finalized"), later_visit("session.finalized", 2, days=6))
    newest, first = page(database)["visits"]
    assert (newest["number"], newest["gap"]) == ("2nd visit", "6 days later")
    assert (first["number"], first["gap"]) == ("First visit", None)


def test_only_the_newest_visits_are_read_and_the_last_ones_gap_is_known(database: Database) -> None:
    put(database, *(later_visit("session.finalized", n, days=n) for n in range(5)))
    data = page(database, visits=2)
    assert [visit["number"] for visit in data["visits"]] == ["5th visit", "4th visit"]
    assert data["visits"][1]["gap"] == "1 day later"
    assert data["earlier"] == 3


def test_best_address_says_why(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    best, other = page(database)["emails"]
    assert (best["address"], best["validity"], best["kind"]) == (
        "peter@midbound.ai",
        "valid",
        "professional",
    )
    assert best["why"] == "Shown everywhere: it has the best verdict."
    assert (other["address"], other["why"]) == ("peter.toth@gmail.com", None)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([], "The only address known."),
        ([("invalid", 1)], "Shown everywhere: it has the best verdict."),
        ([("valid", 2)], "Shown everywhere: no verdict is better, and it is professional."),
        ([("valid", 1)], "Shown everywhere: first alphabetically among equally good ones."),
    ],
)
def test_reason_is_what_sets_the_best_address_apart(
    others: list[tuple[str, int]], reason: str
) -> None:
    emails = [{"validity": "valid", "kind": 1}]
    emails += [{"validity": validity, "kind": kind} for validity, kind in others]
    assert lead_page.why_best(emails) == reason


def test_every_check_on_an_address_is_kept_with_its_delivery(database: Database) -> None:
    failed = payload("validated")
    failed["id"], failed["created"] = "evt_failed", failed["created"] + DAY_MS
    failed["data"]["validations"][0] |= {
        "validity": None,
        "error": {"code": "timeout", "message": "No answer"},
    }
    put(database, payload("qualified"), payload("validated"), failed)
    best = page(database)["emails"][0]
    assert (best["validity"], best["failed"]) == ("valid", "No answer")
    assert [(check["delivery"], check["failed"]) for check in best["checks"]] == [
        ("evt_failed", "No answer"),
        (payload("validated")["id"], None),
    ]


def test_page_views_are_missing_until_a_visit_is_over(database: Database) -> None:
    put(database, visitor(1))
    views = page(database, "01VIS0001")["top"]["marks"][1]
    assert (views["label"], views["text"]) == ("Page views", None)


def test_company_card_shows_what_is_missing_as_missing(database: Database) -> None:
    event = payload("enriched")
    company = {"name": "Midbound", "_type": "full", "domain": "midbound.ai"}
    event["data"]["enrichment"]["companies"] = [company]
    event["data"]["enrichment"]["person"]["employments"][0]["company"] = company
    put(database, event)
    card = page(database)["company"]
    assert [number["text"] for number in card["numbers"]] == [None] * 6


def test_company_card_writes_its_numbers_for_reading(database: Database) -> None:
    put(database, payload("enriched"))
    card = page(database)["company"]
    assert [number["text"] for number in card["numbers"]] == [
        "8",
        "+300%",
        "1–5 M USD",
        "$2,000,000",
        "Pre-Seed, Jul 2024",
        "42,000",
    ]


def test_first_visit_and_first_and_latest_campaign_are_three_visits(database: Database) -> None:
    direct = later_visit("qualified", 4, days=-2)
    untagged = later_visit("qualified", 3, days=9)
    for event in (direct, untagged):
        event["data"]["session"] |= {"utm": {}, "referrer": None}
    second = later_visit("qualified", 2, days=6)
    second["data"]["session"]["utm"] = {"source": "linkedin", "campaign": "spring"}
    put(database, payload("qualified"), second, untagged, direct)
    touches = page(database)["touches"]
    assert [(touch["label"], touch["text"]) for touch in touches] == [
        ("First visit", "direct"),
        ("First campaign", "google / cpc · q1_brand_awareness"),
        ("Latest campaign", "linkedin · spring"),
    ]


def test_a_campaign_that_led_to_the_first_visit_says_so(database: Database) -> None:
    put(database, payload("qualified"))
    first, campaign = page(database)["touches"]
    assert (first["text"], first["label"]) == ("google / cpc · q1_brand_awareness", "First visit")
    assert (campaign["text"], campaign["label"]) == ("the same visit", "First campaign")


def test_a_lead_without_any_campaign_is_said_to_have_none(database: Database) -> None:
    put(database, visitor(1))
    first, campaign = page(database, "01VIS0001")["touches"]
    assert (first["text"], campaign["text"]) == ("direct", None)


def test_addresses_with_a_verdict_that_is_new_to_us_are_listed(database: Database) -> None:
    event = payload("validated")
    known = event["data"]["validations"][0]
    event["data"]["validations"] = [known, known | {"email": "p@toth.example"}]
    event["data"]["validations"][1]["validity"] = "unheard_of"
    put(database, payload("qualified"), event)
    emails = page(database)["emails"]
    assert "unheard_of" in [email["validity"] for email in emails]


def test_colleagues_are_the_others_of_the_company(database: Database) -> None:
    colleague = payload("enriched")
    colleague["id"] = "evt_colleague"
    colleague["data"]["session"] |= {"sid": "01COLLEAGUE", "vid": "01OTHER"}
    colleague["data"]["enrichment"]["person"] |= {
        "linkedinUrl": "https://linkedin.com/in/ana",
        "fullName": "Ana Lima",
    }
    colleague["data"]["enrichment"]["emailValidations"] = None
    put(database, payload("enriched"), colleague)
    (found,) = page(database)["colleagues"]
    assert (found["key"], found["who"]) == ("linkedin.com/in/ana", "Ana Lima")


def test_colleagues_may_be_known_by_the_companys_name_only(database: Database) -> None:
    put(database, *(visitor(n, first=f"Guest {n}", company="Acme") for n in (1, 2)), visitor(3))
    (found,) = page(database, "01VIS0001")["colleagues"]
    assert found["who"] == "Guest 2"


def test_somebody_of_whom_nothing_is_known_has_a_page(database: Database) -> None:
    put(database, visitor(1))
    data = page(database, "01VIS0001")
    assert (data["emails"], data["company"], data["career"], data["colleagues"]) == (
        [],
        None,
        None,
        [],
    )
    assert data["top"]["known"] is False


def test_a_key_that_names_nobody_has_no_page(database: Database) -> None:
    with database.read() as db:
        assert lead_page.page_data(db, "linkedin.com/in/nobody", 20) is None
        assert moved_to(db, "linkedin.com/in/nobody") is None


def test_an_older_key_leads_to_who_they_are_now(database: Database) -> None:
    put(database, payload("qualified"))
    vid = payload("qualified")["data"]["session"]["vid"]
    with database.read() as db:
        assert moved_to(db, vid) == PETER
        assert moved_to(db, "peter.toth@gmail.com") == PETER


def test_raw_event_is_the_exact_body_that_was_signed(database: Database) -> None:
    put(database, payload("qualified"))
    with database.read() as db:
        found = queries.delivery(db, payload("qualified")["id"])
    assert found
    assert exact_body(found["body"]).startswith(b'{"id": "evt_01KH5FWB7Q2N5Y8T0C3J6M9RXA"')
    assert (found["webhook_timestamp"], found["webhook_signature"]) == ("1", "v1,test")


def test_the_delivery_of_an_unchecked_address_is_the_first_that_says_it(database: Database) -> None:
    put(database, payload("validated"), payload("qualified"))
    with database.read() as db:
        found = queries.deliveries_with(db, PETER, "peter.toth@gmail.com")
    assert delivery_that_says("peter.toth@gmail.com", found) == payload("qualified")["id"]


def test_a_body_that_is_no_json_is_shown_as_it_is() -> None:
    assert laid_out(b"\xff<b>no") == "\ufffd<b>no"


def test_a_lone_surrogate_in_a_body_does_not_break_its_page() -> None:
    assert laid_out(b'"\\ud800"') == '"?"'


def test_an_erased_body_is_empty() -> None:
    assert exact_body(b"") == b""
