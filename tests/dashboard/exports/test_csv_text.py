"""Exports: exact text, filters, and what a spreadsheet or CRM makes of it."""

import csv
import io
import json
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.exports.csv_text import stream
from dashboard.screens.leads.queries import leads
from dashboard.screens.live.queries import feed
from models.exports.cells import bare_text, number, phone, safe_text, safe_texts, time
from models.exports.columns import EXPORTS
from models.filters.times import FilterError
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor, worker
from tests.desk import DERIVED, catch_up, exported, question, take_in
from tests.processes import ROOT
from tests.reference.events import Delivery
from tests.reference.leads import COLUMNS, quoted

PAYLOADS = ROOT / "models" / "payloads" / "examples"


def vendors_examples() -> list[Delivery]:
    found = []
    for file in sorted(PAYLOADS.glob("*.json")):
        body = file.read_bytes()
        found.append(Delivery(json.loads(body)["id"], 1_739_572_300_000, body))
    return found


@pytest.fixture(scope="module")
def filled(shared: Database) -> Database:
    take_in(shared, vendors_examples())
    catch_up(shared)
    return shared


def _rows(database: Database, name: str, **filters: str) -> list[dict[str, str]]:
    with database.read() as db:
        text = "".join(stream(db, name, question(filters)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_vendors_examples_give_one_lead(filled: Database) -> None:
    assert exported(filled)["leads"] == (
        "lead,full_name,first_name,last_name,email,email_validity,phone,linkedin_url,job_title,"
        "company,company_domain,city,country,stage,sessions,pageviews,first_seen,last_seen,"
        "last_page,utm_source,utm_medium,utm_campaign,fit,fit_known,intent,grade,"
        "scoring_version,seniority,department,channel,owner,status\r\n"
        "linkedin.com/in/ptrtht,Peter Toth,Peter,Toth,peter@midbound.ai,valid,+351913168884,"
        "https://linkedin.com/in/ptrtht,Co-Founder & CTO,Midbound,midbound.ai,Lisbon,PT,finalized,"
        "1,3,2025-02-14T22:25:06.432Z,2025-02-14T22:28:25.200Z,https://www.example.com/,google,"
        "cpc,q1_brand_awareness,,,0,?4,1,c_level,engineering,Paid Search,,new\r\n"
    )


def test_the_vendors_examples_give_one_session(filled: Database) -> None:
    (row,) = _rows(filled, "sessions")
    assert (row["duration_seconds"], row["pageviews"], row["bot_score"], row["device"]) == (
        "198", "3", "95", "desktop",
    )  # fmt: skip


@pytest.mark.parametrize("name", DERIVED)
def test_columns_are_those_that_others_rely_on(name: str) -> None:
    assert [column.name for column in EXPORTS[name][0]] == COLUMNS[name].split()


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        ({"q": "TOTH"}, 1),
        ({"q": "midbound"}, 1),
        ({"q": "peter.toth@GMAIL"}, 1),
        ({"q": "100%"}, 0),
        ({"utm_campaign": "q1_brand_awareness", "utm_source": "google"}, 1),
        ({"utm_campaign": "Q1_brand_awareness"}, 1),
        ({"utm_campaign.not": "Q1_Brand_Awareness"}, 0),
        ({"utm_campaign.has": "BRAND"}, 1),
        ({"utm_term": "visitor identification"}, 1),
        ({"stage": "finalized"}, 1),
        ({"stage": "Resolved"}, 0),
        ({"validity": "valid"}, 1),
        ({"validity": "unchecked"}, 0),
        ({"company": "midbound.ai"}, 1),
        ({"company": "MIDBOUND"}, 1),
        ({"company": "prevco.io"}, 0),
        ({"country": "pt"}, 1),
        ({"pid": "mdb_pxl_01KGR7E2S9JK6813H42SCG3QLP"}, 1),
        ({"pid": "other"}, 0),
        ({"since": "2025-02-14", "until": "2025-02-14"}, 1),
        ({"since": "2025-02-15"}, 0),
        ({"until": "2025-02-14T22:28:25.200Z"}, 1),
        ({"until": "2025-02-14T22:28:25.199Z"}, 0),
        ({"since": "2025-02-14T23:28:25.200+01:00"}, 1),
        ({"q": "", "stage": ""}, 1),
    ],
    ids=str,
)
def test_filters_choose_leads(filled: Database, given: dict[str, str], leads: int) -> None:
    assert len(_rows(filled, "leads", **given)) == leads


