"""What the receiver counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters of one receiver process. Labels hold only our own words: no payload, no address."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "visitor_desk_deliveries",
            "Verified deliveries, by event type and outcome",
            ["type", "outcome"],
            registry=self.registry,
        )
        self.refused = Counter(
            "visitor_desk_refused",
            "Requests refused, by reason",
            ["reason"],
            registry=self.registry,
        )
        self.queue = Gauge(
            "visitor_desk_queue_depth",
            "Deliveries waiting for their commit",
            registry=self.registry,
        )
        self.batch = Histogram(
            "visitor_desk_batch_size",
            "Deliveries that shared a commit",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self.registry,
        )
        self.commit = Histogram(
            "visitor_desk_commit_seconds",
            "Duration of an intake transaction",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
            registry=self.registry,
        )
        self.derived = Counter(
            "visitor_desk_derived", "Deliveries derived by this process", registry=self.registry
        )
        self.quarantined = Counter(
            "visitor_desk_quarantined",
            "Deliveries set aside by this process because they could not be derived",
            registry=self.registry,
        )
        self.quarantine = Gauge(
            "visitor_desk_quarantine_size",
            "Deliveries in quarantine, when this process last derived",
            registry=self.registry,
        )
        self.lag = Gauge(
            "visitor_desk_projection_lag_seconds",
            "Age of the oldest delivery in the last derived batch, when it was derived",
            registry=self.registry,
        )
        self.spooled = Gauge(
            "visitor_desk_spool_bytes",
            "Bytes in the spool waiting for the database",
            registry=self.registry,
        )
        self.deaths = Counter(
            "visitor_desk_worker_deaths",
            "Deaths of threads, which are then restarted, by name",
            ["worker"],
            registry=self.registry,
        )
        self.drain_failures = Counter(
            "visitor_desk_drain_failures",
            "Failed attempts to drain the spool while the database was reachable",
            registry=self.registry,
        )
        self.spool_troubles = Counter(
            "visitor_desk_spool_troubles",
            "Spool: damaged records, and segments that were cut short, vanished or were rescued "
            "in time",
            ["kind"],
            registry=self.registry,
        )
        for kind in ("damaged", "vanished", "shortened", "rescued"):
            self.spool_troubles.labels(kind)
        self.left_behind = Gauge(
            "visitor_desk_spool_left_behind_bytes",
            "Bytes in the spool's folder waiting for another database, or for this one under an "
            "earlier address",
            registry=self.registry,
        )
