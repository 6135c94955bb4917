"""Every filter, wherever one can be written: it is applied, or an answer says that it is not."""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.api import api
from dashboard.exports.order import Order, OrderError
from dashboard.screens.live.feed import Feed
from dashboard.screens.tables import TABLES
from models import tokens
from models.audit import recorded
from models.filters.names import FILTERS
from models.segments import lists, segments
from models.segments.asking import asked
from models.segments.list_files import Entry
from models.storage.database import Database
from models.tables.access import SCOPES
from tests.dashboard.deliveries import Json, payload, put
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.desk import this_moment

LEAD = "linkedin.com/in/ptrtht"
VID = payload("resolved")["data"]["session"]["vid"]

Ask = Callable[..., object]
"""What a route gives for filters: how many rows, or the sentence with which it refuses."""

_VALUES = {
    "q": "nobody", "since": "2999-01-01", "until": "1980-01-01", "segment": "nobodys",
    "list": "nobodys", "new_since": "2999-01-01", "utm_source": "nobody", "utm_medium": "nobody",
    "utm_campaign": "nobody", "utm_term": "nobody", "utm_content": "nobody", "channel": "SMS",
    "referrer_host": "nobody.example", "referrer": "nobody", "landing_page": "nobody",
    "page": "/nobody", "click_id": "fbclid", "device": "tablet", "hot": "no",
    "visit": "visit=new&utm_campaign=autumn", "bots": "only", "live": "yes",
    "pid": "nobody", "min_bot_score": "99", "min_pages": "1000",
    "min_duration": "1000000", "touch": "touch=last&utm_campaign=spring",
    "leads": "leads.not=identified",
    "stage": "resolved", "validity": "error", "owner": "nobody@example.com", "status": "lost",
    "job_title": "nobody", "seniority": "junior", "department": "legal", "grade": "A1",
    "fit_min": "100", "intent_min": "100", "country": "AQ", "company": "nobody.example",
    "company_country": "AQ", "industry": "nobody", "funding": "nobody",
    "min_employees": "1000000000", "max_employees": "0", "min_growth": "1000000",
}  # fmt: skip
NOT_SO = {name: value if "=" in value else f"{name}={value}" for name, value in _VALUES.items()}
"""For each filter a query that nobody here meets."""


def _visits() -> Iterator[Json]:
    """Of one human, who came by one campaign and then by another."""
    for place, campaign in enumerate(("spring", "autumn")):
        for name in ("enriched", "validated", "session.finalized"):
            event = payload(name)
            event["id"] += str(place)
            session = event["data"].get("session") or {}
            names = {"sid": f"01SID{place}"}
            event["data"]["session"] = session | names | {"utm": {"campaign": campaign}}
            if "attribution" in event["data"]:
                event["data"]["attribution"] |= {"sessionId": names["sid"]}
            if session.get("createdAt"):
                event["data"]["session"]["createdAt"] += place * 60_000
            yield event


@pytest.fixture
def ask(database: Database, database_url: str, choose: Choose) -> Iterator[Ask]:
    """How many rows a route gives, or the sentence with which it refuses."""
    choose(database_url=database_url)
    put(database, *_visits(), payload("resolved") | {"id": "broken", "created": "?"})
    with database.write() as db:
        segments.save(db, "nobodys", "q=nobody", who="ann@example.com", is_shared=True)
        lists.keep(db, "nobodys", {"nobody.example": Entry("nobody.example")})
        token = tokens.add(db, "website", SCOPES)
    with recorded(database, "ann@example.com", "export leads") as entry:
        entry.count(1)
    app = Starlette(routes=[api(Feed(lambda: database))])
    with TestClient(app, headers={"authorization": f"Bearer {token}"}) as client:

        def get(path: str, query: str = "", column: str | None = None) -> object:
            answer = client.get(f"/api/{path}?{query}")
            if answer.status_code == 400:
                return answer.json()["detail"]
            assert answer.status_code == 200, answer.text
            if not path.endswith(".csv"):
                found = answer.json()
                return found["people"] if path == "missed" else len(found.get("rows", found))
            rows = list(csv.DictReader(io.StringIO(answer.text)))
            if column:
                return {row["campaign"]: row[column] for row in rows}
            return len(rows) if path.startswith("export/") else int(rows[-1]["visits"])

        yield get


def test_for_every_filter_there_is_a_value_to_try() -> None:
    assert NOT_SO.keys() == FILTERS.keys()