@pytest.mark.parametrize(
    ("name", "given", "count"),
    [
        ("sessions", {"utm_medium": "cpc"}, 1),
        ("sessions", {"stage": "enriched"}, 0),
        ("sessions", {"utm_campaign": "(none)"}, 0),
        ("sessions", {"touch": "last", "utm_medium": "cpc"}, 1),
        ("sessions", {"touch": "first", "utm_medium": "(none)"}, 0),
        ("sessions", {"leads": "qualified", "validity": "sendable"}, 1),
        ("sessions", {"leads": "new", "until": "2025-02-13"}, 0),
        ("sessions", {"hot": "yes"}, 1),
        ("sessions", {"hot": "no"}, 0),
        ("leads", {"utm_term": "(none)"}, 0),
        ("sessions", {"validity": "valid", "company": "midbound.ai"}, 1),
        ("emails", {}, 2),
        ("emails", {"validity": "unchecked"}, 1),
        ("emails", {"validity": "valid", "country": "PT"}, 1),
        ("companies", {}, 2),
        ("emails", {"validity": "sendable"}, 1),
        ("companies", {"validity": "valid"}, 1),
        ("companies", {"validity": "error"}, 0),
        ("companies", {"stage": "finalized"}, 1),
        ("companies", {"country": "PT"}, 1),
        ("companies", {"since": "2025-01-01"}, 1),
        ("companies", {"q": "prevco"}, 1),
        ("quarantine", {"since": "2025-01-01"}, 0),
    ],
    ids=str,
)
def test_filters_choose_in_the_other_exports(
    filled: Database, name: str, given: dict[str, str], count: int
) -> None:
    assert len(_rows(filled, name, **given)) == count


def test_unchecked_are_addresses_that_nobody_checked_not_leads_without_one(
    database: Database,
) -> None:
    put(database, visitor(1, first="Ann", email="ann@x.example"), visitor(2, first="Ben"))
    for name, key in (("leads", "lead"), ("sessions", "lead"), ("emails", "lead")):
        assert [row[key] for row in _rows(database, name, validity="unchecked")] == [
            "ann@x.example"
        ]


def test_a_company_without_a_name_is_called_by_its_domain_in_files_and_on_screens_alike(
    database: Database,
) -> None:
    put(database, worker(1, name=None))
    with database.read() as db:
        (shown,) = leads(db, question()).rows
        (visit,) = feed(db)
    written = [row["company"] for name in ("leads", "sessions") for row in _rows(database, name)]
    assert [shown["company"], visit["company"], *written] == ["firm1.example"] * 4


@pytest.mark.parametrize(
    ("called", "asked"),
    [
        ("Acme  Widgets", "Acme Widgets"),
        ("Acme  Widgets", "Acme  Widgets"),
        ("Acme\u00a0Widgets ", "acme widgets"),
        ("Łódź Straße O\u2019Neil", "lodz strasse o'neil"),
        ("Acme", "WWW.firm1.example"),
    ],
)
def test_a_company_is_found_by_its_name_however_it_is_written(
    database: Database, called: str, asked: str
) -> None:
    # One is known by the company's profile, one by its name only.
    put(database, worker(1, name=called), worker(2), visitor(3, company=called))
    for name, count in (("leads", 2), ("sessions", 2), ("companies", 1)):
        found = len(_rows(database, name, company=asked))
        assert found == (1 if "example" in asked else count)
    assert len(_rows(database, "companies", q=called)) == 1


@pytest.mark.parametrize(
    "given", [{"since": "soon"}, {"stage": "bought"}, {"color": "red"}, {"until": "1969-12-31"},
     {"hot": "maybe"}, {"touch": "middle"}, {"leads": "rich"}, {"q": "a b c d e f g h i j k l m"}],
)  # fmt: skip
def test_a_bad_filter_is_refused_in_words(given: dict[str, str]) -> None:
    with pytest.raises(FilterError):
        question(given)


