"""The data dictionary as Streamlit runs it: without a database, with any search."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.settings import Choose

MAIN = Path(__file__).parents[4] / "dashboard" / "main.py"
PAGE = "screens/dictionary/page.py"


@pytest.fixture
def app(tmp_path: Path, choose: Choose) -> AppTest:
    choose(database_url=f"sqlite:///{tmp_path}/none.db")
    return AppTest.from_file(str(MAIN), default_timeout=30)


def _open(app: AppTest) -> AppTest:
    app.run()
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def test_the_page_needs_no_database(app: AppTest) -> None:
    assert len(_open(app).get("bidi_component")) == 1


def test_a_search_that_finds_nothing_says_what_to_do(app: AppTest) -> None:
    app.query_params["q"] = "<script>nothing</script> **here**"
    _open(app)
    assert app.get("bidi_component") == []
    assert app.info[0].value.startswith("No field contains all of these words.")


def test_search_and_event_are_taken_from_the_url(app: AppTest) -> None:
    app.query_params["q"] = "verdict"
    app.query_params["event"] = "identity.validated"
    _open(app)
    assert app.text_input(key="q").value == "verdict"
    assert app.selectbox(key="event").value == "identity.validated"


def test_an_unknown_event_is_left_out_with_a_word(app: AppTest) -> None:
    app.query_params["event"] = "identity.<b>guessed"
    _open(app)
    assert "Ignored: there is no such event." in [caption.value for caption in app.caption]
    assert len(app.get("bidi_component")) == 1
