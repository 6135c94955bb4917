"""Which deliveries compete for a row that only one of them wins: the newest profile of a person,
the best copy of a company, a visitor's newest name, the newest example of an unknown field.

The projection needs only the winner. When it is withdrawn, the next one must be found without
reading the ledger: it is the greatest remaining rank. Deliveries that name a URL are noted in the
same way, so that everything that names somebody can be found.
"""

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b

from sqlalchemy import Connection

from models.facts.facts import Facts
from models.facts.ranks import SEPARATOR
from models.facts.row import Row
from models.storage.rows import among, execute_many, fetch, many, placeholder


def target(kind: str, *key: str) -> str:
    """The name of a row: always the same length, because Postgres can't index long keys."""
    return blake2b(SEPARATOR.join((kind, *key)).encode(), digest_size=10).hexdigest()


def stakes(facts: Iterable[Facts], unknown: Iterable[Row]) -> list[Row]:
    """What events and their unknown fields compete for, as rows of table `stake`."""
    named = {pair for fact in facts for pair in _of_event(fact)}
    named |= {(target("unknown", row["type"], row["path"]), row["rank"]) for row in unknown}
    return [{"target": row, "rank": rank} for row, rank in named]


def _of_event(fact: Facts) -> Iterator[tuple[str, str]]:
    if fact.url:
        yield target("visitor", fact.vid), fact.rank
        yield target("url", fact.url), fact.rank
    if fact.person:
        yield target("person", fact.person["url"]), fact.person["rank"]
    for key, company in fact.companies.items():
        yield target("company", key), company_rank(company)


def company_rank(company: Row) -> str:
    """A company's place as one text: full before basic, then by rank."""
    return f"{company['is_full']:d}{company['rank']}"


def remove(db: Connection, rows: Iterable[Row]) -> None:
    """Withdraw stakes."""
    mark = placeholder(db)
    sql = f"DELETE FROM stake WHERE target = {mark} AND rank = {mark}"
    execute_many(db, sql, [(row["target"], row["rank"]) for row in rows])


def greatest(db: Connection, targets: Collection[str]) -> dict[str, str]:
    """The greatest remaining rank for each of these rows."""
    sql = f"SELECT target, max(rank) FROM stake WHERE {among(db, 'target')} GROUP BY target"
    return {row[0]: row[1] for row in fetch(db, sql, many(db, targets))}


def all_of(db: Connection, targets: Collection[str]) -> list[tuple[str, str]]:
    """Everything staked on these rows, as target and rank."""
    sql = f"SELECT target, rank FROM stake WHERE {among(db, 'target')}"
    return [(row[0], row[1]) for row in fetch(db, sql, many(db, targets))]
