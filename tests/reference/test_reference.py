"""Each merge rule once, on examples small enough to work out by hand."""

import csv
import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.processes import ROOT
from tests.reference.events import Delivery
from tests.reference.leads import COLUMNS, exports
from tests.reference.streams import random_stream, streams, without_conflicts

PAYLOADS = ROOT / "models" / "payloads" / "examples"
T0 = 1_739_571_900_000  # 2025-02-14T22:25:00Z, ms

Row = dict[str, str]
Json = dict[str, object]


def iso2(country: str | None) -> str | None:
    return {"Portugal": "PT", "pt": "PT"}.get(country or "", country)


def describe_agent(agent: str | None) -> tuple[str | None, str | None]:
    return ("Desktop", "Chrome") if agent else (None, None)


def channel_of(
    source: str | None,
    medium: str | None,
    referrer: str | None,
    _landing_page: str | None,
    has_gclid: bool,  # noqa: FBT001 - as the reference asks
) -> str:
    if source or medium or has_gclid:
        return "Paid Search"
    return "Referral" if referrer else "Direct"


def meaning_of(title: str) -> tuple[str, str]:
    return ("c_level" if "CTO" in title else "other", "other")


def export(deliveries: list[Delivery]) -> dict[str, str]:
    return exports(
        deliveries,
        describe_agent=describe_agent,
        iso2=iso2,
        channel_of=channel_of,
        meaning_of=meaning_of,
    )


def rows(name: str, *deliveries: Delivery) -> list[Row]:
    text = export(list(deliveries))[name]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sent(kind: str, at: int, data: Json, webhook_id: str = "") -> Delivery:
    """Deliver an event created `at` seconds after T0, and with `at` in its ids."""
    body = {"id": f"evt_{at}", "type": f"identity.{kind}", "created": T0 + at * 1000, "data": data}
    return Delivery(webhook_id or f"msg_{at}", T0, json.dumps(body).encode())


def seen(at: int, vid: str, sid: str, *emails: str, url: str | None = None) -> Delivery:
    identity = {"emails": [{"value": email} for email in emails], "linkedinUrl": url}
    attribution = {"vid": vid, "sessionId": sid}
    return sent("resolved", at, {"attribution": attribution, "identity": identity})


def checked(at: int, email: str, validity: str | None, error: str | None = None) -> Delivery:
    check = {"email": email, "validity": validity, "provider": f"p{at}", "error": {"code": error}}
    data: Json = {"attribution": {"vid": "v", "sessionId": "s"}, "validations": [check]}
    return sent("validated", at, data)


def enriched(at: int, person: Json | None, *companies: Json) -> Delivery:
    enrichment = {"person": person, "companies": companies}
    return sent(
        "enriched", at, {"attribution": {"vid": "v", "sessionId": "s"}, "enrichment": enrichment}
    )


def finalized(at: int, **session: object) -> Delivery:
    return sent("session.finalized", at, {"session": {"vid": "v", "sid": "s", **session}})


def leads_of(*deliveries: Delivery) -> dict[str, str]:
    return {row["sid"]: row["lead"] for row in rows("sessions", *deliveries)}


def vendors_examples() -> list[Delivery]:
    bodies = [path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))]
    return [Delivery(json.loads(body)["id"], T0, body) for body in bodies]


def test_the_vendors_five_examples_are_one_lead_peter_toth() -> None:
    assert export(vendors_examples())["leads"] == (
        COLUMNS["leads"].replace(" ", ",") + "\r\n"
        "linkedin.com/in/ptrtht,Peter Toth,Peter,Toth,peter@midbound.ai,valid,+351913168884,"
        "https://linkedin.com/in/ptrtht,Co-Founder & CTO,Midbound,midbound.ai,Lisbon,PT,finalized,"
        "1,3,2025-02-14T22:25:06.432Z,2025-02-14T22:28:25.200Z,https://www.example.com/,"
        "google,cpc,q1_brand_awareness,,,0,?4,1,c_level,other,Paid Search,,new\r\n"
    )


