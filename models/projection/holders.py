"""Who holds which addresses: visitors without a URL, and URLs.

It follows from the visits, but an event of one with very many must not read them all, nor all that
is held. What a visit brings is added; all visits of a holder are read again only when one may have
lost something: when it is withdrawn, or has another visitor or URL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from models.facts.keys import is_role
from models.facts.row import Row
from models.storage.rows import (
    among,
    execute_many,
    fetch,
    load,
    load_pairs,
    many,
    placeholder,
    upsert,
)
from models.tables import URL_ADDRESS, VISITOR_ADDRESS

Node = tuple[str, str]
"""A visitor or an address, as `("vid", …)` or `("address", …)`."""


class Was(NamedTuple):
    """Whose a session was, before a batch."""

    vid: str
    lead: str
    url: str | None


@dataclass(slots=True)
class Holders:
    """Whose addresses changed: visitors and URLs that may have lost some, to be read from all their
    visits again; and what others gained, visitor and URL with an address, its best kind.
    """

    vids: set[str] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    gained: dict[tuple[str, str], int] = field(default_factory=dict)
    gained_by_urls: set[tuple[str, str]] = field(default_factory=set)


def bring_visitors_up_to_date(db: Connection, holders: Holders) -> set[Node]:
    """Store what visitors without a URL hold; gives what a crowd lost a tie of."""
    rows = load(db, VISITOR_ADDRESS, "vid", holders.vids)
    gained = [pair for pair in holders.gained if pair[0] not in holders.vids]
    rows += load_pairs(db, VISITOR_ADDRESS, ("vid", "address"), gained)
    before = {(row["vid"], row["address"]): row for row in rows}
    now = {pair: row["kind"] for pair, row in before.items() if pair[0] not in holders.vids}
    if holders.vids:
        held = fetch(
            db,
            "SELECT s.vid, a.address, MIN(a.kind) FROM session s"
            " JOIN session_address a ON a.sid = s.sid"
            f" WHERE {among(db, 's.vid')} AND s.url IS NULL GROUP BY s.vid, a.address",
            many(db, holders.vids),
        )
        now |= {(vid, address): kind for vid, address, kind in held if not is_role(address)}
    for pair, kind in holders.gained.items():
        now[pair] = min(kind, now.get(pair, kind))
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


def bring_urls_up_to_date(db: Connection, holders: Holders) -> None:
    """Store what the visits of a URL hold."""
    gained = set(holders.gained_by_urls)
    if holders.urls:
        before = {
            (row["url"], row["address"]) for row in load(db, URL_ADDRESS, "url", holders.urls)
        }
        held = fetch(
            db,
            "SELECT DISTINCT s.url, a.address FROM session s"
            " JOIN session_address a ON a.sid = s.sid"
            f" WHERE {among(db, 's.lead')} AND s.url = s.lead",
            many(db, holders.urls),
        )
        gained |= {(url, address) for url, address in held if not is_role(address)}
        mark = placeholder(db)
        sql = f"DELETE FROM url_address WHERE url = {mark} AND address = {mark}"
        execute_many(db, sql, list(before - gained))
    upsert(db, URL_ADDRESS, [{"url": url, "address": address} for url, address in gained])


def changed_holders(
    sessions: dict[str, Row], before: dict[str, Was], relinked: set[str], held: Iterable[Row]
) -> Holders:
    """Whose addresses changed, given the addresses that these sessions have now."""
    holders = Holders()
    for sid in relinked & before.keys():
        was = before[sid]
        if was.url is None:
            holders.vids.add(was.vid)
        else:
            holders.urls.add(was.url)
    for row in held:
        session, address = sessions[row["sid"]], row["address"]
        if is_role(address):
            continue
        if session["url"] is None:
            pair = (session["vid"], address)
            holders.gained[pair] = min(row["kind"], holders.gained.get(pair, row["kind"]))
        else:
            holders.gained_by_urls.add((session["url"], address))
    return holders
