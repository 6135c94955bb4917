"""Rows of the lists as the route gives them to the table."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.access.roles import PAGES, Role
from dashboard.screens.tables import TABLES
from dashboard.table.route import Rows
from models.filters.names import FILTERS
from models.filters.query import MOST_VALUES
from models.storage.database import Database
from models.tables import LEAD_SCORE
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.table.many import fill, lead


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with TestClient(_app(Rows(lambda: database, TABLES))) as client:
        yield client


def _app(rows: Rows) -> Starlette:
    async def respond(request: Request) -> Response:
        request.state.who = "ann@acme.example"
        return await rows.respond(request)

    return Starlette(routes=[Route("/api/rows/{name}.json", respond)])


def _get(client: TestClient, name: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"/api/rows/{name}.json", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_pages_follow_each_other_and_lead_back(client: TestClient, database: Database) -> None:
    fill(database, range(250))
    pages = [_get(client, "leads", size=100)]
    while after := pages[-1]["after"]:
        pages.append(_get(client, "leads", size=100, at=after))
    assert [page["first"] for page in pages] == [1, 101, 201]
    keys = [row[0] for page in pages for row in page["rows"]]
    assert keys == [f"guest{number:06}@example.com" for number in reversed(range(250))]
    back = _get(client, "leads", size=100, at=pages[-1]["before"])
    assert back["rows"] == pages[1]["rows"]


def test_a_row_far_down_is_reached_at_once(client: TestClient, database: Database) -> None:
    fill(database, range(250))
    page = _get(client, "leads", size=10, **{"from": 201, "sort": "sessions.asc"})
    assert (page["first"], len(page["rows"])) == (201, 10)
    every = _get(client, "leads", size=200, sort="sessions.asc")
    rest = _get(client, "leads", size=200, sort="sessions.asc", at=every["after"])
    assert page["rows"] == rest["rows"][:10]
    assert page["at"] == "201"
    few = _get(client, "leads", q="000001", **{"from": 201})
    assert (few["first"], len(few["rows"]), few["at"]) == (1, 1, None)


def test_filters_hold_and_a_place_of_other_filters_is_the_begin(
    client: TestClient, database: Database
) -> None:
    put(database, visitor(1, first="Ana"), visitor(2, first="Bo"), visitor(3, first="Cy"))
    after = _get(client, "leads", size=1)["after"]
    (found,) = _get(client, "leads", q="bo", at=after)["rows"]
    assert found[2] == "Bo"


def _broken() -> dict[str, Any]:
    return payload("resolved") | {"id": "broken", "created": "?"}


@pytest.mark.parametrize("name", TABLES)
def test_every_list_answers_with_a_value_for_each_column(
    client: TestClient, database: Database, name: str
) -> None:
    put(database, *(payload(one) for one in PIPELINE), _broken())
    page = _get(client, name)
    assert {len(row) for row in page["rows"]} <= {len(TABLES[name].columns) + 2}
    assert page["rows"] or name == "audit"


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("nothing.json", 404, "no such list. Available: leads, sessions"),
        ("leads.json?size=201", 400, "size must be a whole number from 1 to 200"),
        ("leads.json?size=many", 400, "size must be a whole number"),
        ("leads.json?from=10001", 400, "from must be a whole number from 1 to 10,000"),
        ("leads.json?salary=1", 400, "salary is not a filter"),
        ("leads.json?since=someday", 400, "since must be"),
    ],
)
def test_what_can_not_be_asked_is_said_so(
    client: TestClient, address: str, status: int, said: str
) -> None:
    answer = client.get(f"/api/rows/{address}")
    assert answer.status_code == status
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("odd", ["shoe size", "name.up", ".", "a\u0301", "sessions.desc.asc"])
def test_an_order_that_is_none_is_the_usual_one(
    client: TestClient, database: Database, odd: str
) -> None:
    fill(database, range(3))
    assert _get(client, "leads", sort=odd)["sort"] == TABLES["leads"].usual.text


def test_a_list_of_too_many_rows_is_not_sorted_without_an_index(
    client: TestClient, database: Database
) -> None:
    fill(database, range(12))
    assert _get(client, "leads", sort="job_title.asc")["sort"] == "job_title.asc"
    few = {"leads": TABLES["leads"]._replace(most_sorted=12)}
    client = TestClient(_app(Rows(lambda: database, few)))
    assert _get(client, "leads", sort="job_title.asc")["sort"] == TABLES["leads"].usual.text
    assert _get(client, "leads", sort="sessions.asc")["sort"] == "sessions.asc"


def test_leads_of_any_number_are_sorted_by_fit_the_best_first(
    client: TestClient, database: Database
) -> None:
    fill(database, range(30))
    fits = [None if number % 4 == 0 else number % 7 for number in range(30)]
    with database.write() as db:
        for number, fit in enumerate(fits):
            key = lead(number)["key"]
            db.execute(update(LEAD_SCORE).where(LEAD_SCORE.c.lead == key).values(fit=fit))
    many = {"leads": TABLES["leads"]._replace(most_sorted=12)}
    client = TestClient(_app(Rows(lambda: database, many)))
    at = TABLES["leads"].columns.index("fit") + 2
    pages = [_get(client, "leads", size=7, sort="fit")]
    while after := pages[-1]["after"]:
        pages.append(_get(client, "leads", size=7, sort="fit", at=after))
    rows = [row for page in pages for row in page["rows"]]
    assert [row[at] for row in rows] == sorted(fits, key=lambda fit: -1 if fit is None else fit)[
        ::-1
    ]
    assert len({row[0] for row in rows}) == 30
    back = _get(client, "leads", size=7, sort="fit", at=pages[-1]["before"])
    assert back["rows"] == pages[-2]["rows"]
    # The other way those without a value would come first.
    assert _get(client, "leads", sort="fit.asc")["sort"] == TABLES["leads"].usual.text


@pytest.mark.parametrize("name", ["leads", "sessions", "companies", "emails"])
def test_rows_with_a_rare_value_are_found_by_its_index(
    client: TestClient, database: Database, name: str
) -> None:
    put(database, *(payload(one) for one in PIPELINE))
    said: list[str] = []

    def note(_db: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    for value in ("nobody", "x" * 300):  # longer than what the index has
        _get(client, name, utm_term=value)
    event.remove(database.engine, "before_cursor_execute", note)
    asked = [one for one in said if "folded_utm_term) <= 200" in one]
    counted = [one for one in asked if "count(*)" in one and "\n LIMIT" in one]
    assert len(counted) == 1
    assert len(asked) > len(counted)


def test_each_list_is_for_whoever_sees_its_screen() -> None:
    needs = {name: one.need for name, one in TABLES.items()}
    assert needs == {
        "leads": PAGES["leads"], "sessions": PAGES["sessions"], "companies": PAGES["companies"],
        "employers": PAGES["companies"], "emails": PAGES["emails"],
        "quarantine": Role.OPS, "audit": Role.OPS,
    }  # fmt: skip


def test_a_database_that_is_away_is_said_so() -> None:
    rows = Rows(lambda: Database("postgresql://nobody@127.0.0.1:1/none"), TABLES)
    answer = TestClient(_app(rows)).get("/api/rows/leads.json")
    assert (answer.status_code, "can't be reached" in answer.json()["detail"]) == (503, True)


_SEVERAL = [
    f"{name}{operator}"
    for name, one in FILTERS.items()
    if one.is_several and one.kind in {"text", "exact"}
    for operator in ("", ".not", ".has")
    if operator.removeprefix(".") in {"", *one.operators}
]


@pytest.mark.parametrize("parameter", _SEVERAL)
@pytest.mark.long_on("postgres")
def test_as_many_values_as_a_filter_takes_are_answered(
    client: TestClient, database: Database, parameter: str
) -> None:
    """SQLite reads an expression of at most 1,000 levels."""
    put(database, *(payload(name) for name in PIPELINE))
    values = [f"a{number}" for number in range(MOST_VALUES)]
    for name in ("leads", "sessions", "companies", "emails"):
        _get(client, name, **{parameter: values})
        _get(client, name, **{parameter: values, "utm_campaign.has": values})