@pytest.mark.parametrize(
    "path",
    [
        *(f"rows/{name}.json" for name in TABLES),
        *(f"export/{name}.csv" for name in ("leads", "sessions", "companies", "emails", "audit")),
        "campaigns/table.csv",
        "missed",
    ],
)
def test_a_route_applies_a_filter_or_refuses_it(ask: Ask, path: str) -> None:
    own = "since=0" if path == "missed" else ""
    every = ask(path, own)
    assert isinstance(every, int)
    assert every > 0
    for name, query in NOT_SO.items():
        if name in _OWN.get(path, ()):
            continue
        found = ask(path, f"{own}&{query}")
        is_told = isinstance(found, str) and (name in found or "takes only the filters" in found)
        assert found == 0 or is_told, (name, found)


_OWN = {"missed": ("since",), "campaigns/table.csv": ("touch",)}
"""Parameters that mean something else there."""


def test_campaigns_counts_a_lead_under_the_touch_that_is_asked_for(ask: Ask) -> None:
    path = "campaigns/table.csv"
    assert [ask(path, f"touch={one}", "known_leads") for one in ("first", "last")] == [
        {"spring": "1", "autumn": "0", "(all)": "1"},
        {"spring": "0", "autumn": "1", "(all)": "1"},
    ]
    assert "touch must be one of first, last" in str(ask(path, "touch=second"))
    assert "salary is not a filter" in str(ask(path, "salary=1"))


def test_the_feed_of_live_refuses_what_live_does_not_have(ask: Ask) -> None:
    for name in ("since", "until", "touch", "salary"):
        assert f"{name} is not a filter of Live" in str(ask("feed", f"{name}=1"))


@pytest.mark.parametrize(
    "path", ["offers?name=country", "event.json?id=broken", f"subject.json?lead={LEAD}",
             f"leads/{LEAD}?", f"visitors/{VID}?"],
)  # fmt: skip
def test_a_route_without_filters_refuses_them_all(ask: Ask, path: str) -> None:
    path, _, own = path.partition("?")
    assert not isinstance(ask(path, own), str)
    for name, query in NOT_SO.items():
        assert name in str(ask(path, f"{own}&{query}"))
    assert ask(path, f"{own}&country.not=DE") == (
        "No filters can be applied here. Leave out country."
    )


@pytest.mark.usefixtures("ask")
def test_the_command_applies_a_filter_or_refuses_it(database: Database) -> None:
    def found(name: str, given: dict[str, list[str]]) -> int | str:
        with database.read() as db:
            try:
                order = Order.parse(name, given, this_moment(), partial(asked, db, who="ann"))
            except OrderError as error:
                return str(error)
            return "".join(order.stream(db)).count("\r\n") - 1

    assert (found("leads", {}), found("quarantine", {})) == (1, 1)
    for name, query in NOT_SO.items():
        given = parse_qs(query)
        assert found("leads", given) == 0, name
        refused = "quarantine takes only the filters since and until"
        assert found("quarantine", given) == (0 if name in {"since", "until"} else refused)


def test_a_screen_without_filters_says_so(choose: Choose, database_url: str) -> None:
    choose(database_url=database_url)
    for name in ("segments", "rules", "scoring", "dictionary", "operations"):
        app = at(name)
        app.query_params["utm_campaign.not"] = "spring"
        app.query_params["since"] = "-7d"
        app.run()
        assert not app.exception
        assert [said.value for said in app.caption if "Ignored" in said.value] == [
            "Ignored: this screen has no filter Campaign; this screen has no filter Active from."
        ]
        del app.query_params["utm_campaign.not"], app.query_params["since"]
        app.query_params["q"] = "country"
        app.run()
        said = [said.value for said in app.caption if "Ignored" in said.value]
        assert said == (
            [] if name == "dictionary" else ["Ignored: this screen has no filter Search."]
        )


@pytest.mark.parametrize(
    ("screen", "shown"),
    [("leads", {"lead": LEAD}), ("sessions", {"sid": "01SID0"}), ("companies", {"company": "x"})],
)
def test_a_page_of_one_says_that_it_has_no_filters(
    screen: str, shown: dict[str, str], choose: Choose, database_url: str
) -> None:
    choose(database_url=database_url)
    app = at(screen)
    app.query_params.update({**shown, "industry": "Software"})
    app.run()
    assert [said.value for said in app.caption if "Ignored" in said.value] == [
        "Ignored: this screen has no filter Industry."
    ]
