"""What Operations asks, on both databases."""

import json
from typing import Any

from dashboard.screens.operations import lists, queries
from models.days import DAY_MS
from models.ledger.deliveries import Delivery, keep
from models.projection.summing import HOUR_MS
from models.storage.database import Database
from models.tables import EVENT
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.desk import question

NOON = 1_739_620_800_000
"""2025-02-15 12:00 UTC."""


def _put_broken(database: Database, webhook_id: str = "broken", at: int = NOON) -> None:
    event = payload("resolved") | {"id": webhook_id, "created": "yesterday"}
    put(database, event, received_at=at)


def _created(event: dict[str, Any], ms: int, webhook_id: str) -> dict[str, Any]:
    return event | {"created": ms, "id": webhook_id}


def test_an_empty_database_has_an_answer_to_everything(database: Database) -> None:
    with database.read() as db:
        assert queries.intake(db, 0) == []
        assert queries.lags(db, 0) == []
        assert queries.commit_lags(db, 0) == []
        assert queries.latest_by_type(db) == {}
        assert queries.stage_sets(db, 0, 0) == []
        assert queries.conflicts(db, 0) == queries.unknown(db) == []
        assert lists.quarantine(db, question()).rows == []
        assert lists.quarantined(db) == 0
        assert queries.clocks(db, 0) == {"future": 0, "late": 0, "events": 0}
        waiting = queries.waiting(db)
    assert (waiting["count"], waiting["oldest"], waiting["received_at"]) == (0, None, None)


def test_intake_counts_each_hour_by_type_and_outcome(database: Database) -> None:
    put(database, payload("resolved"), payload("qualified"), received_at=NOON)
    put(database, _created(payload("resolved"), NOON, "again"), received_at=NOON + 5)
    put(database, payload("enriched"), received_at=NOON + HOUR_MS)
    _put_broken(database)
    put(database, payload("resolved"), received_at=NOON + 9)
    put(database, payload("resolved") | {"extra": 1}, received_at=NOON + 9)
    with database.read() as db:
        found = queries.intake(db, NOON)
    counts = {(r["hour"] - NOON, r["type"], r["outcome"]): r["count"] for r in found}
    assert counts == {
        (0, "identity.resolved", "derived"): 2,
        (0, "identity.qualified", "derived"): 1,
        (HOUR_MS, "identity.enriched", "derived"): 1,
        (0, "identity.resolved", "quarantined"): 1,
        (0, None, "duplicate"): 1,
        (0, None, "conflict"): 1,
    }


def test_deliveries_of_an_unknown_type_count_under_its_name(database: Database) -> None:
    put(database, {"id": "x", "type": "identity.guessed", "created": 1, "data": {}})
    with database.read() as db:
        (row,) = queries.intake(db, 0)
    assert (row["type"], row["outcome"], row["count"]) == ("identity.guessed", "derived", 1)


def test_intake_leaves_out_what_came_before(database: Database) -> None:
    put(database, payload("resolved"), received_at=NOON - 1)
    with database.read() as db:
        assert queries.intake(db, NOON) == []


def test_lag_is_from_created_to_received_and_may_be_below_zero(database: Database) -> None:
    for number, created in enumerate((NOON - 3_000, NOON + 20, NOON - 40)):
        put(database, _created(payload("resolved"), created, f"e{number}"), received_at=NOON)
    with database.read() as db:
        assert queries.lags(db, NOON) == [-20, 40, 3_000]


def test_what_is_not_derived_yet_waits_since_its_receipt(database: Database) -> None:
    body = json.dumps(payload("resolved")).encode()
    keep(database, [Delivery("w1", NOON, "1", "v1,x", body)])
    keep(database, [Delivery("w2", NOON + 9, "1", "v1,x", body)])
    with database.read() as db:
        waiting = queries.waiting(db)
    assert (waiting["count"], waiting["oldest"]) == (2, NOON)


def test_the_newest_derived_event_is_told(database: Database) -> None:
    put(database, payload("resolved"), received_at=NOON)
    with database.read() as db:
        assert queries.waiting(db)["received_at"] == NOON


def test_latest_of_each_type_is_by_receipt(database: Database) -> None:
    put(database, payload("resolved"), received_at=NOON)
    put(database, _created(payload("resolved"), 5, "older"), received_at=NOON + 7)
    put(database, payload("validated"), received_at=NOON + 3)
    with database.read() as db:
        assert queries.latest_by_type(db) == {
            "identity.resolved": NOON + 7,
            "identity.validated": NOON + 3,
        }


