"""An export of just the rows that were selected: a form names them one by one."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.exports.order import MOST_KEYS, Order, OrderError
from dashboard.exports.route import MOST_FORM_BYTES, Downloads
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor
from tests.desk import this_moment
from tests.models.test_audit import entries

FORM = {"content-type": "application/x-www-form-urlencoded"}
ANA, BO, CY = (f"{name}@acme.example" for name in ("ana", "bo", "cy"))


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    put(database, *(visitor(n, first=key, email=key) for n, key in enumerate((ANA, BO, CY))))
    downloads = Downloads(lambda: database)

    async def respond(request: Request) -> Response:
        request.state.who = "ops@example.com"
        return await downloads.respond(request)

    route = Route("/api/export/{name}.csv", respond, methods=["GET", "POST"])
    with TestClient(Starlette(routes=[route])) as client:
        yield client


def _taken(client: TestClient, name: str, *keys: str, **more: str) -> list[str]:
    said = urlencode([*(("key", key) for key in keys), *more.items()])
    answer = client.post(f"/api/export/{name}.csv", content=said, headers=FORM)
    assert answer.status_code == 200, answer.text
    return [line.split(",")[0] for line in answer.text.splitlines()[1:]]


def test_just_the_selected_come_and_nobody_is_named_in_the_log(
    client: TestClient, database: Database
) -> None:
    assert _taken(client, "leads", CY, ANA, "nobody@acme.example") == [ANA, CY]
    ((who, what, filters, rows),) = entries(database)
    assert (who, what, rows) == ("ops@example.com", "export leads", 2)
    assert "selected=3" in filters
    assert filters.count("hash:") == 3
    assert "acme" not in filters


def test_filters_and_columns_go_with_a_selection(client: TestClient) -> None:
    assert _taken(client, "leads", ANA, BO, q="bo", columns="email") == [BO]


def test_sessions_are_named_by_their_own_ids(client: TestClient) -> None:
    assert _taken(client, "sessions", "01SID0001", "01SID0002") == ["01SID0001", "01SID0002"]


def test_an_address_is_named_with_the_one_who_holds_it(
    client: TestClient, database: Database
) -> None:
    put(database, visitor(7, first="Di", last="Dee", email="shared@acme.example"))
    assert _taken(client, "emails", f"{ANA}\t{ANA}", f"{BO}\t{CY}") == [ANA]


@pytest.mark.parametrize(
    ("name", "keys", "said"),
    [
        ("audit", ("1",), "key works for leads, sessions, companies, emails only"),
        ("leads", tuple(map(str, range(MOST_KEYS + 1))), "at most 5,000 rows"),
        ("leads", ("a\0",), "characters that no text can have"),
    ],
)
def test_what_can_not_be_named_is_said_so(name: str, keys: tuple[str, ...], said: str) -> None:
    with pytest.raises(OrderError, match=said):
        Order.parse(name, {"key": keys}, this_moment())


def test_a_form_that_is_too_long_or_no_text_is_refused(client: TestClient) -> None:
    for body in (b"key=" + b"x" * MOST_FORM_BYTES, b"key=\xff\xfe", b"key=a&" * 20_000):
        answer = client.post("/api/export/leads.csv", content=body, headers=FORM)
        assert answer.status_code == 400
        assert answer.json()["detail"].endswith("use filters for more.")
