"""Every screen, lead, session and company on the generators' worst stream: nothing fails."""

import re

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.access.roles import PAGES
from models.storage.database import Database
from models.tables import COMPANY, LEAD, SESSION
from tests.dashboard.deliveries import Json, put, visitor
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.desk import catch_up, take_in
from tests.reference.streams import random_stream

DELIVERIES = 120
"""Of one seed: some 20 leads, 40 sessions and 30 companies, with all that is odd about them."""

EVER = {"since": "1970-01-01"}
"""The stream is older than what lists show at first."""

UNKNOWN = re.compile("(Nobody|Nothing) is known")


def _odd_names() -> Json:
    """Somebody without a letter in their name, and ids as Streamlit takes none for an element."""
    event = visitor(1, first=".", last="@")
    event["data"]["session"] |= {"sid": "s__1", "vid": "v__1"}
    event["data"]["attribution"] |= {"sessionId": "s__1", "vid": "v__1"}
    return event


@pytest.fixture
def desk(database: Database, choose: Choose) -> Database:
    take_in(database, random_stream(seed=7, size=DELIVERIES))
    put(database, _odd_names())
    catch_up(database)
    choose(database_url=database.engine.url.render_as_string(hide_password=False))
    return database


def _faults(app: AppTest, **parameters: str) -> list[str]:
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    return [f"{parameters}: {element.value}" for element in (*app.exception, *app.error)]


@pytest.mark.usefixtures("desk")
@pytest.mark.long_on("postgres")
def test_every_screen_can_be_opened() -> None:
    assert [fault for page in PAGES for fault in _faults(at(page), **EVER)] == []


@pytest.mark.long_on("postgres")
def test_every_record_can_be_opened(desk: Database) -> None:
    with desk.read() as db:
        leads = list(db.execute(select(LEAD.c.key)).scalars())
        sids = list(db.execute(select(SESSION.c.sid)).scalars())
        companies = list(db.execute(select(COMPANY.c.key)).scalars())
    assert min(len(leads), len(sids), len(companies)) > 10, "a stream that says little holds little"
    assert ("v__1" in leads, "s__1" in sids) == (True, True)
    for page, name, keys in (
        ("leads", "lead", leads),
        ("sessions", "sid", sids),
        ("companies", "company", companies),
    ):
        app = at(page)
        for key in keys:
            assert _faults(app, **{name: key}) == []
            said = [info.value for info in app.info]
            assert not [text for text in said if UNKNOWN.match(text)], f"{name}={key}"
            assert app.get("bidi_component"), f"{name}={key} shows no details"
    app = at("live")
    for key in leads:
        app.session_state["live"] = {"selected": key}
        assert _faults(app) == [], f"panel of {key}"
        assert len(app.get("bidi_component")) == 2, f"no panel of {key}"