def test_latest_of_a_type_is_found_behind_any_number_of_newer_events(database: Database) -> None:
    put(database, payload("resolved"), received_at=NOON)
    put(database, {"id": "x", "type": "identity.guessed", "created": 1, "data": {}}, received_at=9)
    with database.write() as db:
        rows = [
            {"webhook_id": f"w{n}", "event_id": "e", "type": "identity.enriched", "created": 1,
             "received_at": NOON + n}
            for n in range(6_000)
        ]  # fmt: skip
        db.execute(EVENT.insert(), rows)
    with database.read() as db:
        assert queries.latest_by_type(db) == {
            "identity.enriched": NOON + 5_999,
            "identity.guessed": 9,
            "identity.resolved": NOON,
        }


def test_lag_bounds_hold_their_share() -> None:
    counts = {1: 50, 10: 49, 300: 1}
    assert [queries.within(counts, share) for share in (0.5, 0.51, 0.99, 1)] == [1, 10, 10, 300]
    assert queries.within({}, 0.5) is None


def test_clocks_count_the_future_and_what_is_over_a_day_old(database: Database) -> None:
    for number, created in enumerate(
        (NOON, NOON + 900, NOON + 1_001, NOON - DAY_MS, NOON - DAY_MS - 1)
    ):
        put(database, _created(payload("resolved"), created, f"e{number}"), received_at=NOON)
    with database.read() as db:
        assert queries.clocks(db, NOON) == {"future": 1, "late": 1, "events": 5}


def test_stage_sets_count_sessions_by_what_came_for_them(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE), received_at=NOON)
    other = payload("resolved") | {"id": "other"}
    other["data"]["session"]["sid"] = "01OTHER"
    put(database, other, received_at=NOON + 60)
    with database.read() as db:
        assert queries.stage_sets(db, NOON, NOON + 60) == [
            {"stages": 0b10, "count": 1, "backwards": 0, "running": 1},
            {"stages": 0b111110, "count": 1, "backwards": 0, "running": 0},
        ]


def test_conflicts_name_the_delivery(database: Database) -> None:
    put(database, payload("resolved"))
    put(database, payload("resolved"), received_at=NOON)
    put(database, payload("resolved") | {"extra": 1}, received_at=NOON + 1)
    with database.read() as db:
        assert queries.conflicts(db, NOON) == [
            {"webhook_id": payload("resolved")["id"], "received_at": NOON + 1}
        ]


def test_quarantine_comes_newest_first_and_in_pages(database: Database) -> None:
    for number in range(3):
        _put_broken(database, f"broken{number}", NOON + number)
    with database.read() as db:
        assert lists.quarantined(db) == 3
        newest = lists.quarantine(db, question(), size=1)
        (row,) = lists.quarantine(db, question(), place=newest.after, size=1).rows
    assert row == {
        "webhook_id": "broken1",
        "type": "identity.resolved",
        "received_at": NOON + 1,
        "error": "created must be a whole number of milliseconds",
    }


def test_unknown_fields_and_types_name_their_newest_delivery(database: Database) -> None:
    put(database, payload("resolved") | {"created": 1_000, "id": "first", "mood": 1})
    put(database, payload("resolved") | {"created": 2_000, "id": "second", "mood": 2})
    put(database, {"id": "third", "type": "identity.guessed", "created": 3_000, "data": {}})
    with database.read() as db:
        found = queries.unknown(db)
    assert [(row["type"], row["path"]) for row in found] == [
        ("identity.guessed", "type"),
        ("identity.resolved", "mood"),
    ]
    assert (found[1]["created_first"], found[1]["created_last"]) == (1_000, 2_000)
    assert found[1]["webhook_id"] == "second"


def test_storage_tells_size_and_revision(database: Database) -> None:
    with database.read() as db:
        storage = queries.storage(db)
    assert storage["kind"] == ("Postgres" if database.is_postgres else "SQLite")
    assert storage["bytes"] > 50_000
    assert storage["revision"]


def test_part_of_values_is_the_one_that_share_does_not_exceed() -> None:
    assert queries.part([], 0.5) is None
    assert queries.part([7], 0.95) == 7
    assert queries.part(list(range(100)), 0.95) == 95
