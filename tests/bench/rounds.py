"""The rounds of intake: every peer in turn on both databases, then ours alone at half its rate."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.intake import WARM_UP, Round, bare_rate, commit_ms, play
from tests.bench.peers.peers import BODY_ONLY, FLOOR, OURS, PLAIN, Peer
from tests.bench.stream import Prepared, prepare

PEERS = (PLAIN, FLOOR, OURS)
_HALF_RATE_S = 10
_MOST = 12_000
_LONE_EVENTS = 300


@dataclass(frozen=True, slots=True)
class Half:
    """A round at half of the rate that was reached; `rate` in events a second."""

    rate: float
    round: Round


@dataclass(slots=True)
class Intake:
    """All that was measured. `body_bytes`: mean size; `commit_ms`: a bare commit, by database."""

    mix: str
    body_bytes: float
    body_only_rate: float = 0.0
    commit_ms: dict[str, float] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    half_rate: list[Half] = field(default_factory=list)
    lone: list[Round] = field(default_factory=list)
    """One connection: each event waits for the answer to the one before."""
    two: list[Round] = field(default_factory=list)
    """Two receivers on one Postgres."""

    def of(self, database: str, peer: str) -> list[Round]:
        """A peer's rounds on a database, in the order they were played."""
        return [r for r in self.rounds if (r.database, r.peer) == (database, peer)]


def measure(
    servers: Sequence[str | None],
    folder: Path,
    *,
    events: int,
    rounds: int,
    mix: str,
    peers: Sequence[str],
) -> Intake:
    """Play the rounds on each of `servers` (URL of a Postgres, or none for SQLite)."""
    most = max(events + WARM_UP, _MOST)
    prepared = prepare(most, mix)
    found = Intake(mix=mix, body_bytes=statistics.mean(len(event.body) for event in prepared))
    found.body_only_rate = bare_rate(BODY_ONLY, prepared, folder)
    chosen = [peer for peer in PEERS if peer.name in peers]
    for server in servers:
        kind = "Postgres" if server else "SQLite"
        found.commit_ms[kind] = commit_ms(server, folder)
        found.rounds += _by_turns(chosen, rounds, prepared[:events], server, folder)
        if OURS in chosen:
            _ours_alone(found, prepared, server, folder)
    return found


def _ours_alone(
    found: Intake, prepared: Sequence[Prepared], server: str | None, folder: Path
) -> None:
    """Ours at half of the rate it reached, one event at a time, and two at once on one Postgres."""
    ours = found.of("Postgres" if server else "SQLite", OURS.name)
    rate = statistics.median(r.derived_rate for r in ours) / 2
    some = prepared[: int(rate * _HALF_RATE_S) + WARM_UP]
    half = play(OURS, some, server=server, folder=folder, rate=rate)
    found.half_rate.append(Half(rate, half))
    few = prepared[: _LONE_EVENTS + WARM_UP]
    found.lone.append(play(OURS, few, server=server, folder=folder, connections=1))
    if server:
        same = prepared[: ours[0].events + WARM_UP]
        found.two.append(play(OURS, same, server=server, folder=folder, receivers=2))


def _by_turns(
    peers: Sequence[Peer],
    count: int,
    prepared: Sequence[Prepared],
    server: str | None,
    folder: Path,
) -> list[Round]:
    """Every peer in turn, again and again: what else the machine does hits all alike."""
    rounds: list[Round] = []
    for number in range(1, count + 1):
        for peer in peers:
            # The slow peer gets fewer events, so that its rounds do not take minutes.
            some = prepared[: len(prepared) // 3] if peer is PLAIN else prepared
            done = play(peer, some, server=server, folder=folder)
            rounds.append(done)
            print(
                f"{done.database:9} round {number} {peer.name:6} {done.derived_rate:7.0f}/s derived"
                f" {done.answered_rate:7.0f}/s answered  p99 {done.p99:6.0f} ms",
                file=sys.stderr,
            )
    return rounds
