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
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from models.facts.keys import is_role, visitor_key
from models.facts.row import Row
from models.projection.summaries import reopen, times
from models.storage.rows import among, execute_many, fetch, load, many, placeholder, upsert
from models.tables import SESSION, SESSION_ADDRESS, VISITOR_ADDRESS

MOST = 1_000
"""Visitors, and addresses, that are joined (docs/merge-rules.md, "Whose session?")."""

Node = tuple[str, str]
"""A visitor or an address, as `("vid", …)` or `("address", …)`."""


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


def rename(db: Connection, vids: Collection[str], addresses: Collection[str]) -> dict[str, str]:
    """Bring `visitor_address` to what the sessions of these visitors say; gives the lead's key of
    each visitor that may have another one now.

    `addresses` are those that these visitors lost, or that may belong to another URL now.
    """
    lost = _bring_up_to_date(db, vids)
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
        names |= human.names({url for address in human.addresses for url in urls[address]})
    _mark(db, {vid for human in humans if human.is_crowd for vid in human.vids}, crowded=True)
    _mark(db, whole_vids, crowded=False)
    return names


def _bring_up_to_date(db: Connection, vids: Collection[str]) -> set[Node]:
    """Store what these visitors hold; gives what a crowd lost a tie of."""
    if not vids:
        return set()
    before = {(row["vid"], row["address"]): row for row in load(db, VISITOR_ADDRESS, "vid", vids)}
    held = fetch(
        db,
        "SELECT s.vid, a.address, MIN(a.kind) FROM session s"
        " JOIN session_address a ON a.sid = s.sid"
        f" WHERE {among(db, 's.vid')} AND s.url IS NULL GROUP BY s.vid, a.address",
        many(db, vids),
    )
    now = {(vid, address): kind for vid, address, kind in held if not is_role(address)}
    gone = list(before.keys() - now.keys())
    mark = placeholder(db)
    execute_many(db, f"DELETE FROM visitor_address WHERE vid = {mark} AND address = {mark}", gone)
    rows = [
        {"vid": vid, "address": address, "kind": kind, "crowded": False}
        | ({"crowded": before[vid, address]["crowded"]} if (vid, address) in before else {})
        for (vid, address), kind in now.items()
    ]
    changed = [row for row in rows if row != before.get((row["vid"], row["address"]))]
    upsert(db, VISITOR_ADDRESS, changed)
    lost = [pair for pair in gone if before[pair]["crowded"]]
    return {("vid", vid) for vid, _ in lost} | {("address", address) for _, address in lost}


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
    listed = "unnest(%s::text[]) AS l(name)"
    if db.dialect.name != "postgresql":
        listed = "(SELECT value AS name FROM json_each(?)) AS l"
    sql = (
        f"SELECT l.name FROM {listed} WHERE EXISTS (SELECT 1 FROM visitor_address v"
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
    urls: dict[str, set[str]] = defaultdict(set)
    if addresses:
        sql = (
            "SELECT DISTINCT a.address, s.url FROM session_address a"
            " JOIN session s ON s.sid = a.sid"
            f" WHERE {among(db, 'a.address')} AND s.url IS NOT NULL"
        )
        for address, url in fetch(db, sql, many(db, addresses)):
            urls[address].add(url)
    return urls


def _mark(db: Connection, vids: Collection[str], *, crowded: bool) -> None:
    if vids:
        word = "true" if crowded else "false"
        db.exec_driver_sql(
            f"UPDATE visitor_address SET crowded = {word}"
            f" WHERE {among(db, 'vid')} AND crowded <> {word}",
            (many(db, vids),),
        )


def assign_sessions(
    db: Connection,
    sessions: dict[str, Row],
    before: dict[str, tuple[str, str]],
    relinked: set[str],
    lost_addresses: Collection[str] = (),
) -> set[str]:
    """Say for each session whose it is; gives the leads to derive again, old and new.

    `sessions` are those a batch touched, as stored now; `before` has each one's former visitor and
    lead; `relinked` those that may be someone else's now, or are gone; `lost_addresses` those that
    may join others no longer.
    """
    leads = {lead for _, lead in before.values()} | {s["lead"] for s in sessions.values()}
    addresses = {row["address"] for row in load(db, SESSION_ADDRESS, "sid", relinked, ("address",))}
    vids = {sessions[sid]["vid"] for sid in relinked if sid in sessions}
    vids |= {before[sid][0] for sid in relinked if sid in before}
    names = rename(db, vids, addresses | set(lost_addresses))
    moved = [
        (names[row["vid"]], row["sid"], row["lead"])
        for row in load(db, SESSION, "vid", names.keys(), ("vid", "sid", "url", "lead"))
        if row["url"] is None and row["lead"] != names[row["vid"]]
    ]
    leads |= {lead for new, _, old in moved for lead in (new, old)}
    marker = placeholder(db)
    execute_many(
        db,
        f"UPDATE session SET lead = {marker} WHERE sid = {marker}",
        [(lead, sid) for lead, sid, _ in moved],
    )
    reopen(db, SESSION, load(db, SESSION, "sid", [sid for _, sid, _ in moved], times(SESSION)))
    return leads
