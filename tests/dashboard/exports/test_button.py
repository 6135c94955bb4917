"""The Export button, without a browser: what it offers, counts and links to."""

import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access.account import ANYBODY
from dashboard.exports.download import memory_of
from dashboard.exports.order import Order
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.settings import Choose
from tests.desk import this_moment

SCRIPT = """
from dashboard.exports.button import export_button
from dashboard.filters.bar import Chosen
from tests.desk import question

export_button({name!r}, Chosen(question({given!r}).filters, {given!r}))
"""

Open = Callable[..., AppTest]


@pytest.fixture
def opened(sqlite_url: str, choose: Choose) -> Open:
    """Give the button of an export, its popover open: `opened("leads", validity="valid")`."""
    choose(database_url=sqlite_url)

    def open_it(name: str, *, is_open: bool = True, **given: str) -> AppTest:
        app = AppTest.from_string(SCRIPT.format(name=name, given=given), default_timeout=30)
        app.session_state[f"export_{name}"] = is_open
        return app.run()

    return open_it


@pytest.fixture
def filled(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, *(payload(name) for name in PIPELINE))
    put(database, visitor(1), visitor(2, first="Ann", last="Lee"))
    database.close()


def _link(app: AppTest) -> tuple[str, dict[str, list[str]]]:
    (link,) = (link for link in app.link_button if link.label == "Download")
    parts = urlsplit(link.url)
    return parts.path, parse_qs(parts.query)


def _choose(app: AppTest, preset: str) -> AppTest:
    app.selectbox[0].select(preset).run()
    assert not app.exception
    return app


def _said(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_it_reads_nothing_while_it_is_closed(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    app = opened("leads", is_open=False)
    assert not app.exception
    assert len(app.link_button) == 0


def test_the_link_has_the_pages_own_filters(opened: Open) -> None:
    app = opened("emails", validity="valid", q="a&b=c", since="2026-01-01")
    assert _link(app) == (
        "/api/export/emails.csv",
        {"validity": ["valid"], "q": ["a&b=c"], "since": ["2026-01-01"], "since_last": ["all"]},
    )


def test_scores_in_a_file_of_leads_are_of_the_moment_that_is_shown(opened: Open) -> None:
    before = time.time()
    (at,) = _link(opened("leads"))[1]["at"]
    assert before - 0.001 <= datetime.fromisoformat(at).timestamp() <= time.time()


def test_columns_come_in_the_order_of_choice(opened: Open) -> None:
    app = opened("leads")
    app.multiselect[0].select("phone").run()
    app.multiselect[0].select("email").run()
    assert _link(app)[1]["columns"] == ["phone,email"]


@pytest.mark.usefixtures("filled")
def test_a_preset_says_how_many_rows_qualify_and_why_others_do_not(opened: Open) -> None:
    app = _choose(opened("leads"), "salesforce")
    assert "1 of 3 rows qualify" in _said(app)
    assert "1 left out: no last name" in _said(app)
    assert "1 left out: no company" in _said(app)
    assert _link(app)[1] == {"preset": ["salesforce"], "since_last": ["all"]}


@pytest.mark.usefixtures("filled")
def test_a_preset_counts_only_what_the_filters_show(opened: Open) -> None:
    app = _choose(opened("leads", q="toth"), "hubspot")
    assert "1 of 1 rows qualify" in _said(app)


@pytest.mark.usefixtures("filled")
def test_a_list_too_short_for_its_tool_is_warned_of(opened: Open) -> None:
    app = _choose(opened("companies"), "linkedin-companies")
    assert "A LinkedIn company list needs at least 300 rows" in _said(app)


@pytest.mark.usefixtures("filled")
def test_conversions_are_what_the_user_says_they_are(opened: Open) -> None:
    app = _choose(opened("sessions"), "google-conversions")
    app.selectbox[1].select("enriched").run()
    app.text_input[0].input("Demo, booked").run()
    assert _link(app)[1] == {
        "since_last": ["all"],
        "preset": ["google-conversions"],
        "conversion_stage": ["enriched"],
        "conversion_name": ["Demo, booked"],
    }


@pytest.mark.usefixtures("filled")
def test_a_value_that_can_t_be_used_is_said_and_nothing_linked(opened: Open) -> None:
    app = _choose(opened("sessions"), "google-conversions")
    app.text_input[1].input("a lot").run()
    assert [text.value for text in app.text] == [
        "conversion_value must be an amount such as 25 or 12.50."
    ]
    assert len(app.link_button) == 0


def test_the_users_own_header_row_goes_along(opened: Open) -> None:
    app = _choose(opened("leads"), "linkedin-contacts")
    app.text_input[0].input("a,b,c,d,e,f").run()
    assert _link(app)[1]["header"] == ["a,b,c,d,e,f"]


@pytest.mark.usefixtures("filled")
def test_a_first_file_for_another_tool_is_one_click(opened: Open, sqlite_url: str) -> None:
    def offered(**given: str) -> dict[str, dict[str, list[str]]]:
        links = opened("leads", **given).link_button
        return {link.label: parse_qs(urlsplit(link.url).query) for link in links}

    sendable = {"preset": ["hubspot"], "since_last": ["new"], "validity": ["sendable"]}
    first = offered(since="-7d")
    assert first["HubSpot contacts: all sendable"] == {"since": ["-7d"], **sendable}
    assert list(first) == [
        "HubSpot contacts: all sendable",
        "Salesforce leads: all sendable",
        "LinkedIn contact list: all sendable",
        "Google Customer Match: all sendable",
        "Download",
    ]
    assert offered(validity="valid")["HubSpot contacts: all of these"] == sendable | {
        "validity": ["valid"]
    }
    assert [link.label for link in opened("sessions").link_button] == ["Download"]
    order = Order.parse("leads", {"preset": "salesforce", "since_last": "new"}, this_moment())
    giving = order.giving(memory_of(ANYBODY.who))
    assert giving
    database = Database(sqlite_url)
    with database.read() as db:
        assert "".join(order.stream(db, giving=giving))
    giving.remember(database)
    database.close()
    assert list(offered()) == [
        "Salesforce leads: only new since my last export",
        "Salesforce leads: only new and sendable",
        "Download",
    ]


@pytest.mark.usefixtures("filled")
def test_addresses_can_be_had_without_those_that_bounce(opened: Open) -> None:
    app = _choose(opened("emails"), "sendable")
    assert "1 of 2 rows qualify" in _said(app)
    assert _link(app) == (
        "/api/export/emails.csv",
        {"preset": ["sendable"], "since_last": ["all"]},
    )


def test_a_database_that_is_away_is_said_so(opened: Open, choose: Choose) -> None:
    app = opened("leads")
    choose(database_url="postgresql://nobody@127.0.0.1:1/none")
    _choose(app, "hubspot")
    assert "can't be reached" in app.warning[0].value
