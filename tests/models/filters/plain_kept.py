"""Segments and lists as a plain reading of their words, over rows in memory."""

from typing import TYPE_CHECKING, Any

from models.filters.names import FILTERS
from models.filters.query import Condition, Question

if TYPE_CHECKING:
    from tests.models.filters.plain import World

Row = dict[str, Any]


def is_on(world: "World", lead: Row, name: str) -> bool:
    """Whether an entry of a list is the lead's profile, an address of theirs, or a domain that its
    employer's, or one of its addresses', is or lies below.
    """
    addresses = {row["address"] for row in world.held if row["lead"] == lead["key"]}
    hosts = {address.rpartition("@")[2] for address in addresses}
    if lead["company_key"] and ":" not in lead["company_key"]:
        hosts.add(lead["company_key"])
    for entry in world.entries:
        value = entry["value"]
        if entry["list"] != name:
            continue
        if value in addresses or (value == lead["key"] and lead["linkedin_url"]):
            return True
        is_domain = "@" not in value and "/" not in value
        if is_domain and any(host == value or host.endswith(f".{value}") for host in hosts):
            return True
    return False


def is_in(world: "World", lead: Row, segment: Question) -> bool:
    """Whether a segment chooses a lead, by its own range of last activity."""
    since, until = segment.since, segment.until
    seen = lead["last_seen"]
    is_within = (since is None or seen >= since) and (until is None or seen <= until)
    return is_within and world.lead_matches(lead, list(segment.filters), segment)


def shows(world: "World", visit: Row, segment: Question) -> bool:
    """Whether a visit is of somebody in a segment, and fulfils all that this asks of a visit."""
    lead = world.leads[visit["lead"]]
    if not is_in(world, lead, segment):
        return False
    own = [one for one in segment.filters if FILTERS[one.name].about == "visit"]
    if any(one.name != "bots" for one in own):
        own += [one for one in segment.filters if one.name == "country"]
    touch = segment.filters.one("touch")
    if touch and own:
        came_by = world.touch(lead, touch, None)
        if came_by is None or came_by["sid"] != visit["sid"]:
            return False
    if not all(
        world.visit_matches(visit, one, segment) for one in own if touch or not _is_not(one)
    ):
        return False
    return all(
        any(shows(world, visit, segment.segment(name)) for name in one.values)
        for one in segment.filters
        if (one.name, one.operator) == ("segment", "is")
    )


def _is_not(one: Condition) -> bool:
    return one.operator == "not"
