"""What is known of a human: leads, derived whole, those of many visits from their parts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import reduce
from operator import itemgetter, or_
from typing import Any

from sqlalchemy import Connection

from models.annotations.mentions import follow
from models.annotations.statements import restate, standing
from models.facts.keys import LINKEDIN_PREFIX
from models.facts.row import Row
from models.facts.search import fold, with_words
from models.facts.titles.meaning import meaning_of
from models.facts.visits import folded
from models.projection import large_leads
from models.projection.addresses import bring_addresses_up_to_date, check_again, holders_of
from models.projection.checks import Checked
from models.projection.joining import Changed
from models.projection.large_leads import UTM, Part, is_touch, said
from models.projection.summaries import reopen, times
from models.scoring import keeping
from models.scoring.keeping import Known
from models.scoring.versions import Scoring
from models.storage.rows import delete, execute_many, load, placeholder, upsert
from models.tables import COMPANY, LEAD, LEAD_WORD, LONGEST_SEARCH, PERSON, SESSION

NAMELESS = "\U0010ffff"
"""Sorts after every name."""


def derive_leads(
    db: Connection,
    changed: Changed,
    scorings: Sequence[Scoring],
    *,
    better: Sequence[Row],
    persons: Collection[str],
    checked: Checked,
    employers: Collection[str],
) -> Set[str]:
    """Derive leads again, and their scores: those that changed, those of changed persons, of
    addresses that count as something else now, and those who work at these employers. Gives the
    keys of all of them.

    `better` are addresses that visits got, or that are of a better kind.
    """
    check_again(db, checked.again)
    keys = changed.visits.keys() | set(persons) | holders_of(db, checked.others)
    keys |= {row["key"] for row in load(db, LEAD, "company_key", employers, ("key",))}
    sessions, sums = _visits(db, keys, changed.visits)
    profiles = {p["url"]: p for p in load(db, PERSON, "url", sessions.keys(), _PERSON_COLUMNS)}
    leads = {key: _lead(key, its, profiles.get(key)) for key, its in sessions.items()}
    for key, whole in sums.items():
        leads[key] |= _summed(whole)
    were = {row["key"]: row for row in load(db, LEAD, "key", keys, _WAS)}
    for key, held in bring_addresses_up_to_date(db, leads, were, changed, better, checked).items():
        leads[key] |= held._asdict()
    companies = _companies(db, leads.values())
    for lead in leads.values():
        lead["search"] = _search(lead, companies.get(lead["company_key"]))
    moved = follow(db, changed.visits)
    stands = standing(db, leads.keys())
    for key in leads:
        leads[key] |= stands[key]
    _write_words(db, were, leads)
    reopen(db, LEAD, [*were.values(), *leads.values()])
    delete(db, LEAD, "key", keys - leads.keys())
    upsert(db, LEAD, list(leads.values()))
    follow_from = {
        key: _known(db, lead, sessions[key], sums.get(key), companies.get(lead["company_key"]))
        for key, lead in leads.items()
    }
    keeping.keep_leads(db, scorings, follow_from)
    keeping.drop(db, "lead_score", "lead", scorings, keys - leads.keys())
    restate(db, moved - leads.keys())
    return keys


def reword(db: Connection, renamed: Collection[str], done: Collection[str]) -> None:
    """Let those who work at renamed companies, but for those `done`, be found by the new names."""
    columns = ("key", "full_name", "company_key", "company_name", "address_words", "search")
    were = {
        row["key"]: row
        for row in load(db, LEAD, "company_key", renamed, columns)
        if row["key"] not in done
    }
    companies = _companies(db, were.values())
    now = {
        key: row | {"search": _search(row, companies.get(row["company_key"]))}
        for key, row in were.items()
        # Of an earlier release's nobody knows the words; they are made when it is derived again.
        if row["address_words"] is not None
    }
    others = {key: row for key, row in now.items() if row["search"] != were[key]["search"]}
    _write_words(db, {key: were[key] for key in others}, others)
    mark = placeholder(db)
    sql = f"UPDATE lead SET search = {mark} WHERE key = {mark}"
    execute_many(db, sql, [(row["search"], key) for key, row in others.items()])


def _companies(db: Connection, leads: Iterable[Row]) -> dict[str, Row]:
    employers = {lead["company_key"] for lead in leads} - {None}
    return {c["key"]: c for c in load(db, COMPANY, "key", employers, _COMPANY_COLUMNS)}


def _known(
    db: Connection, lead: Row, sessions: list[Row], whole: Part | None, company: Row | None
) -> Known:
    """What a lead's scores follow from; `whole` is a large lead's root."""
    if whole:
        visits = keeping.newest_visits(db, lead["key"])
        return Known(lead, visits, whole.least["start"][1], company)
    visits = sorted(sessions, key=itemgetter("started_at", "sid"))
    return Known(lead, visits, visits[0]["sid"], company)


_COMPANY_COLUMNS = ("name", *keeping.COMPANY_COLUMNS)
_SESSION_COLUMNS = (
    "lead", "sid", "started_at", "last_activity", "stage", "stages", "pageviews", "heard_at",
    "company_key", "company_rank", "identity", "country", "landing_page",
    "last_page", "last_page_ts", "last_page_place",
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel",
    "is_bot", "finalized", "known_at",
)  # fmt: skip
_PERSON_COLUMNS = (
    "url", "full_name", "first_name", "last_name", "job_title", "company_key", "city", "country",
)  # fmt: skip
_NO_TOUCH: Row = dict.fromkeys(("started_at", *UTM))


def _visits(
    db: Connection, keys: Set[str], changed: Mapping[str, Collection[str]]
) -> tuple[dict[str, list[Row]], dict[str, Part]]:
    """The visits that each of these leads is made of; of large leads those that have something, and
    the sums of all.
    """

    def by_id(sids: Collection[str]) -> list[Row]:
        return load(db, SESSION, "sid", sids, _SESSION_COLUMNS)

    sums = {
        key: large_leads.update(db, key, changed[key], by_id) if key in changed else root
        for key, root in large_leads.roots(db, keys).items()
    }
    small = {key for key, whole in sums.items() if whole.sessions <= large_leads.LARGE}
    large_leads.drop(db, small)
    sums = {key: whole for key, whole in sums.items() if key not in small}
    sessions: dict[str, list[Row]] = defaultdict(list)
    for row in load(db, SESSION, "lead", keys - sums.keys(), _SESSION_COLUMNS):
        sessions[row["lead"]].append(row)
    for key, its in sessions.items():
        if len(its) > large_leads.LARGE:
            large_leads.build(db, key, its)
    for row in by_id({sid for whole in sums.values() for sid in whole.chosen()}):
        sessions[row["lead"]].append(row)
    return sessions, sums


def _summed(whole: Part) -> Row:
    """What sums up all visits of a large lead."""
    return {
        "sessions": whole.sessions,
        "pageviews": whole.pageviews,
        "stages": whole.stages,
        "stage": whole.stages.bit_length() - 1,
    }


def _search(lead: Row, company: Row | None) -> str:
    """The words by which a lead is found: name, addresses, employer."""
    employer = (company["name"], lead["company_key"]) if company else (lead["company_name"],)
    known = lead["address_words"].split()
    return " ".join(with_words(known, (lead["full_name"], *employer)))


_WAS = ("key", "search", "company_key", "address_words", *times(LEAD))


def _write_words(db: Connection, known: dict[str, Row], leads: dict[str, Row]) -> None:
    """Bring `lead_word` from what leads said before to what they say; most events change no
    word.
    """
    gone: list[tuple[str, str]] = []
    new: list[Row] = []
    for key in known.keys() | leads.keys():
        now = leads[key]["search"] if key in leads else ""
        before = known[key]["search"] if key in known else ""
        if now != before:
            had, has = set(before.split()), set(now.split())
            gone += [(word, key) for word in had - has]
            new += [{"word": word, "lead": key} for word in has - had]
    marker = placeholder(db)
    execute_many(db, f"DELETE FROM lead_word WHERE word = {marker} AND lead = {marker}", gone)
    upsert(db, LEAD_WORD, new)


def _lead(key: str, sessions: list[Row], person: Row | None) -> Row:
    """A lead's row, but for what follows from its addresses."""
    said = _newest_said(sessions)
    profile = {k: v for k, v in (person or {}).items() if v is not None}

    def told(name: str) -> Any:
        return profile.get(name) or said.get(name)

    first, last = told("first_name"), told("last_name")
    full_name = profile.get("full_name") or " ".join(filter(None, (first, last))) or None
    by_start = sorted(sessions, key=lambda s: (s["started_at"], s["sid"]))
    touches = [s for s in by_start if is_touch(s)]
    first_touch, last_touch = (touches[0], touches[-1]) if touches else (_NO_TOUCH, _NO_TOUCH)
    latest = max(sessions, key=lambda s: (s["heard_at"], s["sid"]))
    company = profile.get("company_key") or _newest_company(sessions)
    company_name = None if company else said.get("company_name")
    came_by, came_last_by = (touches[0], touches[-1]) if touches else (by_start[0], by_start[-1])
    title = told("job_title")
    post = meaning_of(title) if title else None
    return {
        "key": key,
        "full_name": full_name,
        "first_name": first,
        "last_name": last,
        "phone": next(iter(said.get("phones", ())), None),
        "linkedin_url": f"https://{key}" if key.startswith(LINKEDIN_PREFIX) else None,
        "job_title": title,
        "company_key": company,
        "company_name": company_name,
        "city": told("city"),
        "country": told("country"),
        "stage": max(s["stage"] for s in sessions),
        "stages": reduce(or_, (s["stages"] for s in sessions)),
        "sessions": len(sessions),
        "pageviews": sum(s["pageviews"] or 0 for s in sessions),
        "first_seen": by_start[0]["started_at"],
        "last_seen": max(s["last_activity"] for s in sessions),
        "last_page": _last_page(by_start),
        **{name: first_touch[name] for name in UTM},
        "first_touched_at": first_touch["started_at"],
        "last_touched_at": last_touch["started_at"],
        **{f"last_{name}": last_touch[name] for name in UTM},
        "heard_at": latest["heard_at"],
        "last_sid": latest["sid"],
        "sort_name": fold(full_name) if full_name else NAMELESS,
        "company_search": fold(company_name)[:LONGEST_SEARCH] or None if company_name else None,
        "first_touch_sid": came_by["sid"],
        "last_touch_sid": came_last_by["sid"],
        "channel": came_by["channel"],
        "is_bot": all(s["is_bot"] for s in sessions),
        "folded_title": folded(title),
        "seniority": post and post.seniority,
        "department": post and post.department,
    }


def _newest_said(sessions: Iterable[Row]) -> Row:
    """Each field of the identity blocks from the newest block that has it; phones in E.164."""
    newest: dict[str, tuple[str, Any]] = {}
    for session in sessions:
        for name, rank, value in said(session):
            newest[name] = max(newest.get(name, (rank, value)), (rank, value))
    return {name: value for name, (_, value) in newest.items()}


def _newest_company(sessions: Iterable[Row]) -> str | None:
    ranked = [(s["company_rank"], s["company_key"]) for s in sessions if s["company_key"]]
    return max(ranked)[1] if ranked else None


def _last_page(by_start: list[Row]) -> str | None:
    """URL of the latest page event (ties: sid, then place), else the latest landing page."""
    seen = [s for s in by_start if s["last_page_ts"] is not None]
    if seen:
        latest = max(seen, key=lambda s: (s["last_page_ts"], s["sid"], s["last_page_place"]))
        page: str | None = latest["last_page"]
        return page
    return next((s["landing_page"] for s in reversed(by_start) if s["landing_page"]), None)
