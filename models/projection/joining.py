"""Visitors without a LinkedIn URL who are one human, because they share addresses.

However long the chain, up to `MOST` visitors and `MOST` addresses: what is connected beyond that is
a crowd (a shared mailbox, a test, an attack), which is not joined by address at all: each of its
visitors is a lead of its own, named by its `vid`. Who is in a crowd is a function of what is known,
whatever came first; it is stored with the addresses (`crowded`), so that an event in a crowd of any
size looks at its own visitor only. All who hold an address are in the crowd, or none is.

What can make a crowd smaller, a visit withdrawn or a visitor that gets a URL, is followed from what
was cut loose: a part is looked at until it is whole, or known to be too large still.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from models.facts.keys import is_role, visitor_key
from models.facts.row import Row
from models.projection.holders import (
    Node,
    Was,
    bring_urls_up_to_date,
    bring_visitors_up_to_date,
    changed_holders,
)
from models.projection.summaries import reopen, times
from models.storage.rows import among, each, execute_many, fetch, load, many, placeholder
from models.tables import SESSION, SESSION_ADDRESS

MOST = 1_000
"""Visitors, and addresses, that are joined (docs/merge-rules.md, "Whose session?")."""


class Tie(NamedTuple):
    """A visitor that holds an address, with its best kind there."""

    vid: str
    address: str
    kind: int


@dataclass(slots=True)
class Human:
    """Visitors that hang together, with their addresses, each of its best kind."""

    vids: set[str] = field(default_factory=set)
    addresses: dict[str, int] = field(default_factory=dict)
    is_crowd: bool = False

    def names(self, urls: Collection[str]) -> dict[str, str]:
        """The lead's key of each visitor: the one URL that the addresses belong to elsewhere, else
        the best address, else the visitor; in a crowd always the visitor.
        """
        if self.is_crowd:
            return {vid: visitor_key(vid) for vid in self.vids}
        if len(urls) == 1:
            name = next(iter(urls))
        elif self.addresses:
            name = min(self.addresses, key=lambda address: (self.addresses[address], address))
        else:
            name = visitor_key(min(self.vids))
        return dict.fromkeys(self.vids, name)


def hanging_together(vids: Iterable[str], ties: Iterable[Tie], crowd: set[Node]) -> list[Human]:
    """Humans, given these visitors and ties; `crowd` are nodes that are in a crowd already."""
    parent: dict[Node, Node] = {}

    def root(node: Node) -> Node:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for vid in vids:
        root(("vid", vid))
    best: dict[str, int] = {}
    for tie in ties:
        parent[root(("address", tie.address))] = root(("vid", tie.vid))
        best[tie.address] = min(tie.kind, best.get(tie.address, tie.kind))
    humans: dict[Node, Human] = defaultdict(Human)
    for node in list(parent):
        human = humans[root(node)]
        kind, name = node
        if kind == "vid":
            human.vids.add(name)
        else:
            human.addresses[name] = best[name]
        human.is_crowd |= node in crowd
    for human in humans.values():
        human.is_crowd |= max(len(human.vids), len(human.addresses)) > MOST
    return list(humans.values())


def rename(
    db: Connection, vids: Collection[str], addresses: Collection[str], lost: Collection[Node]
) -> dict[str, str]:
    """The lead's key of each visitor that may have another one now.

    `vids` are visitors whose addresses changed, `addresses` those that they lost, or that may
    belong to another URL now; `lost` is what a crowd lost a tie of.
    """
    around, ties, crowd = _reached(db, set(vids), {a for a in addresses if not is_role(a)})
    humans = hanging_together(around, ties, crowd)
    parts = list(_parts_cut_loose(db, lost))
    whole_vids = {vid for human in parts for vid in human.vids}
    whole_addresses = {address for human in parts for address in human.addresses}
    humans = [
        human
        for human in humans
        if whole_vids.isdisjoint(human.vids) and whole_addresses.isdisjoint(human.addresses)
    ] + parts
    urls = _urls_of(db, {a for human in humans if not human.is_crowd for a in human.addresses})
    names: dict[str, str] = {}
    for human in humans:
        names |= human.names({url for a in human.addresses for url in urls.get(a, ())})
    _mark(db, {vid for human in humans if human.is_crowd for vid in human.vids}, crowded=True)
    _mark(db, whole_vids, crowded=False)
    return names


def _reached(
    db: Connection, vids: set[str], addresses: set[str]
) -> tuple[set[str], set[Tie], set[Node]]:
    """Everyone reached from these visitors and addresses without entering a crowd, as visitors,
    ties and those met who are in one.
    """
    ties: set[Tie] = set()
    crowd: set[Node] = set()
    seen: dict[str, set[str]] = {"vid": set(), "address": set()}
    next_to: dict[str, set[str]] = {"vid": vids, "address": addresses}
    while any(next_to.values()):
        for column in ("vid", "address"):
            names = next_to[column] - seen[column]
            next_to[column] = set()
            seen[column] |= names
            crowded = _crowded(db, column, names)
            crowd |= {(column, name) for name in crowded}
            for tie in map(Tie._make, _ties(db, column, names - crowded)):
                ties.add(tie)
                next_to["vid"].add(tie.vid)
                next_to["address"].add(tie.address)
        for column in ("vid", "address"):
            next_to[column] -= seen[column]
    # An address that nobody without a URL holds is no human's.
    return seen["vid"], ties, crowd


def _crowded(db: Connection, column: str, names: Collection[str]) -> set[str]:
    """Which of these visitors or addresses are in a crowd: a probe of an index each."""
    if not names:
        return set()
    sql = (
        f"SELECT l.name FROM {each(db)} WHERE EXISTS (SELECT 1 FROM visitor_address v"
        f" WHERE v.{column} = l.name AND v.crowded = true)"
    )
    return {name for (name,) in fetch(db, sql, many(db, names))}


def _ties(db: Connection, column: str, names: Collection[str]) -> Iterable[Any]:
    if not names:
        return ()
    sql = f"SELECT vid, address, kind FROM visitor_address WHERE {among(db, column)}"
    return fetch(db, sql, many(db, names))


def _parts_cut_loose(db: Connection, loose: Collection[Node]) -> Iterator[Human]:
    """Parts of what was a crowd that are small enough to be joined now, each whole."""
    settled: set[Node] = set()
    for start in sorted(loose):
        if start in settled:
            continue
        found, is_whole = _small(db, start, settled)
        settled |= found
        vids = {name for kind, name in found if kind == "vid"}
        if is_whole and vids:
            (human,) = hanging_together((), map(Tie._make, _ties(db, "vid", vids)), set()) or [
                Human(vids)
            ]
            yield human


def _small(db: Connection, start: Node, settled: set[Node]) -> tuple[set[Node], bool]:
    """What hangs together with a node, and whether that is all, and small enough to be joined.

    It ends when it is not, or where it meets what is `settled`: that is not.
    """
    found: dict[str, set[str]] = {"vid": set(), "address": set()}
    found[start[0]].add(start[1])
    column, names = start[0], {start[1]}
    while names:
        other = "address" if column == "vid" else "vid"
        sql = (
            f"SELECT DISTINCT {other} FROM visitor_address WHERE {among(db, column)}"
            f" LIMIT {2 * MOST + 1}"
        )
        met = {name for (name,) in fetch(db, sql, many(db, names))}
        column, names = other, met - found[other]
        found[column] |= names
        nodes = {(kind, name) for kind, its in found.items() for name in its}
        if max(map(len, found.values())) > MOST or not settled.isdisjoint(nodes):
            return nodes, False
    return {(kind, name) for kind, its in found.items() for name in its}, True


def _urls_of(db: Connection, addresses: Collection[str]) -> dict[str, set[str]]:
    """URLs that each address belongs to: of several the first and the last, however many."""
    if not addresses:
        return {}
    its = "(SELECT {}(u.url) FROM url_address u WHERE u.address = l.name)"
    sql = f"SELECT l.name, {its.format('MIN')}, {its.format('MAX')} FROM {each(db)}"
    found = fetch(db, sql, many(db, addresses))
    return {address: {first, last} - {None} for address, first, last in found}


def _mark(db: Connection, vids: Collection[str], *, crowded: bool) -> None:
    if vids:
        now, before = ("true", "false") if crowded else ("false", "true")
        db.exec_driver_sql(
            f"UPDATE visitor_address SET crowded = {now}"
            f" WHERE {among(db, 'vid')} AND crowded = {before}",
            (many(db, vids),),
        )


@dataclass(slots=True)
class Changed:
    """What a batch changed of leads: for each, old and new, the visits that are others now: those
    that it has, had, or has lost.
    """

    visits: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    arrived: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Those of them that each lead has, and did not have before."""

    losers: set[str] = field(default_factory=set)
    """Leads that lost a visit, or something that one of theirs had."""


