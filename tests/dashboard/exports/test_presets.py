"""Presets: the exact files that CRM and ad tools get, and what stays out of them."""

import csv
import io
import re
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from dashboard.exports.order import Order, OrderError
from dashboard.exports.preflight import Preflight
from dashboard.exports.presets.presets import PRESETS
from models.storage.database import Database
from tests.dashboard.deliveries import Json, payload, put, visitor
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.desk import catch_up, take_in, this_moment

# Presets are made from the exports, which are tested on both (`test_csv_text`).
pytestmark = pytest.mark.long_on("postgres")

VENDORS_LEAD = {
    "hubspot": (
        "Email,First name,Last name,Job title,Company name,Website URL,Phone number,City,"
        "State/Region,Country/Region,LinkedIn URL,Email validity,Visitor stage,Visits,Page views,"
        "First seen,Last seen,Last page,UTM source,UTM medium,UTM campaign\r\n"
        "peter@midbound.ai,Peter,Toth,Co-Founder & CTO,Midbound,https://midbound.ai,+351913168884,"
        "Lisbon,Lisbon,PT,https://linkedin.com/in/ptrtht,valid,finalized,1,3,"
        "2025-02-14T22:25:06.432Z,2025-02-14T22:28:25.200Z,https://www.example.com/,google,cpc,"
        "q1_brand_awareness\r\n"
    ),
    "salesforce": (
        "FirstName,LastName,Company,Title,Email,Phone,Website,LeadSource,Description\r\n"
        "Peter,Toth,Midbound,Co-Founder & CTO,peter@midbound.ai,+351913168884,https://midbound.ai,"
        "Web,Visits: 1; page views: 3; last seen: 2025-02-14T22:28:25.200Z; last page: "
        "https://www.example.com/; campaign: google / cpc / q1_brand_awareness; LinkedIn: "
        "https://linkedin.com/in/ptrtht\r\n"
    ),
    "linkedin-contacts": (
        "email,firstname,lastname,jobtitle,employeecompany,country\r\n"
        "peter@midbound.ai,Peter,Toth,Co-Founder & CTO,Midbound,PT\r\n"
    ),
    "linkedin-companies": (
        "companyname,companywebsite,companypageurl,stocksymbol,industry,city,country\r\n"
        "Midbound,https://midbound.ai,https://linkedin.com/company/midbound,,Software Development,"
        "Wilmington,US\r\n"
    ),
    "google-customer-match": (
        "Email,Phone,First Name,Last Name,Country,Zip\r\n"
        + ",".join(
            sha256(text.encode()).hexdigest()
            for text in ("peter@midbound.ai", "+351913168884", "peter", "toth")
        )
        + ",PT,1100\r\n"
    ),
    "google-conversions": (
        "Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency\r\n"
        "CjwKCAjw9pGjBhB-EiwAr9MdJFk2Xn,Qualified visit,2025-02-14 22:25:11+0000,,\r\n"
    ),
    "sendable": (
        "email,full_name,company_domain,validity\r\n"
        "peter@midbound.ai,Peter Toth,midbound.ai,valid\r\n"
    ),
}


@pytest.fixture
def filled(database: Database) -> Database:
    take_in(database, vendors_examples())
    catch_up(database)
    return database


def _file(database: Database, preset: str, **given: str) -> tuple[str, Preflight]:
    order = Order.parse(PRESETS[preset].table, {"preset": preset, **given}, this_moment())
    preflight = order.new_preflight()
    assert preflight
    with database.read() as db:
        return "".join(order.stream(db, preflight)), preflight


