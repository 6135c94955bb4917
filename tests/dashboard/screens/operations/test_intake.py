"""Intake in figures: bars without gaps, the funnel with its drop-outs, numbers as people read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.screens.operations.funnel import Step, funnel, funnel_chart, worst_drop
from dashboard.screens.operations.intake import (
    PERIODS,
    UNKNOWN_TYPE,
    bars,
    by_type,
    chart,
    charted,
    since,
    tiles,
)
from dashboard.screens.operations.lags import lag_chart
from dashboard.widgets.numbers import size
from dashboard.widgets.times import milliseconds
from models.projection.summing import HOUR_MS

NOON = 1_739_620_800_000
"""2025-02-15 12:00 UTC."""
UTC = ZoneInfo("UTC")
RESOLVED, QUALIFIED, ENRICHED, VALIDATED, FINALIZED = (1 << number for number in range(1, 6))


def _row(hour: int, count: int, **more: Any) -> dict[str, Any]:
    return {"hour": hour, "type": "identity.resolved", "outcome": "derived", "count": count} | more


def test_a_period_begins_at_a_whole_hour() -> None:
    assert since(PERIODS["24h"], NOON + 5) == NOON - 24 * HOUR_MS


def test_bars_of_hours_have_no_gap() -> None:
    places, counts = bars([_row(NOON, 3)], "type", PERIODS["24h"], NOON + 60_000, UTC)
    assert len(places) == 25
    assert places[-1] == datetime(2025, 2, 15, 12)  # noqa: DTZ001 - as the viewer's clock shows it
    assert counts["identity.resolved"] == [0] * 24 + [3]


def test_bars_of_days_are_the_viewers_days() -> None:
    rows = [_row(NOON - 2 * HOUR_MS, 1), _row(NOON + 2 * HOUR_MS, 5)]
    # In Auckland, 13 hours ahead, midnight comes between the two.
    places, counts = bars(
        rows, "type", PERIODS["7d"], NOON + 3 * HOUR_MS, ZoneInfo("Pacific/Auckland")
    )
    assert (places[-1].day, places[-1].hour) == (16, 0)
    assert counts["identity.resolved"][-2:] == [1, 5]


def test_a_chart_stacks_in_the_order_of_its_names() -> None:
    rows = [_row(NOON, 1, outcome=name) for name in ("duplicate", "quarantined")]
    names = {"quarantined": ("Quarantined", "#111"), "duplicate": ("Duplicate", "#222")}
    figure = chart(rows, "outcome", names, period=PERIODS["24h"], now_ms=NOON, zone=UTC)
    assert [bar.name for bar in figure.data] == ["Quarantined", "Duplicate"]


def test_types_that_did_not_come_count_zero() -> None:
    counts = by_type([_row(NOON, 2), _row(NOON, 9, outcome="quarantined")])
    assert list(counts.values()) == [2, 0, 0, 0, 0]


def test_an_unknown_type_that_came_is_counted_after_the_known_ones() -> None:
    counts = by_type([_row(NOON, 2), _row(NOON, 3, type="identity.guessed")])
    assert list(counts.items())[-1] == ("identity.guessed", 3)


def test_a_chart_has_one_name_for_all_unknown_types() -> None:
    rows = charted([_row(NOON, 2), _row(NOON, 3, type="a"), _row(NOON, 4, type="b")])
    _, counts = bars(rows, "type", PERIODS["24h"], NOON, UTC)
    assert {kind: sum(count) for kind, count in counts.items()} == {
        "identity.resolved": 2,
        UNKNOWN_TYPE: 7,
    }


def _lag(hour: int, within_ms: int, count: int) -> dict[str, int]:
    return {"hour": hour, "within_ms": within_ms, "count": count}


def test_a_day_s_lag_is_that_of_all_its_hours() -> None:
    rows = [_lag(NOON, 2, 98), _lag(NOON + HOUR_MS, 70, 1), _lag(NOON + HOUR_MS, 3_000, 1)]
    figure = lag_chart(
        rows, ["#111", "#222"], period=PERIODS["7d"], now_ms=NOON + HOUR_MS, zone=UTC
    )
    half, most = figure.data
    assert (half.y[-1], most.y[-1]) == (2, 70)
    assert set(half.y[:-1]) == {None}


def test_the_commit_lag_is_told_for_half_and_for_99_percent() -> None:
    answers = {
        "intake": [],
        "lags": [],
        "commit_lags": [_lag(NOON, 3, 90), _lag(NOON, 50, 9), _lag(NOON, 7_000, 1)],
        "clocks": {"future": 0, "late": 0, "events": 0},
        "stages": [],
    }
    waiting = {"count": 0, "oldest": None, "received_at": NOON}
    tile = next(t for t in tiles(answers, waiting, 0, NOON) if t.label == "Commit lag")
    assert tile.value == "3 ms"
    assert "99% took at most 50 ms, the slowest 7.0 s." in tile.meaning


def test_funnel_tells_who_went_on_who_dropped_out_and_who_still_runs() -> None:
    steps, total = funnel(
        [
            {"stages": RESOLVED, "count": 5, "running": 2},
            {"stages": RESOLVED | FINALIZED, "count": 3, "running": 3},
            {"stages": RESOLVED | QUALIFIED | ENRICHED | VALIDATED | FINALIZED, "count": 4,
             "running": 0},
        ]
    )  # fmt: skip
    assert total == 12
    resolved, qualified, *_, finalized = steps
    assert (resolved.reached, resolved.went_on, resolved.running, resolved.dropped) == (12, 4, 2, 6)
    assert (qualified.reached, qualified.dropped) == (4, 0)
    assert finalized.reached == 7


def test_funnel_takes_a_stage_that_never_came_for_no_drop_out() -> None:
    steps, _ = funnel([{"stages": RESOLVED | VALIDATED, "count": 1, "running": 0}])
    assert (steps[0].went_on, steps[0].dropped) == (1, 0)


def test_worst_drop_is_by_share_and_none_when_all_go_on() -> None:
    steps = [Step("Resolved", 100, 80), Step("Qualified", 80, 40), Step("Enriched", 40, 40)]
    worst = worst_drop(steps)
    assert worst is not None
    assert worst.label == "Qualified"
    assert worst_drop([Step("Resolved", 5, 5)]) is None


def test_funnel_chart_names_count_and_share() -> None:
    steps, total = funnel([{"stages": RESOLVED, "count": 2_000, "running": 0}])
    labels = funnel_chart(steps, total, ["#000"] * 7).data[0].y
    assert "2,000 · 100%" in labels[0]


def test_strip_of_a_quiet_desk_has_no_zero_for_what_is_not_known() -> None:
    answers = {
        "intake": [],
        "lags": [],
        "commit_lags": [],
        "clocks": {"future": 0, "late": 0, "events": 0},
        "stages": [],
    }
    waiting = {"count": 5_000, "oldest": 1, "received_at": None}
    values = {tile.label: tile.value for tile in tiles(answers, waiting, 0, NOON)}
    assert values["Since the last event"] == "–"
    assert (values["Receipt lag"], values["Commit lag"]) == ("–", "–")
    assert values["Waiting"] == "5,000+"


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(None, "–"), (840, "840 ms"), (-20, "-20 ms"), (2_449, "2.4 s"), (119_000, "119.0 s"),
     (780_000, "13 min"), (-7_200_000, "-2 h"), (3 * 86_400_000, "3 d")],
)  # fmt: skip
def test_a_lag_is_written_in_its_own_unit(ms: int | None, shown: str) -> None:
    assert milliseconds(ms) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(999, "999 bytes"), (47_700_000, "47.7 MB"), (3 * 10**15, "3,000.0 TB")]
)
def test_sizes_are_written_as_people_read_them(count: int, shown: str) -> None:
    assert size(count) == shown
