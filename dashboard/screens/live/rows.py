"""What the live feed says about each visitor: database rows as one short JSON text."""

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from dashboard.data.with_company import Row
from dashboard.screens.live import queries
from dashboard.screens.live.sifting.sieve import Sifted
from dashboard.widgets import words
from models.payloads.vocabulary import STAGES
from models.projection.hot_pages import hot_paths, is_hot
from models.scoring.reasons.best import Best, best

WEEK_MS = 7 * 24 * 3_600_000
"""People from one company within this time count as having come together."""

_PAGE_EVENTS = 24  # a session that are read; more could only be a robot's
_PAGES = 8  # that are told one by one
_TEXT_CHARS = 200  # of any text, for visitors write some of them
_URL_CHARS = 400
_OFFERS = 200  # of one filter; who looks for another one finds it in the list of leads


def feed_text(sifted: Sifted, limit: int, leads: Sequence[str]) -> str:
    """What a viewer is told: `leads`, in their order, as `told` says them. `of`: among how many
    they are; `matching`: how many of those match; `bots`: likely ones that are hidden. `refused`:
    why nobody can match, in words.
    """
    said = {
        "limit": limit,
        "of": sifted.matching.of,
        "matching": len(sifted.matching.keys),
        "bots": sifted.matching.bots,
        "refused": sifted.refused,
    }
    return f'{_json(said)[:-1]},"leads":[{",".join(leads)}]}}'


def told(db: Connection, keys: Sequence[str]) -> dict[str, str]:
    """What is said of each of these leads, as JSON, words included; times in ms, UTC.

    Short: some 60 kB for 100 of them. Texts are cut, for this goes out at every change.
    """
    rows = queries.rows_of(db, keys)
    finalized = [row["last_sid"] for row in rows if row["finalized"]]
    events = queries.page_events(db, finalized, _PAGE_EVENTS)
    now = int(time.time() * 1000)
    companies, names = (
        {row[column] for row in rows if row[column]} for column in ("company_key", "company_name")
    )
    of_key = queries.people_of(db, companies, now - WEEK_MS)
    of_name = queries.people_at(db, names, now - WEEK_MS)
    hot = hot_paths(db)
    of_lead = best(db, [row["key"] for row in rows], now)
    found: dict[str, str] = {}
    for row in rows:
        people = of_key.get(row["company_key"]) or of_name.get(row["company_name"], 0)
        shown = _shown(row, events.get(row["last_sid"], []), people, hot)
        found[row["key"]] = _json(shown | _why(of_lead.get(row["key"])))
    return found


def _json(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def offers_text(db: Connection) -> str:
    """The values to choose from for each filter, as JSON, with their counts, most first."""
    found = queries.offers(db)
    stages = {STAGES[word]: word for word in STAGES}
    return _json(
        {
            name: [
                (stages.get(value, value), count)
                for value, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
                if name == "stage" or len(value) <= _TEXT_CHARS
            ][:_OFFERS]
            for name, counts in found.items()
        },
    )


def _shown(row: Row, events: list[Row], people: int, hot: Sequence[str]) -> dict[str, Any]:
    pages = pages_seen(events, row["last_activity"])
    addresses = [row["landing_page"], *(url for url, _ in pages)]
    shown = {
        "key": row["key"],
        "who": _cut(words.who(row)),
        "known": bool(row["full_name"]),
        "title": _cut(row["job_title"]),
        "company": _cut(row["company"]),
        "people": people,
        "employees": None if row["employees"] is None else int(row["employees"]),
        "industry": _cut(row["industry"]),
        "email": _cut(row["email"]),
        "validity": (row["email_validity"] or "unchecked") if row["email"] else None,
        "page": _address(row["landing_page"]),
        "page_title": _cut(row["landing_title"]),
        "pages": [(_address(url), seconds) for url, seconds in pages[:_PAGES]],
        "pageviews": row["pageviews"],
        "hot": _hot(addresses, hot) if row["hot"] else None,
        "source": _cut(words.campaign_source(row)),
        "campaign": _cut(row["utm_campaign"]),
        "place": _cut(words.place(row["visit_city"], row["visit_country"]))
        or _cut(words.place(row["city"], row["country"])),
        "country": _cut(row["visit_country"] or row["country"]),
        "device": row["device"],
        "pixel": _cut(row["pid"]),
        "over": bool(row["finalized"]),
        "bot": bool(row["is_bot"]),
        "stage": row["stage"],
        "visit": words.visits(row["sessions"]),
        "owner": row["owner"],
        "status": words.STATUSES.get(row["status"]),
        "heard_at": row["heard_at"],
        "started_at": row["started_at"],
    }
    # Unknown values are left out: at first, most of a row is unknown.
    return {name: value for name, value in shown.items() if value not in (None, [], 0)}


def _why(of: Best | None) -> dict[str, Any]:
    """How much somebody is worth calling, and the best reason, without a time: it goes stale."""
    if of is None:
        return {}
    # The page says it in fewer words.
    reason = _cut(of.reason.removeprefix("Looked at ")) if of.reason else None
    shown = {"grade": of.grade, "reason": reason, "asks": of.asks}
    return {name: value for name, value in shown.items() if value}


def pages_seen(events: list[Row], last_activity: int) -> list[tuple[str | None, int | None]]:
    """Pages in the order they were seen, each with its dwell in whole seconds.

    A page lasts until the next page view, the last one until the session's last activity (ms). Of a
    list that goes on beyond what was read, nobody knows how long its last page was looked at.
    """
    in_time = sorted(events, key=lambda event: event["ts"])
    views = [event for event in in_time if event["signal"] == "pageview"]
    ends: list[int | None] = [event["ts"] for event in views[1:]]
    ends.append(last_activity if len(events) < _PAGE_EVENTS else None)
    return [
        (view["url"], None if end is None else max(0, end - view["ts"]) // 1000)
        for view, end in zip(views, ends, strict=False)
    ]


def _hot(addresses: Sequence[str | None], hot: Sequence[str]) -> str:
    """Path of the first hot page, as far as pages were read."""
    for url in addresses:
        if url and is_hot(url, hot):
            return _cut(urlsplit(url).path) or "/"
    return "a later page"


def _address(url: str | None) -> str | None:
    """A URL to link; of one that is too long, the beginning of its path, which links nowhere."""
    if url is None or len(url) <= _URL_CHARS:
        return url
    return _cut(url.partition("://")[2] or url)


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _TEXT_CHARS else f"{text[:_TEXT_CHARS]}…"
