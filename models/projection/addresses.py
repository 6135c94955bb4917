"""The addresses that leads hold, and what follows from them: which one is shown, which words a lead
is found by, which names on lists mean it.

A lead may hold very many, so an event reads only those that it says something of. What a visit
brings is added. All that a lead holds is put together anew only when it may have lost some, with a
visit that is withdrawn or another lead's now.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from models.facts.keys import LINKEDIN_PREFIX, domain_key
from models.facts.ranks import SEPARATOR
from models.facts.row import Row
from models.facts.search import with_words, words
from models.payloads.vocabulary import ERROR, UNCHECKED, VALIDITY_ORDER
from models.projection.checks import Checked, is_failed
from models.projection.joining import Changed
from models.storage.rows import (
    among,
    delete,
    each,
    execute_many,
    fetch,
    load,
    load_pairs,
    many,
    placeholder,
    upsert,
)
from models.tables import ADDRESS, LEAD_ADDRESS, LEAD_IDENTIFIER, SESSION_ADDRESS

MOST_COPIED = 100
"""Addresses of a lead that have copies of what its events change: of more, nobody could pay for
them at each event.
"""

_UNCHECKED_ORDER = VALIDITY_ORDER[None]
_CHECKED = ("address", "validity", "error_code", "error_message", "check_rank")
_NO_CHECK: Row = dict.fromkeys(_CHECKED)

Kinds = dict[str, dict[str, int]]
"""Addresses of each lead, by its key, each of a kind."""


class Held(NamedTuple):
    """What a lead's row has of its addresses: the one that it shows, with kind and verdict, and the
    words of all of them.
    """

    email: str | None
    email_kind: int | None
    email_validity: str | None
    address_words: str


def holders_of(db: Connection, addresses: Collection[str]) -> set[str]:
    """Leads that held these addresses before this batch: who got one in it is derived anyway."""
    return {row["lead"] for row in load(db, LEAD_ADDRESS, "address", addresses, ("lead",))}


def check_again(db: Connection, ranks: Mapping[str, str]) -> None:
    """Note newer checks, by their ranks, of addresses that count as what they did before."""
    mark = placeholder(db)
    execute_many(
        db,
        f"UPDATE lead_address SET checked_at = {mark} WHERE address = {mark}",
        [(_time_of(rank), address) for address, rank in ranks.items()],
    )


def bring_addresses_up_to_date(  # noqa: PLR0917 - called in one place, with what it has
    db: Connection,
    leads: Mapping[str, Row],
    were: Mapping[str, Row],
    changed: Changed,
    better: Iterable[Row],
    checked: Checked,
) -> dict[str, Held]:
    """Bring what these leads hold up to date, and the names that mean them; gives it by key.

    `leads` are as they are now but for this, `were` as they were, those that are gone too; `better`
    are addresses that visits got, or that are of a better kind.
    """
    anew = {
        key
        for key in leads
        if key in changed.losers or (key in were and were[key]["address_words"] is None)
    }
    gone = were.keys() - leads.keys()
    delete(db, LEAD_ADDRESS, "lead", gone)
    delete(db, LEAD_IDENTIFIER, "lead", gone)
    whole = _all_of(db, anew)
    gained = _gained(db, leads.keys() - anew, changed, better)
    before = {(row["lead"], row["address"]): row for row in load(db, LEAD_ADDRESS, "lead", anew)}
    pairs = [(lead, address) for lead, its in gained.items() for address in its]
    for row in load_pairs(db, LEAD_ADDRESS, ("lead", "address"), pairs):
        before[row["lead"], row["address"]] = row
    large = _large(db, leads.keys() & were.keys() - anew)
    stale = [
        key
        for key in leads.keys() & were.keys() - anew - large
        if key in gained or any(were[key][name] != leads[key][name] for name in _COPIES)
    ]
    rows = load(db, LEAD_ADDRESS, "lead", stale)
    rows += load(db, LEAD_ADDRESS, "address", checked.others)
    _write_again([row for row in rows if row["lead"] in leads.keys() - anew], before, gained)
    kinds = gained | whole
    large |= {key for key, its in kinds.items() if len(its) > MOST_COPIED}
    new = {
        lead: [address for address in its if (lead, address) not in before]
        for lead, its in gained.items()
    }
    _write(db, leads, before, kinds, large)
    _name_anew(db, leads, whole)
    _name_more(db, leads, were, new)
    shown = _shown(db, leads.keys())
    nothing = (None, None, None)
    return {
        key: Held(
            *shown.get(key, nothing),
            " ".join(
                words(whole[key])
                if key in anew
                else with_words(_words_of(were.get(key)), new.get(key, ()))
            ),
        )
        for key in leads
    }


def _words_of(lead: Row | None) -> Sequence[str]:
    return lead["address_words"].split() if lead else ()


def _all_of(db: Connection, leads: Collection[str]) -> Kinds:
    """All addresses of leads, read from their visits."""
    found: Kinds = {lead: {} for lead in leads}
    if leads:
        sql = (
            "SELECT s.lead, a.address, MIN(a.kind) FROM session s"
            " JOIN session_address a ON a.sid = s.sid"
            f" WHERE {among(db, 's.lead')} GROUP BY s.lead, a.address"
        )
        for lead, address, kind in fetch(db, sql, many(db, leads)):
            found[lead][address] = kind
    return found


def _gained(
    db: Connection, leads: Collection[str], changed: Changed, better: Iterable[Row]
) -> Kinds:
    """Addresses that visits of these leads brought: those who came to a lead all that they have."""
    of_visit: dict[str, list[Row]] = defaultdict(list)
    for row in better:
        of_visit[row["sid"]].append(row)
    came = {sid for lead in leads for sid in changed.arrived.get(lead, ())}
    whole = defaultdict(list)
    for row in load(db, SESSION_ADDRESS, "sid", came):
        whole[row["sid"]].append(row)
    gained: Kinds = {}
    for lead in leads:
        for sid in changed.visits.get(lead, ()):
            for row in (whole if sid in came else of_visit).get(sid, ()):
                its = gained.setdefault(lead, {})
                its[row["address"]] = min(row["kind"], its.get(row["address"], row["kind"]))
    return gained


_COPIES = ("company_key", "last_seen")


def _large(db: Connection, leads: Collection[str]) -> set[str]:
    """Which of these leads hold more than `MOST_COPIED` addresses."""
    if not leads:
        return set()
    is_large = (
        f"EXISTS (SELECT 1 FROM lead_address h WHERE h.lead = l.name LIMIT 1 OFFSET {MOST_COPIED})"
    )
    sql = f"SELECT l.name FROM {each(db)} WHERE {is_large}"
    return {key for (key,) in fetch(db, sql, many(db, leads))}


def _write_again(rows: Iterable[Row], before: dict[tuple[str, str], Row], gained: Kinds) -> None:
    """Add these rows of `lead_address` to what is written; and let all that is be of the best kind
    it ever was.
    """
    for row in rows:
        before[row["lead"], row["address"]] = row
        gained.setdefault(row["lead"], {}).setdefault(row["address"], row["kind"])
    for lead, its in gained.items():
        for address, kind in its.items():
            if known := before.get((lead, address)):
                its[address] = min(kind, known["kind"])


def _write(
    db: Connection,
    leads: Mapping[str, Row],
    before: Mapping[tuple[str, str], Row],
    kinds: Kinds,
    large: Collection[str],
) -> None:
    addresses = {address for its in kinds.values() for address in its}
    checks = {row["address"]: row for row in load(db, ADDRESS, "address", addresses, _CHECKED)}
    now = {}
    for lead, its in kinds.items():
        copies = {name: None if lead in large else leads[lead][name] for name in _COPIES}
        for address, kind in its.items():
            row = _row(lead, address, kind, checks.get(address, _NO_CHECK))
            now[lead, address] = row | copies
    lost = [place for place in before if place not in now]
    mark = placeholder(db)
    sql = f"DELETE FROM lead_address WHERE lead = {mark} AND address = {mark}"
    execute_many(db, sql, lost)
    upsert(db, LEAD_ADDRESS, [row for place, row in now.items() if row != before.get(place)])


def _row(lead: str, address: str, kind: int, check: Row) -> Row:
    validity, failed, rank = check["validity"], is_failed(check), check["check_rank"]
    return {
        "address": address,
        "lead": lead,
        "kind": kind,
        "verdict": VALIDITY_ORDER.get(validity, _UNCHECKED_ORDER),
        "status": ERROR if failed else validity or UNCHECKED,
        "is_kept": bool(failed and validity),
        "checked_at": _time_of(rank) if rank else None,
    }


def _time_of(rank: str) -> int:
    return int(rank.partition(SEPARATOR)[0])


def _shown(
    db: Connection, leads: Collection[str]
) -> dict[str, tuple[str | None, int | None, str | None]]:
    """The address that each lead shows, its kind and its verdict; of who has any."""
    if not leads:
        return {}
    first = (
        "SELECT h.address FROM lead_address h WHERE h.lead = l.name"
        " ORDER BY h.verdict, h.kind, h.address LIMIT 1"
    )
    sql = (
        f"WITH shown AS MATERIALIZED (SELECT l.name AS lead, ({first}) AS address FROM {each(db)})"
        " SELECT s.lead, h.address, h.kind, v.validity FROM shown s"
        " JOIN lead_address h ON h.address = s.address AND h.lead = s.lead"
        " LEFT JOIN address v ON v.address = s.address"
    )
    return {lead: tuple(shown) for lead, *shown in fetch(db, sql, many(db, leads))}


def _name_anew(db: Connection, leads: Mapping[str, Row], whole: Kinds) -> None:
    """Bring the names that mean these leads to what follows from all their addresses."""
    rows = load(db, LEAD_IDENTIFIER, "lead", whole.keys())
    before = {(row["lead"], row["value"]): row["of_address"] for row in rows}
    now: dict[tuple[str, str], bool] = {}
    for lead, its in whole.items():
        now |= {(lead, name): False for name in _own_names(leads[lead])}
        now |= {(lead, name): True for name in names_of_addresses(its)}
    mark = placeholder(db)
    sql = f"DELETE FROM lead_identifier WHERE lead = {mark} AND value = {mark}"
    execute_many(db, sql, list(before.keys() - now.keys()))
    changed = [place for place, its in now.items() if bool(before.get(place, not its)) != its]
    _add_names(db, {place: now[place] for place in changed})


def _name_more(
    db: Connection,
    leads: Mapping[str, Row],
    were: Mapping[str, Row],
    new: Mapping[str, Collection[str]],
) -> None:
    """Add the names that `new` addresses give; those of an employer go with it."""
    own: list[tuple[str, str]] = []
    gone: list[tuple[str, str]] = []
    for key, lead in leads.items():
        if key not in were:
            own += [(name, key) for name in _own_names(lead)]
        elif were[key]["company_key"] != lead["company_key"]:
            had, has = (set(_domains(one["company_key"])) for one in (were[key], lead))
            gone += [(name, key) for name in had - has]
            own += [(name, key) for name in has - had]
    mark = placeholder(db)
    sql = (
        f"DELETE FROM lead_identifier WHERE value = {mark} AND lead = {mark} AND of_address = false"
    )
    execute_many(db, sql, gone)
    execute_many(
        db,
        f"INSERT INTO lead_identifier (value, lead, of_address) VALUES ({mark}, {mark}, false)"
        " ON CONFLICT (value, lead) DO NOTHING",
        own,
    )
    names = {(key, name): True for key, its in new.items() for name in names_of_addresses(its)}
    _add_names(db, names)


def _add_names(db: Connection, names: Mapping[tuple[str, str], bool]) -> None:
    rows = [
        {"value": name, "lead": lead, "of_address": of_address}
        for (lead, name), of_address in names.items()
    ]
    upsert(db, LEAD_IDENTIFIER, rows)


def _own_names(lead: Row) -> set[str]:
    """The names of a lead that no address gives: its profile, its employer's domains."""
    profile = {lead["key"]} if lead["key"].startswith(LINKEDIN_PREFIX) else set()
    return profile | set(_domains(lead["company_key"]))


def names_of_addresses(addresses: Iterable[str]) -> set[str]:
    """Addresses, and their domains with those above them. Public mail domains mean nobody."""
    found = set(addresses)
    for host in {address.rpartition("@")[2] for address in found}:
        found.update(_domains(domain_key(host)))
    return found


def _domains(company_key: str | None) -> Iterator[str]:
    """The domain that a company's key is, if it is one, and those that it is below, down to two
    parts: `uk.acme.com`, `acme.com`.
    """
    if company_key and ":" not in company_key:
        labels = company_key.split(".")
        for place in range(len(labels) - 1):
            yield ".".join(labels[place:])
