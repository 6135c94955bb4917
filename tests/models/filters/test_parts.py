"""Part of an address is found without case and accents, whether or not these are escaped."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select

from models.filters.choosing import visits_match
from models.filters.query import Filters
from models.segments.asking import asked
from models.storage.database import Database
from models.tables import SESSION, SESSION_PAGE
from tests.desk import catch_up, take_in, this_moment
from tests.models.rules.desk import visit

LONG = "x" * 600

PAGES = {
    "escaped": "/%C3%9Cber-uns/Stra%C3%9Fe",
    "plain": "/Über-uns/straße",
    "apart": "/U\u0308ber-uns/STRASSE",
    "polish": "/%C5%81%C3%B3d%C5%BA",
    "ascii": "/Pricing/100%25_sure",
    "long": f"/{LONG}/caf%C3%A9?q=Ma%C3%B1ana",
    "other": "/blog/c3",
}


@pytest.fixture(scope="module")
def db(shared: Database) -> Iterator[Connection]:
    """Visits that saw these pages, and one that came from each."""
    take_in(shared, [visit(who, page=page) for who, page in PAGES.items()])
    came = [
        visit(f"from-{who}", page="/x", referrer=f"https://News.example{page}")
        for who, page in PAGES.items()
    ]
    take_in(shared, came)
    catch_up(shared)
    with shared.read() as connection:
        yield connection


def found(db: Connection, query: str) -> set[str]:
    ways = []
    for nearby in (False, True):
        question = asked(db, Filters.from_text(query), this_moment())
        chosen = select(SESSION.c.vid).where(visits_match(question, nearby=nearby))
        ways.append({vid.removeprefix("v-") for vid in db.execute(chosen).scalars()})
    assert ways[0] == ways[1]
    return ways[0]


@pytest.mark.parametrize(
    ("part", "who"),
    [
        ("uber", {"escaped", "plain", "apart"}),
        ("ÜBER-UNS", {"escaped", "plain", "apart"}),
        ("strasse", {"escaped", "plain", "apart"}),
        ("Straße", {"escaped", "plain", "apart"}),
        ("%25C3%259Cber", {"escaped", "plain", "apart"}),  # %C3%9C: as a browser copies an Ü
        ("/lodz", {"polish"}),
        ("Łódź", {"polish"}),
        ("pricing", {"ascii"}),
        ("100%25_SURE", {"ascii"}),
        ("0_sure", set()),
        ("c3", {"other"}),
    ],
)
def test_a_part_is_found_however_it_is_written(db: Connection, part: str, who: set[str]) -> None:
    pages = found(db, f"page.has={part}")
    assert pages == who
    for name, prefix in (("landing_page", ""), ("referrer", "from-")):
        asked_for = {f"{prefix}{one}" for one in who}
        assert found(db, f"{name}.has={part}") == asked_for, name
        assert found(db, f"{name}={part}") == asked_for, name
        assert not found(db, f"{name}.not={part}") & asked_for, name


def test_a_long_address_is_searched_to_its_end(db: Connection) -> None:
    assert found(db, "landing_page.has=cafe?q=manana") == {"long"}
    assert found(db, "referrer.has=MAÑANA") == {"from-long"}


def test_what_lower_case_tells_is_not_kept_a_second_time(db: Connection) -> None:
    addresses = select(SESSION.c.landing_page, SESSION.c.landing_page_part)
    parts = dict(map(tuple, db.execute(addresses)))
    assert parts["https://x.io/%C5%81%C3%B3d%C5%BA"] == "https://x.io/lodz"
    assert parts["https://x.io/blog/c3"] is None
    kept = select(SESSION_PAGE.c.path, SESSION_PAGE.c.part)
    paths = dict(map(tuple, db.execute(kept)))
    assert paths["/Łódź"] == "/lodz"
    assert paths["/Pricing/100%_sure"] is None
