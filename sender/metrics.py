"""What the sender counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters of one sender process. Labels hold only words of ours: no payload, no address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.waiting = Gauge(
            "visitor_desk_messages_waiting", "Messages waiting to be sent", registry=self.registry
        )
        self.sent = Counter(
            "visitor_desk_messages_sent",
            "Messages accepted by their destination, by its kind",
            ["kind"],
            registry=self.registry,
        )
        self.failed = Counter(
            "visitor_desk_messages_failed",
            "Failed tries, by kind of destination and whether there will be another",
            ["kind", "last"],
            registry=self.registry,
        )
        self.off = Gauge(
            "visitor_desk_destinations_off",
            "Destinations that are switched off",
            registry=self.registry,
        )
        self.seconds = Histogram(
            "visitor_desk_message_seconds",
            "From the receipt of an event to the message that it made, taken at the first try",
            buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
            registry=self.registry,
        )