def _rows(database: Database, preset: str, **given: str) -> list[dict[str, str]]:
    text, _ = _file(database, preset, **given)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _preflight(database: Database, preset: str, **given: str) -> Preflight:
    with database.read() as db:
        found = Order.parse(
            PRESETS[preset].table, {"preset": preset, **given}, this_moment()
        ).preflight(db)
    assert found
    return found


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _hostile(number: int = 1) -> Json:
    """A visitor whose every word a spreadsheet would run."""
    event = visitor(
        number, first="=cmd|' /C calc'!A0", last='@SUM(1+1)*"x"\r\n=2', email="+1+1@example.com",
        title="-2+3", company="\t=1", page="=HYPERLINK(\"http://127.0.0.1:9/\")",
        utm={"source": "=1", "medium": "+1", "campaign": "@x"},
    )  # fmt: skip
    event["data"]["identity"]["phones"] = ["=1+351913168884"]
    event["data"]["identity"]["location"] = {"city": "=1", "country": "=1"}
    event["data"]["session"]["gclid"] = "=1+1CjwKCAjw9pGjBhBEiwAr9MdJFk2Xn"
    return event


@pytest.mark.parametrize("preset", PRESETS)
def test_the_vendors_example_gives_exactly_this_file(filled: Database, preset: str) -> None:
    assert _file(filled, preset)[0] == VENDORS_LEAD[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_cell_of_a_hostile_lead_is_a_formula(database: Database, preset: str) -> None:
    put(database, _hostile())
    text, _ = _file(database, preset)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_a_hostile_lead_reaches_a_crm_quoted_and_without_what_is_no_key(database: Database) -> None:
    put(database, _hostile())
    (row,) = _rows(database, "hubspot")
    assert row["First name"] == "'=cmd|' /C calc'!A0"
    assert row["Last name"] == "'@SUM(1+1)*\"x\"\r\n'=2"
    assert (row["Email"], row["Phone number"]) == ("", "")
    assert (row["Company name"], row["UTM campaign"]) == ("'\t'=1", "'@x")


def test_linkedin_matches_names_without_quotes(database: Database) -> None:
    put(database, visitor(1, first="=Ann", last="@Lee", company="-Acme", email="ann@example.com"))
    (row,) = _rows(database, "linkedin-contacts")
    assert (row["firstname"], row["lastname"], row["employeecompany"]) == ("Ann", "Lee", "Acme")


def test_customer_match_hashes_what_is_trimmed_and_lower_cased(database: Database) -> None:
    event = visitor(1, first="  José ", last="DE LA CRUZ", email="Jose.Cruz@Example.COM")
    event["data"]["identity"]["phones"] = ["+1 (415) 555-0123"]
    put(database, event)
    (row,) = _rows(database, "google-customer-match")
    assert row == {
        "Email": _hash("jose.cruz@example.com"),
        "Phone": _hash("+14155550123"),
        "First Name": _hash("josé"),
        "Last Name": _hash("de la cruz"),
        "Country": "",
        "Zip": "",
    }


def test_customer_match_hashes_nothing_that_is_missing(database: Database) -> None:
    event = visitor(1, email="a@example.com")
    event["data"]["identity"]["phones"] = ["020 7946 0000"]
    put(database, event)
    (row,) = _rows(database, "google-customer-match")
    assert [name for name, cell in row.items() if cell] == ["Email"]


def test_offline_conversions_hold_nothing_personal(filled: Database) -> None:
    text, _ = _file(filled, "google-conversions")
    personal = ("peter", "toth", "midbound", "linkedin", "351913168884", "lisbon", "01kg", "@")
    assert [word for word in personal if word in text.lower()] == []


@pytest.mark.parametrize(
    "gclid", ["ann.lee@example.com-EiwAr9MdJFk2Xn", "+351913168884", "Ann Lee, 12 High Street", "x"]
)
def test_what_a_visitor_wrote_for_a_click_id_stays_out(database: Database, gclid: str) -> None:
    event = payload("qualified")
    event["data"]["session"]["gclid"] = gclid
    put(database, event)
    preflight = _preflight(database, "google-conversions")
    assert (preflight.rows, preflight.left_out) == (0, {"no usable click id (gclid)": 1})


@pytest.mark.parametrize(
    ("events", "stage", "time"),
    [
        (("resolved",), "qualified", None),
        (("resolved",), "resolved", "2025-02-14 22:25:08+0000"),
        (("resolved", "validated"), "enriched", "2025-02-14 22:25:21+0000"),
        (("resolved", "session.finalized"), "enriched", "2025-02-14 22:30:15+0000"),
        (("resolved", "session.finalized"), "validated", None),
        (("resolved", "qualified"), "finalized", None),
        (("session.finalized",), "finalized", "2025-02-14 22:30:15+0000"),
    ],
    ids=str,
)
def test_a_conversion_is_the_moment_a_session_reached_the_stage(
    database: Database, events: tuple[str, ...], stage: str, time: str | None
) -> None:
    put(database, *(payload(name) for name in events))
    rows = _rows(database, "google-conversions", conversion_stage=stage)
    times = [row["Conversion Time"] for row in rows]
    assert times == ([time] if time else [])


def test_a_visit_finalized_without_enrichment_is_no_qualified_one(database: Database) -> None:
    last = payload("session.finalized")
    last["data"] |= {"enrichment": None}
    last["data"]["session"]["enrichments"] = None
    put(database, payload("resolved"), last)
    assert _preflight(database, "google-conversions").left_out == {"not qualified": 1}


def test_conversion_options_fill_their_columns(filled: Database) -> None:
    (row,) = _rows(
        filled, "google-conversions", conversion_stage="Enriched", conversion_value="12.50",
        conversion_currency="eur",
    )  # fmt: skip
    assert list(row.values())[1:] == ["Enriched visit", "2025-02-14 22:25:18+0000", "12.50", "EUR"]


def test_a_row_without_what_a_tool_requires_is_left_out_and_counted(database: Database) -> None:
    put(
        database,
        visitor(1, first="Ann", last="Lee", company="Acme", email="ann@example.com"),
        visitor(2, first="Ann", email="two@example.com", company="Acme"),
        visitor(3, first="Ann", last="Lee"),
        visitor(4),
    )
    assert _preflight(database, "salesforce").left_out == {"no last name": 1, "no company": 1}
    assert _preflight(database, "hubspot").left_out == {"no email, first or last name": 1}
    assert _preflight(database, "linkedin-contacts").rows == 2


def test_a_full_name_alone_is_taken_apart(filled: Database) -> None:
    with filled.write() as db:
        db.exec_driver_sql(
            "UPDATE lead SET first_name = NULL, last_name = NULL, full_name = 'Ana Sofia Dias'"
        )
    (row,) = _rows(filled, "salesforce")
    assert (row["FirstName"], row["LastName"]) == ("Ana Sofia", "Dias")


def test_hubspot_gets_an_address_once_of_who_was_seen_last(database: Database) -> None:
    events = [visitor(number, email="info@example.com") for number in (1, 2, 3)]
    for number, event in enumerate(events):
        event["data"]["session"]["createdAt"] += (number % 2) * 60_000
    put(database, *events)
    text, preflight = _file(database, "hubspot")
    assert preflight.left_out == {"another row, seen more recently, has the same email": 2}
    assert "2025-02-14T22:26:06.432Z" in text


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        ("valid_catch_all", None),
        ("catch_all", "the domain accepts mail for any address, so it can't be told"),
        ("invalid", "mail would bounce"),
        (None, "no verdict yet"),
    ],
)
def test_sendable_is_what_a_check_found_so(
    database: Database, verdict: str | None, why: str | None
) -> None:
    event = payload("validated")
    event["data"]["validations"][0]["validity"] = verdict
    put(database, event)
    assert _preflight(database, "sendable").left_out == ({why: 1} if why else {})


