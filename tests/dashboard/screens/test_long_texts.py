"""Texts of visitors of any length: no list or page grows with them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from dashboard.filters import offers
from dashboard.screens.companies import queries as companies
from dashboard.screens.details import lead_page, session_page
from dashboard.screens.emails import queries as emails
from dashboard.screens.leads import queries
from dashboard.screens.live import queries as live
from dashboard.screens.sessions import queries as sessions
from dashboard.widgets.component import bounded
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor, worker
from tests.dashboard.screens.live.visitors import feed_of
from tests.desk import question

LONG = 300_000
URL = "https://www.example.com/" + "p" * LONG
TEXT = "t" * LONG
Ask = Callable[[Connection], Any]


@pytest.fixture
def desk(database: Database) -> Database:
    utm = dict.fromkeys(("source", "medium", "term", "content"), TEXT)
    put(
        database,
        visitor(1, page=URL, referrer=URL, utm=utm, title=TEXT, email="a@acme.example"),
        worker(2, name="Firm", industry=TEXT, description=TEXT),
    )
    return database


@pytest.mark.parametrize(
    "ask",
    [
        lambda db: queries.leads(db, question()).rows,
        lambda db: sessions.page(db, question()).rows,
        lambda db: companies.companies(db, question()).rows,
        lambda db: emails.emails(db, question()).rows,
        live.feed,
        lambda db: offers.counted(db, "utm_source", "sessions"),
        lambda db: offers.counted(db, "industry", "companies"),
        lambda db: companies.visitors(db, "firm2.example"),
    ],
)
def test_a_list_reads_of_a_long_text_what_it_shows(desk: Database, ask: Ask) -> None:
    with desk.read() as db:
        assert len(repr(ask(db))) < LONG / 2


def test_the_feed_stays_short(desk: Database) -> None:
    assert len(str(feed_of(desk))) < LONG / 10


def test_the_pages_of_one_record_stay_short(desk: Database) -> None:
    with desk.read() as db:
        lead = lead_page.page_data(db, "linkedin.com/in/worker-2", 20)
        session = session_page.page_data(db, "01SID0001")
    assert lead
    assert session
    assert len(repr(bounded(lead))) < LONG
    assert len(repr(bounded(session))) < LONG
