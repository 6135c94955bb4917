"""A visit drawn to scale: its pages with dwell, and what came in about it, as a component shows it.

Pure: from rows of `details.queries` to the component's data. Percentages are of the visit's length;
all text is set as text in the browser.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.data.with_company import Row
from dashboard.screens.details.queries import PAGE_EVENTS
from dashboard.widgets import words
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.numbers import number
from dashboard.widgets.times import _SECOND, clock, counted, dwell, later
from models.facts.ranks import delivery_of
from models.payloads.vocabulary import STAGE_OF

Shown = dict[str, Any]
_PROPS = 20
_PROP_CHARS = 300
_FINALIZED = STAGE_OF["identity.session.finalized"]


def visits(
    sessions: Sequence[Row],
    pages: Mapping[str, Sequence[Row]],
    events: Mapping[str, Sequence[Row]],
    checks: Sequence[Row],
    *,
    total: int,
) -> list[Shown]:
    """Sessions, newest first, each with the gap to the one before it.

    `total` is how many the lead has, so that the newest is visit number `total`.
    """
    found_out: dict[str, list[str]] = {}
    for check in checks:
        found_out.setdefault(check["webhook_id"], []).append(_verdict(check))
    return [
        visit(
            session,
            pages.get(session["sid"], ()),
            events.get(session["sid"], ()),
            found_out,
        )
        | {
            "number": words.visits(total - place) or "First visit",
            "gap": later(session["started_at"] - sessions[place + 1]["last_activity"])
            if place + 1 < len(sessions)
            else None,
        }
        for place, session in enumerate(sessions)
    ]


def visit(
    session: Row, pages: Sequence[Row], events: Sequence[Row], found_out: Mapping[str, list[str]]
) -> Shown:
    """One session: its head, its facts and its rows in the order of time."""
    shown_pages = pages[:PAGE_EVENTS]
    start = min([session["started_at"], *(page["ts"] for page in shown_pages[:1])])
    end = max([session["last_activity"], *(page["ts"] for page in shown_pages[-1:])])
    rows = [*_page_rows(shown_pages, start, end), *_event_rows(events, start, end, found_out)]
    rows.sort(key=lambda row: (row["ms"], row["kind"] == "event"))
    device = (session["device"] or "").capitalize()
    seconds = session["duration_seconds"]
    return {
        "sid": session["sid"],
        "ms": session["started_at"],
        "stage": session["stage"],
        "finalized": session["finalized"],
        "source": words.campaign_source(session),
        "place": words.place(session["city"], session["country"]),
        "device": ", ".join(filter(None, (device, session["browser"]))) or None,
        "length": dwell(end - start),
        "duration": None if seconds is None else dwell(seconds * _SECOND),
        "pages": None if session["pageviews"] is None else counted(session["pageviews"], "page"),
        "landing": None
        if shown_pages
        else {"title": session["landing_title"], "url": session["landing_page"]},
        "is_cut": len(pages) > PAGE_EVENTS,
        "rows": rows,
        "facts": _facts(session),
        "delivery": delivery(session),
    }


def delivery(session: Row) -> str:
    """The delivery that a session's facts came from."""
    return delivery_of(session["rank"] or session["vid_rank"])


def _percent(ms: int, start: int, end: int) -> float:
    return round(100 * min(max((ms - start) / max(end - start, 1), 0), 1), 2)


def _page_rows(pages: Sequence[Row], start: int, end: int) -> list[Shown]:
    """Dwell is the gap to the next event, or for the last one to the last activity."""
    until = [page["ts"] for page in pages[1:]] + [end] * bool(pages)
    return [
        {
            "kind": "page",
            "ms": page["ts"],
            "at": clock(page["ts"] - start),
            "left": _percent(page["ts"], start, end),
            "width": round(_percent(left_at, start, end) - _percent(page["ts"], start, end), 2),
            "dwell": dwell(left_at - page["ts"]),
            "signal": page["signal"] if page["signal"] != "pageview" else None,
            "title": page["title"],
            "url": page["url"],
            "outlink": page["outlink"],
            "points": page.get("points"),
            "props": _props(page["props"]),
        }
        for page, left_at in zip(pages, until, strict=True)
    ]


def _props(text: str | None) -> list[tuple[str, str]]:
    given = json.loads(text) if text else {}
    return [
        (
            name[:_PROP_CHARS],
            (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[
                :_PROP_CHARS
            ],
        )
        for name, value in list(given.items())[:_PROPS]
    ]


def _event_rows(
    events: Sequence[Row], start: int, end: int, found_out: Mapping[str, list[str]]
) -> list[Shown]:
    return [
        {
            "kind": "event",
            "ms": event["created"],
            "at": clock(event["created"] - start),
            "left": _percent(event["created"], start, end),
            "is_after": event["created"] > end,
            "stage": STAGE_OF[event["type"]],
            # What a finalized event repeats of earlier checks is old news.
            "notes": found_out.get(event["webhook_id"], [])
            if STAGE_OF[event["type"]] != _FINALIZED
            else [],
            "delivery": event["webhook_id"],
        }
        for event in events
    ]


def _verdict(check: Row) -> str:
    label, _ = words.VALIDITY.get(check["validity"] or "unchecked", (check["validity"], ""))
    if not check["validity"]:
        failed = check["error_message"] or check["error_code"]
        label = f"check failed: {failed}" if failed else label
    return f"{check['address']}: {label}"


_FACTS = (
    "landing_page", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term",
    "utm_content", "gclid", "fbclid", "city", "region", "country", "timezone", "device", "browser",
    "screen", "bot_score", "ip", "asn_name", "sid", "vid", "pid",
)  # fmt: skip
_LINKED = {"landing_page", "referrer"}


def _facts(session: Row) -> list[Shown]:
    screen = (session["screen_width"], session["screen_height"])
    known = session | {"screen": " × ".join(f"{side:,.0f}" for side in screen if side) or None}
    return [fact(name, known[name], is_url=name in _LINKED) for name in _FACTS]


def fact(
    name: str, value: object, *, is_url: bool = False, source: str | None = None, **more: object
) -> Shown:
    """A fact under its field's label and meaning; without a value it is shown as missing."""
    field = FIELDS[name]
    text = number(value) if isinstance(value, int | float) else value
    return {
        "label": field.label,
        "meaning": field.meaning,
        "url" if is_url else "text": text,
        "delivery": source if value is not None else None,
        **more,
    }
