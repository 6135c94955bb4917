"""The receiver's other addresses: its health, its metrics, and that there is nothing else."""

import json
import re

import pytest
from sqlalchemy import select

from models.tables import QUARANTINE
from tests.desk import eventually
from tests.receiver.conftest import Desk
from tests.receiver.midbound import (
    CLIENT,
    PATH,
    example,
    fresh,
    metric,
    metrics,
    payload,
    post,
    waiting_to_be_derived,
)

pytestmark = pytest.mark.xdist_group("intake")


def test_healthz_says_that_it_lives(desk: Desk) -> None:
    assert CLIENT.get(f"{desk.url}/healthz").json() == {"status": "alive"}


def test_readyz_says_how_the_database_is(desk: Desk) -> None:
    answer = CLIENT.get(f"{desk.url}/readyz")
    assert (answer.status_code, answer.json()["database"]) == (200, "ok")


@pytest.mark.parametrize(
    "name",
    [
        "visitor_desk_deliveries_total",
        "visitor_desk_refused_total",
        "visitor_desk_queue_depth",
        "visitor_desk_batch_size_count",
        "visitor_desk_commit_seconds_count",
        "visitor_desk_projection_lag_seconds",
        "visitor_desk_quarantine_size",
    ],
)
def test_metrics_have_what_operators_watch(desk: Desk, name: str) -> None:
    post(desk.url, fresh())
    CLIENT.post(desk.url + PATH)
    assert re.search(rf"^{name}(\{{.*\}})? [0-9]", metrics(desk.url), re.MULTILINE)


def test_metrics_count_by_event_type(desk: Desk) -> None:
    line = 'visitor_desk_deliveries_total{outcome="stored",type="identity.enriched"}'
    before = metric(desk.url, line)
    post(desk.url, fresh(example("identity.enriched").body))
    assert metric(desk.url, line) == before + 1


def test_metrics_count_refusals_by_reason(desk: Desk) -> None:
    line = 'visitor_desk_refused_total{reason="header"}'
    before = metric(desk.url, line)
    CLIENT.post(desk.url + PATH)
    assert metric(desk.url, line) == before + 1


def test_metrics_have_no_label_from_outside(desk: Desk) -> None:
    event = payload("identity.resolved") | {"type": "identity.ptrtht"}
    post(desk.url, fresh(json.dumps(event).encode()))
    assert "ptrtht" not in metrics(desk.url)


@pytest.mark.long_on("postgres")
def test_metrics_know_the_size_of_the_quarantine(desk: Desk) -> None:
    post(desk.url, fresh(b"not an event"))
    assert waiting_to_be_derived(desk.database, for_s=60) == 0
    with desk.database.read() as db:
        size = len(db.execute(select(QUARANTINE.c.webhook_id)).all())
    # The gauge is set after the commit.
    eventually(lambda: metric(desk.url, "visitor_desk_quarantine_size") == size)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "localhost:1",
        "LOCALHOST",
        "[::1]",
        "[::1]:8000",
        "desk.example",
    ],
)
def test_metrics_answer_to_known_hosts(desk: Desk, host: str) -> None:
    assert CLIENT.get(f"{desk.url}/metrics", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil:80", ""]
)
def test_metrics_refuse_other_hosts(desk: Desk, host: str) -> None:
    answer = CLIENT.get(f"{desk.url}/metrics", headers={"Host": host})
    assert (answer.status_code, list(answer.json())) == (421, ["detail"])


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/", "/webhooks", "/metrics/x"]
)
def test_there_is_nothing_elsewhere(desk: Desk, path: str) -> None:
    answer = CLIENT.get(desk.url + path)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("PUT", PATH), ("DELETE", PATH), ("POST", "/healthz"), ("POST", "/metrics")],
)
def test_another_method_is_refused(desk: Desk, method: str, path: str) -> None:
    answer = CLIENT.request(method, desk.url + path)
    assert (answer.status_code, list(answer.json())) == (405, ["detail"])