def test_the_vendors_five_examples_in_the_other_exports() -> None:
    found = export(vendors_examples())
    assert found["sessions"].splitlines()[1] == (
        "01KH5FW03R8XCZQ7PCYNV4ND1H,01KH5FW03RXBE3EZGHKW8V1J7M,linkedin.com/in/ptrtht,Peter Toth,"
        "Midbound,finalized,2025-02-14T22:25:06.432Z,2025-02-14T22:28:28.955Z,"
        "2025-02-14T22:28:25.200Z,198,3,https://www.example.com/pricing,https://www.google.com/,"
        "google,cpc,q1_brand_awareness,visitor identification,,CjwKCAjw9pGjBhB-EiwAr9MdJFk2Xn,,"
        "PT,Lisbon,Europe/Lisbon,Desktop,Chrome,95,Paid Search"
    )
    assert found["companies"].splitlines()[1:] == [
        (
            "midbound.ai,midbound.ai,Midbound,Software Development,8,1000000,5000000,USD,2024,US,"
            "2000000,Pre-Seed,300,42000,1,1,2025-02-14T22:28:25.200Z"
        ),
        "prevco.io,prevco.io,PrevCo,Software Development,85,,,,2019,PT,,,,,0,0,",
    ]
    assert found["emails"].splitlines()[1:] == [
        "peter.toth@gmail.com,linkedin.com/in/ptrtht,Peter Toth,midbound.ai,,,,",
        (
            "peter@midbound.ai,linkedin.com/in/ptrtht,Peter Toth,midbound.ai,valid,"
            "millionverifier,,2025-02-14T22:25:21.377Z"
        ),
    ]
    assert found["quarantine"] == "webhook_id,type,received_at,error\r\n"


def test_a_sessions_own_url_comes_before_its_visitors_newest() -> None:
    own = seen(1, "v", "s1", url="linkedin.com/in/a")
    other = seen(2, "v", "s2", url="linkedin.com/in/b")
    unnamed = seen(3, "v", "s3")
    assert leads_of(own, other, unnamed) == {
        "s1": "linkedin.com/in/a",
        "s2": "linkedin.com/in/b",
        "s3": "linkedin.com/in/b",
    }


def test_a_chain_of_visitors_is_one_human_named_after_the_best_address() -> None:
    chain = [
        seen(1, "v1", "s1", "d@x.io"),
        seen(2, "v2", "s2", "d@x.io", "c@x.io"),
        seen(3, "v3", "s3", "c@x.io", "b@x.io"),
        seen(4, "v4", "s4", "B@X.io "),
    ]
    assert set(leads_of(*chain).values()) == {"b@x.io"}


def test_role_addresses_join_and_name_nobody() -> None:
    two = [seen(1, "v1", "s1", "info@x.io"), seen(2, "v2", "s2", "info@x.io")]
    assert leads_of(*two) == {"s1": "v1", "s2": "v2"}


@pytest.mark.parametrize(("urls", "lead"), [("a", "linkedin.com/in/a"), ("ab", "m@x.io")])
def test_a_shared_address_leads_to_a_url_if_it_belongs_to_exactly_one(urls: str, lead: str) -> None:
    named = [seen(i, f"u{i}", f"t{i}", "m@x.io", url=f"linkedin.com/in/{url}")
             for i, url in enumerate(urls)]  # fmt: skip
    assert leads_of(seen(9, "v", "s", "m@x.io"), *named)["s"] == lead


def test_a_sessions_vid_is_that_of_its_earliest_event() -> None:
    assert rows("sessions", seen(2, "late", "s"), seen(1, "early", "s"))[0]["vid"] == "early"


def test_events_with_one_created_and_id_are_ordered_by_webhook_id() -> None:
    data: Json = {"attribution": {"vid": "v", "sessionId": "s"}}

    def one(webhook_id: str, url: str) -> Delivery:
        return sent("resolved", 1, data | {"identity": {"linkedinUrl": url}}, webhook_id)

    last, first = one("msg_b", "linkedin.com/in/b"), one("msg_a", "linkedin.com/in/a")
    assert leads_of(last, first) == {"s": "linkedin.com/in/b"}