def test_an_address_of_several_leads_is_sent_to_once(database: Database) -> None:
    checked = payload("validated")
    checked["data"]["validations"][0] |= {"email": "info@example.com", "validity": "valid"}
    put(database, *(visitor(number, email="info@example.com") for number in (1, 2)), checked)
    assert len(_rows(database, "sendable")) == 1


def test_text_is_cut_to_what_a_tool_takes(database: Database) -> None:
    put(database, visitor(1, first="A" * 80, last="=" + "B" * 90, title="T" * 200,
                          company="C" * 300, email=f"{'e' * 90}@example.com"))  # fmt: skip
    (lead,) = _rows(database, "salesforce")
    assert [len(lead[name]) for name in ("FirstName", "LastName", "Company", "Title", "Email")] == [
        40, 80, 255, 128, 0,
    ]  # fmt: skip
    (contact,) = _rows(database, "linkedin-contacts")
    assert [len(cell) for cell in contact.values()][1:] == [35, 35, 50, 50, 0]


def test_preflight_counts_what_the_file_holds(filled: Database) -> None:
    put(filled, *(visitor(number, first="Ann", last=str(number)) for number in range(20)))
    text, counted = _file(filled, "linkedin-contacts")
    assert _preflight(filled, "linkedin-contacts") == counted
    assert text.count("\r\n") == counted.rows + 1