def assign_sessions(  # noqa: PLR0917 - called in one place, with what it has in this order
    db: Connection,
    sessions: dict[str, Row],
    before: dict[str, Was],
    relinked: set[str],
    better: Sequence[Row],
    rebuilt: Collection[str] = (),
    lost_addresses: Collection[str] = (),
) -> Changed:
    """Say for each session whose it is; gives what that changed of leads.

    `sessions` are those a batch touched, as stored now; `before` what each one was; `relinked`
    those that may be someone else's now, or are gone; `better` the addresses that they got, or that
    are of a better kind; `rebuilt` those that were built anew or are gone, `lost_addresses` those
    that may join others no longer.
    """
    held = load(db, SESSION_ADDRESS, "sid", relinked)
    held += [row for row in better if row["sid"] not in relinked]
    holders = changed_holders(sessions, before, relinked, held)
    lost = bring_visitors_up_to_date(db, holders)
    bring_urls_up_to_date(db, holders)
    touched = relinked | {row["sid"] for row in better}
    vids = {sessions[sid]["vid"] for sid in touched if sid in sessions}
    vids |= {before[sid].vid for sid in relinked if sid in before}
    names = rename(db, vids, {row["address"] for row in held} | set(lost_addresses), lost)
    moved = _moved(db, sessions, names)
    marker = placeholder(db)
    execute_many(
        db,
        f"UPDATE session SET lead = {marker} WHERE sid = {marker}",
        [(new, sid) for sid, (_, new) in moved.items()],
    )
    reopen(db, SESSION, load(db, SESSION, "sid", moved.keys(), times(SESSION)))
    was = {sid: old for sid, (old, _) in moved.items() if sid not in sessions}
    was |= {sid: its.lead for sid, its in before.items()}
    now = {sid: session["lead"] for sid, session in sessions.items()}
    now |= {sid: new for sid, (_, new) in moved.items()}
    return _changed(was, now, set(rebuilt))


