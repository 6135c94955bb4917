"""A visit drawn to time: dwell, places on the axis, words for gaps."""

import json
from typing import Any

import pytest

from dashboard.screens.details import timeline
from dashboard.screens.details.queries import PAGE_EVENTS
from dashboard.widgets.times import clock, dwell, later
from models.tables import PAGE_EVENT, SESSION

START = 1_000_000


def session(**facts: Any) -> dict[str, Any]:
    return (
        dict.fromkeys(SESSION.columns.keys())
        | {
            "sid": "s1",
            "stage": 5,
            "finalized": True,
            "rank": "1a\x01b\x01evt_1",
            "started_at": START,
            "last_activity": START + 100_000,
            "duration_seconds": 100,
            "pageviews": 1,
        }
        | facts
    )


def seen(at_s: float, **facts: Any) -> dict[str, Any]:
    ts = START + int(at_s * 1000)
    return dict.fromkeys(PAGE_EVENT.columns.keys()) | {"ts": ts, "signal": "pageview"} | facts


def arrived(at_s: float) -> dict[str, Any]:
    return {
        "created": START + int(at_s * 1000),
        "type": "identity.enriched",
        "webhook_id": "evt_1",
    }


def rows(*pages: dict[str, Any], **facts: Any) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = timeline.visit(session(**facts), pages, (), {})["rows"]
    return shown


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (-5, "0 s"),
        (53_200, "53 s"),
        (90_000, "90 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (250_000, "4 min 10 s"),
        (11_100_000, "3 h 5 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_dwell_reads_as_people_compare_it(ms: int, words: str) -> None:
    assert dwell(ms) == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (-1, "meanwhile"),
        (0, "moments later"),
        (90_000, "2 minutes later"),
        (3_600_000, "1 hour later"),
        (6 * 86_400_000 - 200_000, "6 days later"),
        (400 * 86_400_000, "1 year later"),
    ],
)
def test_gap_is_named_by_its_largest_unit(ms: int, words: str) -> None:
    assert later(ms) == words


def test_bars_stand_where_their_time_is_and_are_as_wide_as_their_dwell() -> None:
    found = rows(seen(0), seen(25), seen(75))
    assert [(row["left"], row["width"]) for row in found] == [(0, 25), (25, 50), (75, 25)]


def test_last_page_lasts_to_the_last_activity() -> None:
    assert rows(seen(40))[0]["dwell"] == "60 s"


def test_a_page_after_the_last_activity_lasts_no_time() -> None:
    assert rows(seen(0), seen(300))[-1]["dwell"] == "0 s"


def test_a_visit_of_no_length_is_drawn() -> None:
    (row,) = rows(seen(0), last_activity=START)
    assert (row["left"], row["width"], row["dwell"]) == (0, 0, "0 s")


def test_a_visit_without_page_events_shows_its_landing_page() -> None:
    shown = timeline.visit(
        session(landing_page="https://example.com/", finalized=False), (), (), {}
    )
    assert (shown["landing"]["url"], shown["rows"]) == ("https://example.com/", [])


def test_what_came_in_after_the_visit_is_marked_so() -> None:
    shown = timeline.visit(session(), [seen(0)], [arrived(50), arrived(500)], {})
    events = [row for row in shown["rows"] if row["kind"] == "event"]
    assert [(row["left"], row["is_after"]) for row in events] == [(50, False), (100, True)]


def test_what_came_in_before_the_start_has_a_minus_sign() -> None:
    assert clock(-2_000) == "−0:02"  # noqa: RUF001 - the sign that is shown


def test_another_signal_keeps_its_name_and_props() -> None:
    (row,) = rows(seen(0, signal="form_submit", props=json.dumps({"form": "demo", "n": 2})))
    assert row["signal"] == "form_submit"
    assert row["props"] == [("form", "demo"), ("n", "2")]


def test_a_page_view_needs_no_name() -> None:
    assert rows(seen(0))[0]["signal"] is None


def test_more_events_than_are_shown_are_said_so() -> None:
    pages = [seen(at) for at in range(PAGE_EVENTS + 1)]
    shown = timeline.visit(session(), pages, (), {})
    assert (len(shown["rows"]), shown["is_cut"]) == (PAGE_EVENTS, True)


def test_a_session_named_by_no_object_still_has_a_delivery() -> None:
    assert timeline.delivery(session(rank=None, vid_rank="1\x01e\x01evt_2")) == "evt_2"
