"""The bar, the script: what it offers, what it takes from the address and from a browser."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.filters.bar import read_change
from models.filters.names import FILTERS
from models.filters.query import LONGEST_VALUE, MOST_VALUES
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose

SCREENS = ("leads", "sessions", "companies", "emails", "campaigns")
_OWN: dict[str, set[str]] = {"campaigns": {"touch"}, "companies": {"company"}}
"""What a screen reads for itself: how leads count, which company is opened."""

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*FILTERS]), inner),
    max_leaves=20,
)


@pytest.fixture
def opened(sqlite_url: str, choose: Choose) -> str:
    choose(database_url=sqlite_url)
    database = Database(sqlite_url)
    put(database, visitor(1, first="Ana"))
    database.close()
    return sqlite_url


def told(app: AppTest) -> dict[str, Any]:
    """What the bar is told."""
    shown: list[dict[str, Any]] = [json.loads(one.proto.json) for one in app.get("bidi_component")]
    (bar,) = [one for one in shown if "filters" in one]
    return bar


def captions(app: AppTest) -> str:
    """All that stands small on the page."""
    return "\n".join(said.value for said in app.caption)


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("screen", SCREENS)
def test_no_filter_of_an_address_is_silently_ignored(screen: str) -> None:
    examples = {"time": "-7d", "number": "5", "search": "ana", "exact": "01PIXEL"}
    examples["kept"] = "there-is-none"
    app = at(screen)
    own = _OWN.get(screen, set())
    for name, one in FILTERS.items():
        if name in own:
            continue
        app.query_params[name] = one.words[0] if one.words else examples.get(one.kind, "Any")
    app.run()
    assert not app.exception
    bar = told(app)
    offered = {one["name"] for one in bar["filters"]}
    for name in FILTERS.keys() - offered - own:
        assert f"has no filter {FILTERS[name].label}" in captions(app)
    assert {name for name, _ in bar["given"]} == FILTERS.keys() - own


@pytest.mark.usefixtures("opened")
def test_pills_say_each_value_and_operator() -> None:
    app = at("leads")
    app.query_params["utm_source"] = ["google", "bing"]
    app.query_params["country.not"] = "DE"
    app.query_params["job_title.has"] = "sales"
    app.run()
    assert told(app)["given"] == [
        ["utm_source", ["google", "bing"]],
        ["job_title.has", ["sales"]],
        ["country.not", ["DE"]],
    ]


@pytest.mark.usefixtures("opened")
def test_a_value_that_can_t_be_one_is_left_out_with_a_word_and_stays_in_the_bar() -> None:
    app = at("leads")
    app.query_params["min_employees"] = "many"
    app.query_params["industry.between"] = "a"
    app.run()
    assert "min_employees must be a whole number" in captions(app)
    assert "industry.between is not a filter" in captions(app)
    assert len(told(app)["given"]) == 2


@given(ANYTHING)
def test_whatever_a_browser_tells_only_filters_come_of_it(said: object) -> None:
    for parameter, values in read_change(said).items():
        assert parameter == "against" or parameter.partition(".")[0] in FILTERS
        assert len(values) <= MOST_VALUES + 1
        assert all(0 < len(value) <= LONGEST_VALUE + 1 for value in values)


def test_a_change_names_what_is_set_and_what_is_taken_off() -> None:
    change = {"utm_source": ["a", " ", 3], "country.not": [], "lead": ["x"]}
    assert read_change(change) == {"utm_source": ["a"], "country.not": []}
