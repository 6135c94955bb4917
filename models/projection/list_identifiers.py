"""By what a list can mean a lead: its addresses, its domains and those above them, its profile."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from models.facts.keys import LINKEDIN_PREFIX, domain_key
from models.facts.row import Row
from models.storage.rows import execute_many, placeholder, upsert
from models.tables import LEAD_IDENTIFIER


def identifiers(key: str, company_key: str | None, addresses: Iterable[str]) -> set[str]:
    """The names of one lead. Public mail domains mean nobody."""
    found = {key} if key.startswith(LINKEDIN_PREFIX) else set()
    if company_key and ":" not in company_key:
        found.update(_with_parents(company_key))
    for address in addresses:
        found.add(address)
        domain = domain_key(address.rpartition("@")[2])
        if domain:
            found.update(_with_parents(domain))
    return found


def _with_parents(domain: str) -> Iterator[str]:
    """A domain and those that it is below, down to two parts: `uk.acme.com`, `acme.com`."""
    labels = domain.split(".")
    for place in range(len(labels) - 1):
        yield ".".join(labels[place:])


Known = Mapping[str, tuple[str | None, set[str]]]
"""The key of the employer and the addresses of leads, by their keys."""


def write_identifiers(db: Connection, before: Known, now: Known) -> None:
    """Bring `lead_identifier` from what leads were called before to what they are called now; most
    events change none.
    """
    gone: list[tuple[str, str]] = []
    new: list[Row] = []
    for lead in before.keys() | now.keys():
        if before.get(lead) == now.get(lead):
            continue
        had = identifiers(lead, *before[lead]) if lead in before else set()
        has = identifiers(lead, *now[lead]) if lead in now else set()
        gone += [(value, lead) for value in had - has]
        new += [{"value": value, "lead": lead} for value in has - had]
    marker = placeholder(db)
    sql = f"DELETE FROM lead_identifier WHERE value = {marker} AND lead = {marker}"
    execute_many(db, sql, gone)
    upsert(db, LEAD_IDENTIFIER, new)
