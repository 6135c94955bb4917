"""Facts to rows, a batch at a time, in one transaction.

The facts of a batch are merged into the tables that merge by rank; `joining` then says whose the
touched sessions are and `leads` derives those leads again. Everything here runs under the
projection's lock, so it may read, decide in Python, and write: no one else writes derived rows.
"""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from models.facts.facts import Facts
from models.facts.keys import visitor_key
from models.facts.paths import unless_plain
from models.facts.ranks import created_of
from models.facts.row import Row
from models.facts.search import fold
from models.facts.visits import paths_of
from models.projection.checks import merge_checks
from models.projection.holders import Was
from models.projection.hot_pages import hot_paths, saw_hot_page
from models.projection.interpreting import Batch
from models.projection.joining import assign_sessions
from models.projection.large_leads import merge_identity
from models.projection.leads import derive_leads, reword
from models.projection.stakes import stakes
from models.projection.summaries import reopen, times
from models.scoring import keeping, versions
from models.scoring.intent import look_of
from models.scoring.versions import Scoring
from models.storage.rows import delete, execute_many, load, load_pairs, placeholder, upsert
from models.tables import (
    COMPANY,
    EVENT,
    PAGE_EVENT,
    PERSON,
    QUARANTINE,
    SESSION,
    SESSION_ADDRESS,
    SESSION_PAGE,
    STAKE,
    UNKNOWN,
    VISITOR,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loosened:
    """What withdrawn deliveries fed, to be derived again from those that stay (`withdrawal`).

    `sids` are sessions to build anew, `vids` visitors that lost their name; of persons (`urls`),
    verdicts (`addresses`) and `companies` those that are others now or gone.
    """

    sids: frozenset[str] = frozenset()
    vids: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()


NOTHING = Loosened()


class Projected(NamedTuple):
    """What a batch changed: leads whose sessions it touched, all leads that were derived again,
    companies of which something else is known now, and visits that are another lead's now.
    """

    leads: Set[str] = frozenset()
    derived: Set[str] = frozenset()
    companies: Set[str] = frozenset()
    moved: Set[str] = frozenset()


def project(db: Connection, batch: Batch, loosened: Loosened = NOTHING) -> Projected:
    """Bring a batch into the derived tables; gives what it changed.

    The caller commits, and marks it done with it.
    """
    delete(db, QUARANTINE, "webhook_id", batch.webhook_ids)
    upsert(db, QUARANTINE, batch.quarantined)
    upsert(db, STAKE, stakes(batch.facts, batch.unknown))
    _merge_unknown(db, batch.unknown)
    upsert(db, EVENT, batch.events)
    reopen(db, EVENT, batch.events)
    if not batch.facts and loosened is NOTHING:
        return Projected()
    scorings = versions.read(db)
    touched = _merge_sessions(db, batch.facts, hot_paths(db), scorings, loosened)
    persons = _merge_persons(db, batch.facts) | loosened.urls
    employers = _merge_companies(db, batch.facts)
    checked = merge_checks(db, batch.facts)
    changed = assign_sessions(
        db,
        touched.sessions,
        touched.before,
        touched.relinked,
        touched.better,
        loosened.sids,
        touched.lost_addresses,
    )
    done = derive_leads(
        db,
        changed,
        scorings,
        better=touched.better,
        persons=persons,
        checked=checked._replace(others=checked.others | loosened.addresses),
        employers=loosened.companies,
    )
    reword(db, employers.renamed, done)
    keeping.refit(db, scorings, employers.others, employers.were, done)
    return Projected(
        changed.visits.keys(),
        done,
        employers.others | employers.renamed,
        {sid for its in changed.arrived.values() for sid in its},
    )


def _merge_unknown(db: Connection, unknown: Sequence[Row]) -> None:
    if not unknown:
        return
    kept = {
        (row["type"], row["path"]): row
        for row in load(db, UNKNOWN, "type", {row["type"] for row in unknown})
    }
    for row in unknown:
        old = kept.setdefault((row["type"], row["path"]), row)
        old["first_created"] = min(old["first_created"], row["first_created"])
        old["rank"] = max(old["rank"], row["rank"])
    upsert(db, UNKNOWN, list(kept.values()))


@dataclass(slots=True)
class Touched:
    """Sessions that a batch touched, by sid, as they are now, and what they were before.

    `relinked`: those whose visitor or URL changed, so that they may be someone else's; `better`:
    addresses, as rows of `session_address`, that one got, or that are of a better kind.
    """

    sessions: dict[str, Row]
    before: dict[str, Was] = field(default_factory=dict)
    relinked: set[str] = field(default_factory=set)
    better: list[Row] = field(default_factory=list)
    lost_addresses: set[str] = field(default_factory=set)
    """Addresses of sessions that are built anew: they may join others no longer."""


_NEW_SESSION: Row = dict.fromkeys(SESSION.columns.keys()) | {
    "stages": 0,
    "heard_at": 0,
    "finalized": False,
    "hot": False,
    "is_bot": False,
}


def _merge_sessions(
    db: Connection,
    batch: Sequence[Facts],
    hot: Sequence[str],
    scorings: Sequence[Scoring],
    loosened: Loosened,
) -> Touched:
    """Visitors, sessions, their addresses, page events and points."""
    lost, lost_addresses = _take_down(db, scorings, loosened.sids)
    visitors = {v["vid"]: v for v in load(db, VISITOR, "vid", {f.vid for f in batch})}
    sessions = {s["sid"]: s for s in load(db, SESSION, "sid", {f.sid for f in batch})}
    as_before = [{name: s[name] for name in times(SESSION)} for s in sessions.values()]
    touched = Touched(sessions, {sid: _was(s) for sid, s in sessions.items()})
    touched.before |= lost
    touched.relinked |= lost.keys()
    touched.lost_addresses = lost_addresses
    pages: dict[str, list[Row]] = {}
    paths: dict[str, set[str]] = {}
    renamed = set(loosened.vids)
    for fact in batch:
        visitor = visitors.setdefault(fact.vid, {"vid": fact.vid, "url": None, "url_rank": ""})
        if fact.url and fact.rank > (visitor["url_rank"] or ""):
            if visitor["url"] != fact.url:
                renamed.add(fact.vid)
            visitor.update(url=fact.url, url_rank=fact.rank)
        session = sessions.setdefault(fact.sid, _NEW_SESSION | {"sid": fact.sid})
        if _merge_session(session, fact) and fact.session:
            urls = [fact.session["landing_page"], *(page["url"] for page in fact.page_events)]
            session["hot"] = saw_hot_page(urls, hot)
            paths[fact.sid] = paths_of(urls)
            if fact.session["finalized"]:
                pages[fact.sid] = [{"sid": fact.sid, **page} for page in fact.page_events]
    for session in load(db, SESSION, "vid", renamed):
        # A visitor's new name goes for its other sessions too.
        if session["sid"] not in sessions:
            sessions[session["sid"]] = session
            touched.before[session["sid"]] = _was(session)
    elsewhere = {s["vid"] for s in sessions.values()} - visitors.keys()
    url_of = {vid: v["url"] for vid, v in visitors.items()} | {
        v["vid"]: v["url"] for v in load(db, VISITOR, "vid", elsewhere, ("vid", "url"))
    }
    for sid, session in sessions.items():
        # Its own newest naming event's URL, else its visitor's (docs/merge-rules.md).
        url = session["own_url"] or url_of[session["vid"]]
        vid_before = touched.before[sid].vid if sid in touched.before else None
        if session["vid"] != vid_before or session["url"] != url:
            touched.relinked.add(sid)
        session["url"] = url
        session["lead"] = url or session["lead"] or visitor_key(session["vid"])
    upsert(db, VISITOR, list(visitors.values()))
    upsert(db, SESSION, list(sessions.values()))
    reopen(db, SESSION, [*as_before, *sessions.values()])
    touched.better = _merge_addresses(db, batch)
    delete(db, PAGE_EVENT, "sid", pages.keys())
    upsert(db, PAGE_EVENT, [row for rows in pages.values() for row in rows])
    looks = {sid: (sessions[sid], list(map(look_of, its))) for sid, its in pages.items()}
    keeping.keep_visits(db, scorings, looks)
    _write_paths(db, paths)
    return touched


def _write_paths(db: Connection, paths: dict[str, set[str]]) -> None:
    """Bring `session_page` to what these visits saw; most events change none."""
    rows = load(db, SESSION_PAGE, "sid", paths.keys(), ("path", "sid"))
    before = {(row["path"], row["sid"]) for row in rows}
    now = {(path, sid) for sid, its in paths.items() for path in its}
    marker = placeholder(db)
    gone = f"DELETE FROM session_page WHERE path = {marker} AND sid = {marker}"
    execute_many(db, gone, list(before - now))
    new = [
        {"path": path, "sid": sid, "part": unless_plain(fold(path), path)}
        for path, sid in now - before
    ]
    upsert(db, SESSION_PAGE, new)


def _take_down(
    db: Connection, scorings: Sequence[Scoring], sids: Collection[str]
) -> tuple[dict[str, Was], set[str]]:
    """Delete sessions that are built anew; gives what each was, and the addresses of all."""
    lost = load(db, SESSION, "sid", sids, ("sid", "vid", "lead", "url", *times(SESSION)))
    reopen(db, SESSION, lost)
    addresses = {row["address"] for row in load(db, SESSION_ADDRESS, "sid", sids, ("address",))}
    for table in (SESSION, SESSION_ADDRESS, SESSION_PAGE, PAGE_EVENT):
        delete(db, table, "sid", sids)
    keeping.drop(db, "session_points", "sid", scorings, sids)
    return {row["sid"]: _was(row) for row in lost}, addresses


def _was(session: Row) -> Was:
    return Was(session["vid"], session["lead"], session["url"])


def _merge_session(session: Row, fact: Facts) -> bool:
    """Merge an event into its session; whether its session object is now the one that counts."""
    session["heard_at"] = max(session["heard_at"], fact.received_at)
    session["stages"] |= 1 << fact.stage
    session["stage"] = session["stages"].bit_length() - 1
    if session["vid_rank"] is None or fact.rank < session["vid_rank"]:
        session.update(vid=fact.vid, vid_rank=fact.rank)
        if session["rank"] is None:
            session.update(pid=fact.pid, known_at=min(fact.created, fact.received_at))
    if fact.url and fact.rank > (session["own_url_rank"] or ""):
        session.update(own_url=fact.url, own_url_rank=fact.rank)
    if fact.company_rank and fact.company_rank > (session["company_rank"] or ""):
        session.update(company_key=fact.company_key, company_rank=fact.company_rank)
    if fact.identity:
        session["identity"] = merge_identity(session["identity"], fact.rank, fact.identity)
    wins = fact.session_rank is not None and fact.session_rank > (session["rank"] or "")
    if wins and fact.session is not None:
        session.update(fact.session, rank=fact.session_rank)
    _settle(session)
    return wins


def _settle(session: Row) -> None:
    """Times that follow from others (docs/merge-rules.md, "Session")."""
    start = session["created_at"]
    if start is None:
        start = created_of(session["vid_rank"])
    last = start if session["active_until"] is None else session["active_until"]
    session.update(
        started_at=start,
        last_activity=last,
        duration_seconds=max(0, (last - start) // 1000) if session["finalized"] else None,
    )


def _merge_addresses(db: Connection, batch: Sequence[Facts]) -> list[Row]:
    """Addresses of sessions; gives those that are new or of a better kind."""
    given: dict[tuple[str, str], int] = {}
    for fact in batch:
        for address, kind in fact.addresses.items():
            place = (fact.sid, address)
            given[place] = min(kind, given.get(place, kind))
    known = {
        (row["sid"], row["address"]): row["kind"]
        for row in load_pairs(db, SESSION_ADDRESS, ("sid", "address"), given.keys())
    }
    better: list[Row] = [
        {"sid": sid, "address": address, "kind": kind}
        for (sid, address), kind in given.items()
        if kind < known.get((sid, address), kind + 1)
    ]
    upsert(db, SESSION_ADDRESS, better)
    return better


def _merge_persons(db: Connection, batch: Sequence[Facts]) -> set[str]:
    """Persons, the newest of each URL whole; gives the URLs whose person is another now."""
    newest: dict[str, Row] = {}
    for fact in batch:
        if fact.person:
            _keep_greatest(newest, fact.person["url"], fact.person, ("rank",))
    kept = load(db, PERSON, "url", newest.keys(), ("url", "rank"))
    for old in kept:
        if old["rank"] >= newest[old["url"]]["rank"]:
            del newest[old["url"]]
    upsert(db, PERSON, list(newest.values()))
    return set(newest)


class Employers(NamedTuple):
    """Keys of companies that a batch changed: those of another name, and those of whom something
    else is known now that fit asks for; and what these `were`, where they were known.
    """

    renamed: set[str]
    others: set[str]
    were: dict[str, Row]


def _merge_companies(db: Connection, batch: Sequence[Facts]) -> Employers:
    """Companies whole: a full one before a basic one, then the newest."""
    best: dict[str, Row] = {}
    for fact in batch:
        for key, company in fact.companies.items():
            _keep_greatest(best, key, company, ("is_full", "rank"))
    renamed: set[str] = set()
    alike: set[str] = set()
    columns = ("is_full", "rank", "name", *keeping.COMPANY_COLUMNS)
    were = {old["key"]: old for old in load(db, COMPANY, "key", best.keys(), columns)}
    for key, old in were.items():
        new = best[key]
        if (old["is_full"], old["rank"]) >= (new["is_full"], new["rank"]):
            del best[key]
            continue
        if old["name"] != new["name"]:
            renamed.add(key)
        if all(old[name] == new[name] for name in keeping.COMPANY_COLUMNS):
            alike.add(key)
    upsert(db, COMPANY, list(best.values()))
    return Employers(renamed, best.keys() - alike, were)


def _keep_greatest(kept: dict[str, Row], key: str, row: Row, by: tuple[str, ...]) -> None:
    old = kept.get(key)
    if old is None or [row[name] for name in by] > [old[name] for name in by]:
        kept[key] = row