def test_a_finalized_sessions_facts_beat_newer_ones_and_come_whole() -> None:
    newer: Json = {"session": {"vid": "v", "sid": "s", "createdAt": T0 - 9000, "referrer": "r"}}
    events = [{"signal": "pageview", "url": "u", "ts": T0 + 5999}, {"signal": "x", "ts": T0}]
    row = rows("sessions", finalized(1, createdAt=T0, events=events), sent("resolved", 2, newer))[0]
    assert (row["started_at"], row["last_activity"], row["duration_seconds"], row["pageviews"]) == (
        "2025-02-14T22:25:00.000Z",
        "2025-02-14T22:25:05.999Z",
        "5",
        "1",
    )
    assert (row["referrer"], row["stage"]) == ("", "finalized")


def test_a_session_without_session_object_starts_with_its_earliest_event() -> None:
    row = rows("sessions", seen(7, "v", "s"), seen(3, "v", "s"))[0]
    assert row["started_at"] == row["last_activity"] == "2025-02-14T22:25:03.000Z"
    assert (row["duration_seconds"], row["pageviews"], row["ended_at"]) == ("", "", "")


def test_the_profile_with_the_newest_as_of_is_taken_whole() -> None:
    url = "linkedin.com/in/a"
    fresh: Json = {"linkedinUrl": url, "firstName": "New", "enrichedAt": "2025-02-14T22:25:01Z"}
    stale: Json = {"linkedinUrl": url, "firstName": "Old", "lastName": "Old",
                   "enrichedAt": "2025-02-13"}  # fmt: skip
    assert rows("leads", enriched(5, fresh), enriched(9, stale))[0]["full_name"] == "New"
    in_the_future = stale | {"enrichedAt": "2030-01-01"}  # counts as of its event
    assert (
        rows("leads", enriched(5, fresh), enriched(9, in_the_future))[0]["full_name"] == "Old Old"
    )


def test_a_field_missing_in_the_profile_comes_from_the_newest_block_that_has_it() -> None:
    def block(at: int, **identity: object) -> Delivery:
        data: Json = {"attribution": {"vid": "v", "sessionId": "s"}, "identity": identity}
        return sent("qualified", at, data)

    row = rows(
        "leads",
        enriched(1, {"linkedinUrl": "linkedin.com/in/a", "firstName": "Ann"}),
        block(2, demographics={"firstName": "X", "lastName": "Lee"}, phones=["", 5, "+3611234567"]),
        block(3, demographics={"lastName": ""}, phones=[], professional={"companyName": "Acme"}),
    )[0]
    assert (row["full_name"], row["phone"], row["company"]) == ("Ann Lee", "+3611234567", "Acme")


def test_a_full_company_beats_a_newer_basic_one() -> None:
    full: Json = {"domain": "www.Acme.com", "_type": "full", "employeeCount": 8.0}
    basic: Json = {"domain": "acme.com", "_type": "basic", "employeeCount": 9, "industry": "x"}
    row = rows("companies", enriched(1, None, full), enriched(2, None, basic))[0]
    assert (row["company"], row["employee_count"], row["industry"]) == ("acme.com", "8", "")
    assert (row["leads"], row["sessions"]) == ("1", "1")


def test_the_current_employer_comes_before_the_newest_enrichments_first_company() -> None:
    jobs = [{"endDate": "2024-01", "company": {"name": "Past"}}, {"company": {"name": "Now  Inc"}}]
    person: Json = {"linkedinUrl": "linkedin.com/in/a", "employments": jobs}
    companies: list[Json] = [{"name": " "}, {"linkedinId": "7", "name": "Seven"}]
    assert rows("leads", enriched(1, person, *companies))[0]["company"] == "Now  Inc"
    assert rows("leads", enriched(1, None, *companies))[0]["company"] == "Seven"


def test_a_null_verdict_erases_none_and_its_error_stands_until_a_clean_check() -> None:
    failed = [checked(1, "a@x.io", "valid"), checked(2, "a@x.io", None, "timeout")]
    row = rows("emails", *failed)[0]
    assert (row["validity"], row["provider"], row["error_code"]) == ("valid", "p1", "timeout")
    assert row["checked_at"] == "2025-02-14T22:25:01.000Z"
    row = rows("emails", *failed, checked(3, "a@x.io", "invalid"))[0]
    assert (row["validity"], row["provider"], row["error_code"]) == ("invalid", "p3", "")


