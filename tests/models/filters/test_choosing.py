"""Every filter and operator chooses what a plain reading of it chooses, on both databases."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from models.annotations.ownership import mark, take_many
from models.filters.choosing import addresses_match, companies_match, visits_match
from models.filters.comparing import as_value
from models.filters.leads import leads_match
from models.filters.names import FILTERS, STATUSES
from models.filters.people import between
from models.filters.query import Filters, Question
from models.filters.times import When
from models.projector.rescoring import rescore
from models.scoring.past import keys_at
from models.scoring.versions import save
from models.segments import lists, segments
from models.segments.asking import asked as ask
from models.segments.list_files import read_list
from models.storage.database import Database
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS, SESSION
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.dashboard.screens.campaigns.test_queries import MIDNIGHT, play
from tests.desk import catch_up, take_in, this_moment
from tests.effort import examples
from tests.models.filters.plain import UTM, World
from tests.models.scoring.test_scores import DEFINITION
from tests.reference.events import Delivery
from tests.reference.streams import random_stream

ME = "ann@desk.example"

SCORED_BY = DEFINITION.replace("half_life_days = 0.02", "half_life_days = 400")
Made = tuple[Connection, World, dict[str, list[str]], When]


def odd_visits() -> Iterator[Delivery]:
    """Visits with spellings, channels, pages and bots that nobody made up by chance."""
    body = json.loads(vendors_examples()[-1].body)
    utm: tuple[dict[str, str], ...] = (
        {"source": "Google", "medium": "CPC"}, {"source": "GOOGLE "}, {"source": "(none)"}, {},
        {"campaign": "Łódź"}, {"campaign": "lodz", "term": "100%_"}, {},
    )  # fmt: skip
    pages = (
        "/pricing",
        "/pricing/team",
        "/Pricing",
        "/%C3%BCber",
        "/a%00b",
        "/",
        "/Łódź/Stra%C3%9Fe",
    )
    for number, (own, page) in enumerate(zip(utm, pages, strict=True)):
        event = deepcopy(body)
        event |= {"id": f"evt_odd{number}", "created": MIDNIGHT + number * 1000}
        event["data"]["session"] |= {
            "sid": f"odd{number}",
            "vid": f"odd{number % 4}",
            "utm": own,
            "gclid": None,
            "landingPage": f"https://www.example.com{page}",
            "referrer": [None, "https://www.Google.com/", "https://shop.example.com/Caf%C3%A9/Ærø"][
                number % 3
            ],
            "network": {"country": "PT", "botManagement": {"score": 10 * number}},
            "events": [],
        }
        yield Delivery(event["id"], event["created"], json.dumps(event).encode())


@pytest.fixture(scope="module")
def made(shared: Database) -> Iterator[Made]:
    """Many strange people and what is said of them."""
    save(shared, SCORED_BY, "a test")
    rescore(shared)
    take_in(shared, random_stream(seed=5, size=250))
    take_in(shared, vendors_examples())
    take_in(shared, odd_visits())
    play(shared)
    catch_up(shared)
    with shared.write() as db:
        keys = list(db.execute(select(LEAD.c.key).order_by(LEAD.c.key)).scalars())
        take_many(db, keys[::3], ME, ME)
        take_many(db, keys[1::3], "bob@desk.example", ME)
        for place, status in enumerate(STATUSES):
            mark(db, keys[place::7], status, ME)
    keep_some(shared)
    with shared.read() as db:
        when = When(MIDNIGHT + 3_600_000, this_moment().zone)
        world = World(db, keys_at(db, when.ms))
        yield db, world, offered(world), when


SEGMENTS = {
    "paid": "utm_medium.has=cp&device=desktop",
    "abroad": "country.not=PT&bots=hide",
    "first": "touch=first&utm_source=google&utm_source=newsletter",
    "mixed": "segment=paid&segment=first&list.not=firms",
    "far": "segment.not=abroad&page=/pricing&country=PT",
    "recent": "since=2026-03-09T00:00:00Z&stage=finalized&stage=validated",
    "bot": "bots=only",
}


def keep_some(database: Database) -> None:
    """Segments, one in another, and lists of each kind of name."""
    with database.read() as db:
        addresses = db.execute(select(LEAD_ADDRESS.c.address)).scalars().all()
        profiles = (
            db.execute(select(LEAD.c.key).where(LEAD.c.linkedin_url.is_not(None))).scalars().all()
        )
        firms = db.execute(select(COMPANY.c.key).where(COMPANY.c.domain.is_not(None))).scalars()
        domains = [*firms, *(address.rpartition("@")[2] for address in addresses[:9])]
    with database.write() as db:
        people = [*sorted(addresses)[::3], *sorted(profiles)[::2]]
        for name, values in {"people": people, "firms": sorted(set(domains))[::2]}.items():
            rows = "domain\n" + "\n".join(values)
            lists.keep(db, name, read_list(rows.encode(), this_moment()).entries)
        for name, query in SEGMENTS.items():
            segments.save(db, name, query, who="shell:ann", is_shared=True)


def offered(world: World) -> dict[str, list[str]]:
    """Values to ask for: what the data has, words, and what nobody has."""
    found: dict[str, set[str | None]] = {name: set(one.words) for name, one in FILTERS.items()}
    for visit in world.visits:
        for name in (*UTM, "referrer", "landing_page", "device", "country", "pid", "referrer_host"):
            found[name].add(visit[name])
    for lead in world.leads.values():
        found["job_title"].add(lead["job_title"])
        found["company"] |= {lead["company_name"], lead["company_key"]}
        found["country"].add(lead["country"])
        found["owner"].add(lead["owner"])
        found["q"].add((lead["full_name"] or "x")[:4])
    for company in world.companies.values():
        found["company"].add(company["name"])
        found["industry"].add(company["industry"])
        found["funding"].add(company["last_round_type"])
        found["company_country"].add(company["country"])
    found["segment"], found["list"] = set(SEGMENTS), {"people", "firms", "PEOPLE"}
    found["page"] |= {path for paths in world.paths.values() for path in paths}
    found["page"].add("/pricing/")
    for name in ("since", "until", "new_since"):
        found[name] = {"today", "yesterday", "-7d", "2026-03-01", "2026-03-09T12:00:00Z"}
    return {
        name: sorted({as_value(value) for value in values} - {""}) for name, values in found.items()
    }


NUMBERS = {
    "min_bot_score": (0, 99), "min_pages": (0, 6), "min_duration": (0, 400),
    "fit_min": (0, 101), "intent_min": (0, 101),
    "min_employees": (0, 5_000), "max_employees": (0, 5_000), "min_growth": (-50, 100),
}  # fmt: skip


def conditions(draw: st.DrawFn, name: str, values: dict[str, list[str]]) -> list[tuple[str, str]]:
    """One filter with an operator and values, as it stands in an address."""
    one = FILTERS[name]
    operator = draw(st.sampled_from(one.operators))
    parameter = name if operator == "is" else f"{name}.{operator}"
    if name in NUMBERS:
        return [(parameter, str(draw(st.integers(*NUMBERS[name]))))]
    known = [value for value in values[name] if len(value) <= 400]
    if one.may_be_missing and name != "q":
        known = [*known, "(none)"]
    if one.kind == "text":
        known = [*known, "((none))", "nobody has this", "GOOGLE"]
    some = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3 if one.is_several else 1))
    if operator == "has":
        some = [value[: draw(st.integers(1, 6))].strip() or "a" for value in some]
    elif one.kind == "text" and name not in {"page", "country", "company_country"}:
        some = [draw(st.sampled_from([value, f" {value.upper()} "])) for value in some]
    return [(parameter, value[:400]) for value in some]


def chosen(db: Connection, asked: Question, *, nearby: bool) -> dict[str, set[object]]:
    """What SQL chooses of each table."""
    seen = (
        select(LEAD.c.last_seen.label("last_seen"))
        .where(LEAD.c.company_key == COMPANY.c.key)
        .order_by(LEAD.c.last_seen.desc())
        .limit(1)
        .scalar_subquery()
    )
    held = LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead)
    held = held.outerjoin(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address)
    queries = {
        "leads": select(LEAD.c.key).where(leads_match(asked, nearby=nearby)),
        "sessions": select(SESSION.c.sid).where(visits_match(asked, nearby=nearby)),
        "companies": select(COMPANY.c.key).where(
            companies_match(asked, nearby=nearby), between(seen, asked)
        ),
        "emails": select(*LEAD_ADDRESS.c["address", "lead"])
        .select_from(held)
        .where(addresses_match(asked, nearby=nearby)),
    }
    found: dict[str, set[object]] = {}
    for name, query in queries.items():
        rows = db.execute(query).all()
        assert len(set(rows)) == len(rows), f"{name} has a row twice"
        found[name] = {tuple(row) if len(row) > 1 else row[0] for row in rows}
    return found


def ways(asked: Question) -> list[Question]:
    """Here an index finds few for every condition that it can count; elsewhere it may be many."""
    return [asked, replace(asked, few=frozenset())] if asked.few else [asked]


def expected(world: World, asked: Question) -> dict[str, set[object]]:
    return {
        "leads": set(world.chosen_leads(asked)),
        "sessions": set(world.chosen_visits(asked)),
        "companies": set(world.chosen_companies(asked)),
        "emails": set(world.chosen_addresses(asked)),
    }


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_sql_chooses_what_a_plain_reading_chooses(made: Made, data: st.DataObject) -> None:
    db, world, values, when = made
    names = data.draw(st.lists(st.sampled_from(sorted(FILTERS)), min_size=1, max_size=3))
    drawn = st.composite(conditions)
    pairs = [pair for name in sorted(set(names)) for pair in data.draw(drawn(name, values))]
    asked = replace(ask(db, Filters.parse(pairs), when), past=world.past)
    assert Filters.from_text(asked.filters.text()) == asked.filters
    wanted = expected(world, asked)
    for way in ways(asked):
        assert chosen(db, way, nearby=False) == wanted, (way.filters.text(), way.few)
    assert chosen(db, asked, nearby=True) == wanted, asked.filters.text()


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_and_operator_by_itself(made: Made, name: str) -> None:
    db, world, values, when = made
    one = FILTERS[name]
    given_values = [str(NUMBERS[name][1] // 3)] if name in NUMBERS else values[name][:12]
    for operator in one.operators:
        parameter = name if operator == "is" else f"{name}.{operator}"
        for value in given_values or ["nobody"]:
            text = value[:3].strip() or "a" if operator == "has" else value[:400]
            asked = replace(ask(db, Filters.parse([(parameter, text)]), when), past=world.past)
            wanted = expected(world, asked)
            for way in ways(asked):
                assert chosen(db, way, nearby=False) == wanted, (parameter, text, way.few)
