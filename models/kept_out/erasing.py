"""Forgotten and ignored humans are kept out: whose bar it is, what goes, and what it teaches.

Decided per lead over all its deliveries. A barred lead goes whole, and everything that named it is
barred from then on: so what came before, between and after gives the same end. What is erased may
change whose other visits are, and new names may stand on other leads; both are looked at in turn,
until nothing more is found.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from models.annotations.forgotten import forget_mentions
from models.facts.ignored import Ignoring
from models.facts.keys import is_role, visitor_key
from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.kept_out.messages import take_back
from models.kept_out.names import (
    Bar,
    Names,
    address_name,
    lead_name,
    names_of,
    session_name,
    url_name,
    visitor_name,
)
from models.kept_out.unreadable import names_anywhere
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept, exact_body
from models.projection import stakes
from models.projection.interpreting import Batch
from models.projection.projecting import Projected
from models.projection.withdrawal import erase
from models.segments.people_named import erase_said
from models.storage.rows import execute_many, load, placeholder
from models.tables import EVENT, LEAD, SESSION, SESSION_ADDRESS


@dataclass(slots=True)
class Erased:
    """What went: leads with their names, visits, deliveries by reason."""

    leads: dict[str, str | None] = field(default_factory=dict)
    sessions: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)

    def add(self, more: "Erased") -> None:
        """Count what else went."""
        self.leads |= more.leads
        self.sessions += more.sessions
        self.deliveries += more.deliveries


def keep_out(  # noqa: PLR0917 - called in one place, with what it has in this order
    db: Connection,
    names: Names,
    ignoring: Ignoring,
    batch: Batch,
    changed: Projected,
    deliveries: Sequence[Kept],
) -> Erased:
    """Erase what a batch, just projected, brought of barred humans, and what it tied to them.

    Whom it touched bore no barred name before, so only what it brought is looked at: a lead may
    have very many visits. The caller holds the projection's lock. Raises `KeyFileError` when
    somebody is barred and the key is gone.
    """
    if not names.any(db) and not ignoring:
        return Erased()
    names.translate(db, batch.facts)
    grounds = {
        fact.sid: Bar(reason, sure=True)
        for fact in batch.facts
        if (reason := ignoring.reason(fact))
    }
    urls = names.bars(db, {url_name(fact.url) for fact in batch.facts if fact.url})
    for fact in batch.facts:
        if fact.url and (bar := urls.get(url_name(fact.url))):
            grounds.setdefault(fact.sid, Bar(bar.reason, sure=False))
    is_clean = not grounds and not names.bars(db, _brought(db, batch, changed))
    erased = Erased() if is_clean else _erase_leads(db, names, set(changed.leads), grounds)
    read = {fact.webhook_id for fact in batch.facts}
    _erase_unread(db, names, [d for d in deliveries if d.webhook_id not in read], erased)
    _count(db, erased.deliveries)
    return erased


def _brought(db: Connection, batch: Batch, changed: Projected) -> set[str]:
    """All names that a batch brought to leads: by its events, and by visits that came to them."""
    visits = _names_of(db, load(db, SESSION, "sid", changed.moved, ("lead", "sid", "vid")))
    brought = {name for its in visits.names.values() for name in its}
    brought |= {name for lead in changed.leads if (name := lead_name(lead))}
    return brought.union(*map(names_of, batch.facts))


def erase_bearers(db: Connection, names: Names, bearers: "Bearers") -> Erased:
    """Erase whoever bears barred names among these leads, visits and deliveries that nobody could
    read. The caller holds the projection's lock.
    """
    erased = _erase_leads(db, names, set(bearers.leads), dict(bearers.grounds))
    _erase_unread(db, names, bearers.unread, erased)
    _count(db, erased.deliveries)
    return erased


@dataclass(slots=True)
class Bearers:
    """Who may bear barred names; `grounds` are visits that named a barred profile."""

    leads: set[str] = field(default_factory=set)
    grounds: dict[str, Bar] = field(default_factory=dict)
    unread: Iterable[Kept] = ()


@dataclass(slots=True)
class _Visits:
    """Visits of some leads, with all that their events name."""

    by_lead: dict[str, list[str]]
    names: dict[str, set[str]]
    vids: dict[str, set[str]]
    addresses: dict[str, set[str]]
    webhook_ids: dict[str, list[str]]


def _visits(db: Connection, leads: Collection[str]) -> _Visits:
    return _names_of(db, load(db, SESSION, "lead", leads, ("lead", "sid", "vid")))


def _names_of(db: Connection, sessions: Iterable[Row]) -> _Visits:
    visits = _Visits({}, {}, {}, defaultdict(set), defaultdict(list))
    for row in sessions:
        visits.by_lead.setdefault(row["lead"], []).append(row["sid"])
        visits.vids[row["sid"]] = {row["vid"]}
    for event in load(db, EVENT, "sid", visits.vids, ("sid", "vid", "webhook_id")):
        visits.vids[event["sid"]].add(event["vid"])
        visits.webhook_ids[event["sid"]].append(event["webhook_id"])
    for row in load(db, SESSION_ADDRESS, "sid", visits.vids, ("sid", "address")):
        if not is_role(row["address"]):
            visits.addresses[row["sid"]].add(row["address"])
    for sid, vids in visits.vids.items():
        visits.names[sid] = {
            session_name(sid),
            *map(visitor_name, vids),
            *map(address_name, visits.addresses[sid]),
        }
    return visits


def _erase_leads(
    db: Connection, names: Names, waiting: set[str], grounds: dict[str, Bar]
) -> Erased:
    erased = Erased()
    while waiting:
        visits = _visits(db, waiting)
        asked = {name for its in visits.names.values() for name in its}
        asked |= {name for lead in waiting if (name := lead_name(lead))}
        bars = names.bars(db, asked)
        out: dict[str, Bar] = {}
        barred_leads: set[str] = set()
        for lead, sids in visits.by_lead.items():
            bar = _bar_of_lead(lead, sids, visits, bars, grounds)
            if bar:
                barred_leads.add(lead)
                out |= dict.fromkeys(sids, bar)
                if own := lead_name(lead):
                    names.add(db, [own], Bar(bar.reason, sure=True))
                continue
            for sid in sids:
                # Somebody else's visit in which a barred name fell.
                ground = bars.get(session_name(sid)) or grounds.get(sid)
                if ground:
                    out[sid] = Bar(ground.reason, sure=False)
        if not out:
            break
        _learn(db, names, visits, out)
        erased.sessions += len(out)
        take_back(db, out)
        known = load(db, LEAD, "key", barred_leads, ("key", "full_name"))
        erased.leads |= {row["key"]: row["full_name"] for row in known}
        _erase_said(db, barred_leads, visits, [row["full_name"] for row in known])
        bearers = _bearers(db, barred_leads, visits, out)
        called = {address for sid in out for address in visits.addresses[sid]}
        called |= {visitor_key(vid) for sid in out for vid in visits.vids[sid]}
        forget_mentions(db, barred_leads, out, called)
        waiting = set()
        for reason in sorted({bar.reason for bar in out.values()}):
            sids = [sid for sid, bar in out.items() if bar.reason == reason]
            gone = ledger.by_id(db, [one for sid in sids for one in visits.webhook_ids[sid]])
            waiting |= erase(db, gone, reason)
            erased.deliveries[reason] += len(gone)
        waiting |= bearers.leads
        grounds |= bearers.grounds
    return erased


def _bar_of_lead(
    lead: str, sids: list[str], visits: _Visits, bars: dict[str, Bar], grounds: dict[str, Bar]
) -> Bar | None:
    """The bar of a lead, if it is barred; sure when all that it bears is surely theirs.

    A LinkedIn profile decides for itself: what is not sure counts only for those who have none.
    """
    profile = lead_name(lead)
    own = bars.get(profile) if profile else None
    if own:
        return Bar(own.reason, sure=False)
    found = [bars[name] for sid in sids for name in visits.names[sid] if name in bars]
    found += [grounds[sid] for sid in sids if sid in grounds and grounds[sid].sure]
    sure = [bar for bar in found if bar.sure]
    if sure:
        return Bar(min(bar.reason for bar in sure), sure=profile is None)
    return Bar(min(bar.reason for bar in found), sure=False) if found and not profile else None


def _erase_said(
    db: Connection, leads: Collection[str], visits: _Visits, full_names: Collection[str | None]
) -> None:
    """Take whom these leads are out of what people keep."""
    addresses = {a for lead in leads for sid in visits.by_lead[lead] for a in visits.addresses[sid]}
    erase_said(db, addresses | {lead for lead in leads if lead_name(lead)}, full_names)


def _learn(db: Connection, names: Names, visits: _Visits, out: dict[str, Bar]) -> None:
    """Bar all that these visits name, for the reason that they go."""
    learnt: dict[Bar, set[str]] = defaultdict(set)
    for sid, bar in out.items():
        learnt[bar] |= visits.names[sid]
    for bar, its in learnt.items():
        names.add(db, its, bar)


def _bearers(
    db: Connection, leads: Collection[str], visits: _Visits, out: dict[str, Bar]
) -> Bearers:
    """Who else bears the names that went with these leads and visits."""
    urls = {lead: out[visits.by_lead[lead][0]] for lead in leads if lead_name(lead)}
    return bearers(
        db,
        urls=urls,
        addresses={address for sid in out for address in visits.addresses[sid]},
        vids={vid for sid in out for vid in visits.vids[sid]},
    )


def bearers(
    db: Connection,
    *,
    urls: dict[str, Bar],
    addresses: Collection[str] = (),
    vids: Collection[str] = (),
) -> Bearers:
    """Leads and visits that bear any of these: profiles, each with its bar, addresses, visitors."""
    targets = {stakes.target("url", url): Bar(bar.reason, sure=False) for url, bar in urls.items()}
    naming = {delivery_of(rank): targets[target] for target, rank in stakes.all_of(db, targets)}
    grounds = {
        row["sid"]: naming[row["webhook_id"]]
        for row in load(db, EVENT, "webhook_id", naming, ("webhook_id", "sid"))
    }
    sids = set(grounds)
    sids |= {row["sid"] for row in load(db, EVENT, "vid", vids, ("sid",))}
    sids |= {row["sid"] for row in load(db, SESSION_ADDRESS, "address", addresses, ("sid",))}
    leads = {row["lead"] for row in load(db, SESSION, "sid", sids, ("lead",))}
    return Bearers(leads, grounds)


def _erase_unread(db: Connection, names: Names, deliveries: Iterable[Kept], erased: Erased) -> None:
    """Erase deliveries without readable event in which a barred name stands anywhere."""
    for delivery in deliveries:
        found = names.bars(db, names_anywhere(exact_body(delivery.packed)))
        if found:
            reason = min(bar.reason for bar in found.values())
            erase(db, [delivery], reason)
            erased.deliveries[reason] += 1


def _count(db: Connection, deliveries: Counter[str]) -> None:
    count_withheld(db, {reason: (0, number) for reason, number in deliveries.items()})


def count_withheld(db: Connection, counts: dict[str, tuple[int, int]]) -> None:
    """Add to the counts of deliveries that were dropped and erased, by reason."""
    m = placeholder(db)
    execute_many(
        db,
        f"INSERT INTO withheld (reason, dropped, erased) VALUES ({m}, {m}, {m})"
        " ON CONFLICT (reason) DO UPDATE SET dropped = withheld.dropped + excluded.dropped,"
        " erased = withheld.erased + excluded.erased",
        [(reason, *number) for reason, number in sorted(counts.items())],
    )