def test_the_email_shown_is_the_best_by_verdict_then_alphabetical() -> None:
    seen_all = seen(1, "v", "s", "d@x.io", "c@x.io", "b@x.io", "a@x.io")
    deliveries = [seen_all, checked(2, "a@x.io", "invalid")]
    assert rows("leads", *deliveries)[0]["email"] == "b@x.io"
    deliveries += [checked(3, "b@x.io", "unheard_of"), checked(4, "d@x.io", "catch_all")]
    assert rows("leads", *deliveries)[0]["email"] == "d@x.io"


def test_the_last_page_is_the_latest_page_events_else_the_latest_landing_page() -> None:
    landed: Json = {"session": {"vid": "v", "sid": "s2", "createdAt": T0, "landingPage": "/land"}}
    other = sent("resolved", 1, landed)
    assert rows("leads", other)[0]["last_page"] == "/land"
    events = [{"url": "/1", "ts": T0}, {"url": "/2", "ts": T0}, {"url": None, "ts": T0 + 1}]
    assert rows("leads", other, finalized(2, events=events))[0]["last_page"] == "/2"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"\xff",
        b'{"id": "", "type": "identity.resolved", "created": 1, "data": {}}',
        b'{"id": "e", "type": "new", "created": 1.5}',
        b'{"id": "e", "type": "new", "created": true}',
        b'{"id": "e", "type": "new", "created": 253402300800000}',
        b'{"id": "e", "type": "identity.resolved", "created": 1, "data": {}}',
    ],
)
def test_what_cannot_be_read_is_quarantined_beside_its_neighbours(body: bytes) -> None:
    found = export([Delivery("bad", T0, body), seen(1, "v", "s")])
    assert found["quarantine"].splitlines()[1].startswith("bad,")
    assert len(found["leads"].splitlines()) == 2


@pytest.mark.parametrize(
    ("data", "quarantined"),
    [
        ({"identity": {"emails": [1]}}, True),
        ({"identity": {"emails": {}}}, True),
        ({"identity": {"emails": [{"value": 5}], "phones": 7}}, False),
        ({"identity": []}, False),
        ({"session": {"createdAt": "x"}}, True),
        ({"session": {"createdAt": "", "vid": "\0", "utm": 5}}, False),
        ({"session": {"sid": 5}}, True),
        ({"session": {"events": 5, "lastActivity": "x", "enrichments": 5}}, False),
    ],
)
def test_only_broken_ids_times_and_lists_quarantine(data: Json, *, quarantined: bool) -> None:
    one = sent("resolved", 1, {"attribution": {"vid": "v", "sessionId": "s"}, **data})
    assert bool(rows("quarantine", one)) == quarantined


def test_an_unknown_type_is_kept_without_error_or_meaning() -> None:
    found = export([sent("new_thing", 1, {"attribution": 5})])
    assert all(len(text.splitlines()) == 1 for text in found.values())


def test_the_first_body_under_a_webhook_id_stays() -> None:
    assert leads_of(seen(1, "v", "s"), Delivery("msg_1", T0 + 1, b"{")) == {"s": "v"}


def test_formulas_are_disarmed_and_rows_sorted_in_code_point_order() -> None:
    text = export([seen(1, "=v", "=s"), seen(2, "w", "\U0001f600"), seen(3, "x", "\uffee")])
    assert [line.split(",")[:2] for line in text["sessions"].splitlines()[1:]] == [
        ["'=s", "'=v"],
        ["\uffee", "x"],
        ["\U0001f600", "w"],
    ]


@settings(max_examples=examples(100), deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_the_order_of_deliveries_does_not_matter(
    stream: list[Delivery], shuffler: random.Random
) -> None:
    stream = without_conflicts(stream)
    shuffled = stream.copy()
    shuffler.shuffle(shuffled)
    assert export(shuffled) == export(stream)


def test_a_random_stream_is_the_same_for_a_seed_and_holds_every_outcome() -> None:
    stream = random_stream(7, 2000)
    assert stream == random_stream(7, 2000)
    assert len(stream) == 2000
    assert all(len(text.splitlines()) > 20 for text in export(stream).values())