@pytest.mark.parametrize("name", ["leads", "sessions", "companies", "emails"])
def test_error_chooses_by_the_newest_check_and_keeps_the_older_verdict(
    database: Database, name: str
) -> None:
    failed = json.loads((PAYLOADS / "identity.validated.json").read_bytes())
    failed |= {"id": "evt_failed", "created": failed["created"] + 86_400_000}
    failed["data"]["validations"][0] |= {
        "validity": None,
        "error": {"code": "timeout", "message": "No answer"},
    }
    newest = Delivery("evt_failed", 1_739_572_300_000, json.dumps(failed).encode())
    take_in(database, [*vendors_examples(), newest])
    catch_up(database)
    rows = {validity: _rows(database, name, validity=validity) for validity in ("error", "valid")}
    assert len(rows["error"]) == len(rows["valid"]) == 1


def test_quarantine_refuses_filters_that_say_nothing_of_it(filled: Database) -> None:
    with pytest.raises(FilterError, match="quarantine"):
        _rows(filled, "quarantine", country="PT")


def test_a_current_employer_has_the_lead_a_past_one_has_none(filled: Database) -> None:
    counts = {row["company"]: (row["leads"], row["sessions"]) for row in _rows(filled, "companies")}
    assert counts == {"midbound.ai": ("1", "1"), "prevco.io": ("0", "0")}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+cmd", "'+cmd"), ("-2", "'-2"), ("@x", "'@x"), ("\tx", "'\tx"),
        ("\rx", "'\rx"), ("a=b", "a=b"), ("", ""), (None, ""), ("\nx", "'\nx"),
        ("\uff1d1", "'\uff1d1"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"),
        ("\uff20x", "'\uff20x"), ("x;=cmd|a", "x;'=cmd|a"), ("x\t+1", "x\t'+1"), ("x;y", "x;y"),
        ("x\n-1", "x\n'-1"), ("x\r@y", "x\r'@y"), ("x\r\n=y", "x\r\n'=y"), ("x\r\ny", "x\r\ny"),
        ("=;=", "'=;'="), ("a\n\nb", "a\n'\nb"), (";\uff1d", ";'\uff1d"), ("a; =b", "a; =b"),
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_gets_a_quote(cell: str | None, written: str) -> None:
    assert safe_text(cell) == written


@given(st.text(st.sampled_from("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n;, 'aé")))
def test_no_part_of_a_cell_begins_with_a_mark_for_whoever_splits_it(text: str) -> None:
    written = safe_text(text)
    assert written == quoted(text) == safe_texts([text])[0]
    for part in re.split(r"[;\t]|\r\n|\r|\n", written):
        assert part[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20")
    bare = bare_text(text)
    assert safe_text(bare) == bare


def test_phones_keep_their_plus_only_as_e164() -> None:
    assert (phone("+351913168884"), phone("+1 555"), phone(None)) == (
        "+351913168884", "'+1 555", "",
    )  # fmt: skip


def test_numbers_and_times_are_written_for_machines() -> None:
    assert [number(v) for v in (8.0, 12.5, -3.0, 0, None)] == ["8", "12.5", "-3", "0", ""]
    assert time(1_739_571_906_432) == "2025-02-14T22:25:06.432Z"
    assert time(253_402_300_799_999) == "9999-12-31T23:59:59.999Z"


def _many(count: int) -> list[Delivery]:
    example: dict[str, Any] = json.loads((PAYLOADS / "identity.resolved.json").read_text())
    found = []
    for place in range(count):
        example["id"] = f"evt_{place}"
        session, identity = example["data"]["session"], example["data"]["identity"]
        session.update(vid=f"v{place}", sid=f"s{place}", landingTitle="x" * 500)
        identity.update(linkedinUrl=None, emails=[])
        found.append(Delivery(f"evt_{place}", 1, json.dumps(example).encode()))
    return found


def _peak(database: Database) -> int:
    """Most bytes that Python held while exporting sessions."""
    with database.read() as db:
        next(iter(stream(db, "sessions", question())))  # what is loaded once
    with database.read() as db:
        tracemalloc.start()
        for _ in stream(db, "sessions", question()):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.long
def test_memory_stays_flat_however_many_rows_there_are(database: Database) -> None:
    deliveries = _many(6000)
    take_in(database, deliveries[:2000])
    catch_up(database)
    few = _peak(database)
    take_in(database, deliveries[2000:])
    catch_up(database)
    assert _peak(database) < 1.2 * few
