"""Emails, the script: what it says of none, one and many, of hostile text and bad addresses."""

import re
import time
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens.emails.status import MEANING, bars_by_domain
from dashboard.widgets import words
from models.storage.database import Database
from tests.dashboard.deliveries import Json, put, visitor
from tests.dashboard.pages import at
from tests.dashboard.screens.emails.checks import check
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import rows_of, told


@pytest.fixture
def app(sqlite_url: str, choose: Choose) -> AppTest:
    choose(database_url=sqlite_url)
    return at("emails")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def _today(event: Json) -> Json:
    event["data"]["session"]["createdAt"] = event["created"] = int(time.time() * 1000)
    return event


def _metrics(app: AppTest) -> dict[str, str]:
    return {metric.label.partition(" ")[2]: metric.value for metric in app.metric}


def test_without_addresses_the_page_says_how_they_come(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "identity.validated" in app.info[0].value


def test_each_status_has_its_number_and_its_sentence(app: AppTest, database: Database) -> None:
    put(
        database,
        _today(visitor(1, email="a@x.example")),
        _today(visitor(2, email="b@x.example")),
        check(1, "a@x.example", "valid"),
    )
    app.run()
    assert not app.exception
    assert _metrics(app) == {
        "Valid": "1",
        "Likely valid": "0",
        "Catch-all": "0",
        "Invalid": "0",
        "Unchecked": "1",
        "Check failed": "0",
    }
    said = " ".join(caption.value for caption in app.caption)
    assert all(meaning in said for _, meaning in words.VALIDITY.values())


def test_a_failed_check_says_that_an_older_verdict_stands(app: AppTest, database: Database) -> None:
    put(
        database,
        _today(visitor(1, email="a@x.example")),
        check(1, "a@x.example", "valid"),
        check(1, "a@x.example", None, day=1, error="timeout"),
    )
    app.run()
    assert _metrics(app)["Check failed"] == "1"
    assert any("1 keep an older verdict" in caption.value for caption in app.caption)


def test_the_last_days_are_said_and_more_is_offered(app: AppTest, database: Database) -> None:
    put(database, visitor(1, email="long.ago@x.example"))
    app.run()
    assert any("last 30 days" in caption.value for caption in app.caption)
    (more,) = [button for button in app.button if button.label == "All time"]
    more.click().run()
    assert _metrics(app)["Unchecked"] == "1"


def test_a_status_filters_the_list_and_not_the_breakdown(app: AppTest, database: Database) -> None:
    put(
        database,
        _today(visitor(1, email="a@x.example")),
        _today(visitor(2, email="b@x.example")),
        check(1, "a@x.example", "valid"),
    )
    app.query_params["validity"] = "valid"
    app.run()
    assert _metrics(app)["Unchecked"] == "1"
    assert [row["email"] for row in rows_of(app, "emails")] == ["a@x.example"]


def test_each_status_links_to_its_addresses(app: AppTest, database: Database) -> None:
    put(
        database,
        _today(visitor(1, email="a@x.example")),
        _today(visitor(2, email="b@x.example")),
        check(1, "a@x.example", "valid"),
        check(1, "a@x.example", None, day=1, error="timeout"),
    )
    app.query_params["q"] = "x"
    app.run()
    html = "".join(part.proto.body for part in app.get("html"))
    assert re.findall(r'href="(/emails[^"]*)"', html) == [
        "/emails?q=x&amp;validity=unchecked",
        "/emails?q=x&amp;validity=error",
    ]
    app.query_params["validity"] = "error"
    app.run()
    assert [row["email"] for row in rows_of(app, "emails")] == ["a@x.example"]


def test_the_sendable_ones_are_a_link_with_the_other_filters(
    app: AppTest, database: Database
) -> None:
    put(database, _today(visitor(1, first="Anna", email="a@x.example")))
    app.query_params["q"] = "anna"
    app.query_params["since"] = "2025-01-01"
    app.run()
    (link,) = app.get("link_button")
    assert link.proto.url == "/api/export/emails.csv?q=anna&since=2025-01-01&validity=sendable"


def test_a_changed_status_is_shown_from_old_to_new(app: AppTest, database: Database) -> None:
    put(
        database,
        _today(visitor(1, email="a@x.example")),
        check(1, "a@x.example", "catch_all"),
        check(1, "a@x.example", "invalid", day=3),
    )
    app.run()
    (change,) = rows_of(app, "emails_changes")
    assert (change["before"], change["after"]) == ("catch_all", "invalid")


def test_a_bad_filter_is_left_out_with_a_word(app: AppTest, database: Database) -> None:
    put(database, _today(visitor(1, email="a@x.example")))
    app.query_params["until"] = "some day"
    app.run()
    assert not app.exception
    assert any("until must be an ISO date" in caption.value for caption in app.caption)


def test_many_addresses_begin_with_a_hundred(app: AppTest, database: Database) -> None:
    put(database, *(_today(visitor(n, email=f"a{n}@x.example")) for n in range(130)))
    app.run()
    assert not app.exception
    assert (len(rows_of(app, "emails")), told(app, "emails")["total"]) == (100, 130)


def test_hostile_text_is_never_ours_to_format(app: AppTest, database: Database) -> None:
    bad = "**x** <img src=//127.0.0.1:9/> :material/home:"
    put(
        database,
        _today(visitor(1, first=bad, email="<img/src=//127.0.0.1:9>@x.example")),
        check(1, "<img/src=//127.0.0.1:9>@x.example", bad, error=bad),
    )
    app.run()
    assert not app.exception
    said = [*app.markdown, *app.caption, *app.info, *app.title, *app.subheader, *app.metric]
    assert not [element for element in said if "127.0.0.1:9" in element.value]


def test_a_domain_on_a_chart_is_escaped() -> None:
    rows = [{"domain": "<b>&.example", "status": "valid", "addresses": 2}]
    figure = bars_by_domain(rows)
    assert figure.layout.yaxis.ticktext == ("&lt;b&gt;&amp;.example",)


def test_every_verdict_of_the_product_has_a_sentence() -> None:
    assert words.VALIDITY.items() <= MEANING.items()
