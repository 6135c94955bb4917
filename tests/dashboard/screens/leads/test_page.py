"""The Leads page without a browser: no exception, whatever there is to show or to ask for."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import rows_of, told

# What is asked of the database has tests of its own on both (`test_queries`).
pytestmark = pytest.mark.long_on("postgres")

MAIN = Path(__file__).parents[4] / "dashboard" / "main.py"
PETER = "linkedin.com/in/ptrtht"
HOSTILE = "<img src=x onerror=alert(1)>[x](javascript:alert(1)):material/home: $x^2$"


@pytest.fixture
def app(database_url: str, choose: Choose) -> AppTest:
    choose(database_url=database_url)
    return AppTest.from_file(str(MAIN), default_timeout=30)


def _show(app: AppTest, **parameters: str) -> AppTest:
    app.run()
    app.switch_page("screens/leads/page.py")
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def _names(app: AppTest) -> list[Any]:
    return [row["who"] for row in rows_of(app, "leads")]


def test_without_anybody_it_says_how_to_begin(app: AppTest) -> None:
    _show(app)
    assert not app.exception
    assert app.info[0].value.startswith("Nobody yet.")


def test_one_lead_is_listed(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    _show(app)
    assert not app.exception
    assert _names(app) == ["Peter Toth"]


def test_whoever_searches_in_vain_for_one_person_may_ask_why(
    app: AppTest, database: Database
) -> None:
    put(database, *(payload(name) for name in PIPELINE))

    def answer(**parameters: str) -> list[str]:
        _show(app, **parameters)
        app.button(key="why_missing").click().run()
        assert not app.exception
        return [text.value for text in app.text]

    assert "Nothing that was received and kept names them." in answer(q="ann@example.com")
    hidden = answer(q="peter@midbound.ai", country="DE")
    assert "The list hides them because of country=DE." in hidden
    _show(app, q="peter@midbound.ai nobody")
    assert "why_missing" not in [button.key for button in app.button]


def test_without_an_address_there_is_no_status(app: AppTest, database: Database) -> None:
    put(database, visitor(1, first="Ana"), visitor(2, first="Bea", email="bea@acme.example"))
    _show(app, sort="name")
    assert [row["email_validity"] for row in rows_of(app, "leads")] == [None, "unchecked"]


def test_with_every_column_taken_off_the_usual_ones_are_shown(
    app: AppTest, database: Database
) -> None:
    put(database, payload("qualified"))
    _show(app)
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert _names(app) == ["Peter Toth"]


def test_the_url_says_how_it_is_sorted_and_which_columns_are_shown(
    app: AppTest, database: Database
) -> None:
    put(database, visitor(1, first="Bea"), visitor(2, first="Ana"))
    _show(app, sort="name", columns="who")
    assert rows_of(app, "leads") == [{"who": "Ana"}, {"who": "Bea"}]


def test_what_is_chosen_on_the_page_stands_in_the_url_by_name(
    app: AppTest, database: Database
) -> None:
    put(database, visitor(1, first="Bea"), visitor(2, first="Ana"))
    _show(app)
    app.multiselect[0].set_value(["email", "who"]).run()
    assert app.query_params["columns"] == "email,who"
    assert [list(row) for row in rows_of(app, "leads")] == [["email", "who"]] * 2


def test_columns_that_are_none_are_left_out_with_a_word(app: AppTest, database: Database) -> None:
    put(database, visitor(1, first="Bea"))
    _show(app, columns="who,salary")
    assert rows_of(app, "leads") == [{"who": "Bea"}]
    assert any(said.value.startswith("Ignored: columns may be who, ") for said in app.caption)


def test_columns_are_told_apart_by_their_labels(app: AppTest) -> None:
    _show(app)
    labels = app.multiselect[0].options
    assert len(set(labels)) == len(labels)


def test_the_page_begins_with_a_hundred_and_says_how_many_there_are(
    app: AppTest, database: Database
) -> None:
    put(database, *(visitor(n, first="Guest", last=str(n)) for n in range(103)))
    _show(app, sort="name")
    assert (len(_names(app)), told(app, "leads")["total"]) == (100, 103)


def test_the_url_leads_to_a_place_in_the_list(app: AppTest, database: Database) -> None:
    put(database, *(visitor(n, first="Guest", last=f"{n:03}") for n in range(103)))
    _show(app, sort="name")
    after = told(app, "leads")["page"]["after"]
    _show(app, sort="name", at=f"{after}.2")
    assert _names(app) == ["Guest 100", "Guest 101", "Guest 102"]
    assert (told(app, "leads")["page"]["first"], told(app, "leads")["row"]) == (101, 2)


@pytest.mark.parametrize(("sort", "first"), [("name.desc", "Bea"), ("name.asc", "Ana")])
def test_a_list_goes_either_way(app: AppTest, database: Database, sort: str, first: str) -> None:
    put(database, visitor(1, first="Bea"), visitor(2, first="Ana"))
    _show(app, sort=sort)
    assert _names(app)[0] == first


def test_filters_come_from_the_url(app: AppTest, database: Database) -> None:
    put(database, payload("qualified"), visitor(1, first="Ana", email="ana@acme.example"))
    _show(app, q="ana@acme")
    assert _names(app) == ["Ana"]


def test_filters_that_nobody_fits_are_said_so(app: AppTest, database: Database) -> None:
    put(database, payload("qualified"))
    _show(app, utm_campaign="none_such")
    assert app.info[0].value == (
        "No lead matches these filters. Remove one, or search for fewer words."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "shoe size"),
        ("columns", "nothing"),
        ("at", "99"),
        ("at", "WzEsMSxbXSwxXQ"),
        ("since", "x"),
    ],
)  # fmt: skip
def test_a_bad_value_in_the_url_falls_back(
    name: str, value: str, app: AppTest, database: Database
) -> None:
    put(database, payload("qualified"))
    _show(app, **{name: value})
    assert not app.exception
    assert _names(app) == ["Peter Toth"]


def test_an_open_lead_stands_beside_the_list(app: AppTest, database: Database) -> None:
    put(database, payload("qualified"))
    _show(app)
    app.session_state["table_leads"] = {"opened": PETER}
    app.run()
    assert not app.exception
    assert _names(app) == ["Peter Toth"]
    shown = [json.loads(mounted.proto.json) for mounted in app.get("bidi_component")]
    assert [data["key"] for data in shown if "sections" in data] == [PETER]


def test_a_lead_has_a_page_of_its_own(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    _show(app, lead=PETER)
    assert not app.exception
    assert len(app.get("bidi_component")) == 1


def test_a_key_that_names_nobody_is_said_so(app: AppTest) -> None:
    _show(app, lead="linkedin.com/in/nobody")
    assert not app.exception
    assert app.info[0].value.startswith("Nobody is known under this key.")


def test_from_a_lead_there_is_a_way_back(app: AppTest, database: Database) -> None:
    put(database, payload("qualified"))
    _show(app, lead="linkedin.com/in/nobody")
    app.button[0].click().run()
    assert _names(app) == ["Peter Toth"]


def test_an_older_key_offers_who_they_are_now(app: AppTest, database: Database) -> None:
    put(database, payload("qualified"))
    _show(app, lead="peter.toth@gmail.com")
    app.button[1].click().run()
    assert app.query_params["lead"] == PETER


def test_hostile_text_breaks_neither_list_nor_page(app: AppTest, database: Database) -> None:
    event = deepcopy(payload("enriched"))
    person = event["data"]["enrichment"]["person"]
    person |= {"fullName": HOSTILE, "headline": HOSTILE, "skills": [HOSTILE]}
    event["data"]["session"] |= {"landingPage": HOSTILE, "referrer": HOSTILE}
    put(database, event)
    _show(app)
    assert not app.exception
    assert _names(app) == [HOSTILE]
    app.query_params["lead"] = PETER
    app.run()
    assert not app.exception


def test_a_database_that_is_away_is_said_so(app: AppTest, choose: Choose) -> None:
    choose(database_url="postgresql://nobody@127.0.0.1:1/none")
    _show(app, lead=PETER)
    assert not app.exception
    assert "can't be reached" in app.warning[0].value
