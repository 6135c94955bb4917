"""Who is forgotten: all that hangs together with a name, by any chain of events.

It is decided per lead (docs/merge-rules.md, "Kept out"). Where no two LinkedIn profiles hang
together, a lead is such a cluster, and it is easy to say what must be left: the events of all
other clusters.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from tests.reference.events import Delivery, Event, read
from tests.reference.fields import BrokenError, is_role

Name = tuple[str, str]


def names(event: Event) -> set[Name]:
    """What an event says of who it is about; a role's address says nothing."""
    found = {("sid", event.sid), ("vid", event.vid)}
    found |= {("address", address) for address, _ in event.addresses if not is_role(address)}
    return found | ({("url", event.url)} if event.url else set())


def names_by_delivery(deliveries: Iterable[Delivery]) -> dict[Delivery, set[Name]]:
    """The names in each delivery that can be read."""
    found: dict[Delivery, set[Name]] = {}
    for delivery in deliveries:
        try:
            event = read(delivery)
        except BrokenError:
            continue
        if event is not None:
            found[delivery] = names(event)
    return found


def cluster(deliveries: Iterable[Delivery], seeds: Collection[Name]) -> set[Name]:
    """All names that hang together with any of these."""
    holders: dict[Name, list[set[Name]]] = defaultdict(list)
    for said in names_by_delivery(deliveries).values():
        for name in said:
            holders[name].append(said)
    found: set[Name] = set()
    waiting = list(seeds)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for said in holders[name] for other in said]
    return found


def is_one_human(cluster_of_names: Iterable[Name]) -> bool:
    """Whether no two profiles hang together there."""
    return sum(kind == "url" for kind, _ in cluster_of_names) < 2


def without(deliveries: Iterable[Delivery], forgotten: Collection[Name]) -> list[Delivery]:
    """The deliveries that name none of these."""
    deliveries = list(deliveries)
    said = names_by_delivery(deliveries)
    return [one for one in deliveries if not said.get(one, set()) & set(forgotten)]