def _changed(was: dict[str, str], now: dict[str, str], rebuilt: set[str]) -> Changed:
    """What changed of leads, given whose each touched visit was and is."""
    changed = Changed()
    for sid, lead in was.items():
        changed.visits[lead].add(sid)
        if now.get(sid) != lead or sid in rebuilt:
            changed.losers.add(lead)
    for sid, lead in now.items():
        changed.visits[lead].add(sid)
        if was.get(sid) != lead:
            changed.arrived[lead].add(sid)
    return changed


def _moved(
    db: Connection, sessions: dict[str, Row], names: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """Sessions without a URL that are another lead's now: the old one and the new one of each.

    All of a visitor are the same lead's, but for those that a batch touched: one of the others says
    whether they all move.
    """
    others = {
        vid
        for vid, lead in _named(db, names.keys(), sessions.keys())
        if lead is not None and lead != names[vid]
    }
    rows = [row for row in sessions.values() if row["vid"] in names]
    rows += load(db, SESSION, "vid", others, ("vid", "sid", "url", "lead"))
    return {
        row["sid"]: (row["lead"], names[row["vid"]])
        for row in rows
        if row["url"] is None and row["lead"] != names[row["vid"]]
    }


def _named(
    db: Connection, vids: Collection[str], but: Collection[str]
) -> Iterable[tuple[str, str | None]]:
    """The lead of one session without a URL of each of these visitors, these sessions left out.

    A visitor with a URL has none, and may have very many with one.
    """
    if not vids:
        return ()
    listed, is_other = "unnest(%s::text[]) AS l(vid)", "s.sid <> ALL(%s::text[])"
    if db.dialect.name != "postgresql":
        listed = "(SELECT value AS vid FROM json_each(?)) AS l"
        is_other = "s.sid NOT IN (SELECT value FROM json_each(?))"
    sql = (
        "SELECT l.vid, (SELECT s.lead FROM session s WHERE s.vid = l.vid AND s.url IS NULL"
        f" AND {is_other} LIMIT 1) FROM {listed}"
        " JOIN visitor v ON v.vid = l.vid WHERE v.url IS NULL"
    )
    return [(vid, lead) for vid, lead in fetch(db, sql, many(db, but), many(db, vids))]