def test_preflight_speaks_in_sentences(filled: Database) -> None:
    assert _preflight(filled, "linkedin-companies").lines() == [
        "LinkedIn company list: 1 of 2 rows qualify",
        "1 left out: no visitor works there now",
        "A LinkedIn company list needs at least 300 rows",
    ]
    with filled.write() as db:
        db.exec_driver_sql("UPDATE lead SET email_validity = 'invalid'")
    assert _preflight(filled, "hubspot").warnings() == [
        "1 with an address that bounces; filter by email status to leave them out"
    ]
    assert _preflight(filled, "hubspot", q="nobody").warnings() == [
        "The file would contain only its header"
    ]


def test_more_rows_than_a_tool_takes_are_warned_of() -> None:
    preflight = Preflight(PRESETS["salesforce"], rows=50_001)
    assert "at most 50,000 rows" in preflight.warnings()[0]


def test_a_header_of_the_users_own_template_is_laid_over(filled: Database) -> None:
    text, _ = _file(filled, "linkedin-contacts", header='Email,First,Last,"Title, job",=Firm,Land')
    assert text.splitlines()[0] == 'Email,First,Last,"Title, job",\'=Firm,Land'


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("leads", {"preset": "outlook"}, "preset must be one of hubspot, salesforce"),
        ("companies", {"preset": "hubspot"}, "preset must be one of linkedin-companies"),
        ("quarantine", {"preset": "hubspot"}, "quarantine has no presets"),
        ("leads", {"preset": "hubspot", "columns": "email"}, "columns can't be chosen"),
        ("leads", {"preset": "linkedin-contacts", "header": "a,b"}, "must have 6 names"),
        ("leads", {"header": "a,b"}, "header needs a preset"),
        ("leads", {"preset": "hubspot", "conversion_value": "1"}, "google-conversions"),
        ("sessions", {"preset": "google-conversions", "conversion_stage": "won"}, "must be one of"),
        ("sessions", {"preset": "google-conversions", "conversion_value": "=1"}, "an amount"),
        ("sessions", {"preset": "google-conversions", "conversion_currency": "€"}, "three letters"),
        ("leads", {"columns": "email,salary"}, "columns must be some of lead, full_name"),
        ("leads", {"columns": "email,email"}, "each once"),
        ("leads", {"min_pages": "3 or so"}, "min_pages must be a whole number"),
        ("leads", {"q": "a\0b"}, "q has characters"),
        ("leads", {"q": "\udcff"}, "q has characters"),
    ],
    ids=str,
)
def test_what_can_t_be_made_is_refused_in_words(
    name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(OrderError, match=re.escape(said)):
        Order.parse(name, given, this_moment())


def test_a_file_is_named_after_what_it_holds() -> None:
    day = date(2026, 11, 22)
    assert Order.parse("leads", {}, this_moment()).filename(day) == "leads-2026-11-22.csv"
    given = {"preset": "salesforce"}
    assert Order.parse("leads", given, this_moment()).filename(day) == "salesforce-2026-11-22.csv"


def test_columns_come_in_the_order_asked_for(filled: Database) -> None:
    order = Order.parse("leads", {"columns": "phone, email"}, this_moment())
    with filled.read() as db:
        text = "".join(order.stream(db))
    assert text == "phone,email\r\n+351913168884,peter@midbound.ai\r\n"
