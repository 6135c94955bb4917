"""The benchmark: `python -m tests.bench`, or `make bench`; `load` only fills a database."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import loader, report
from tests.bench.intake import WARM_UP, Round, bare_rate, commit_ms, play
from tests.bench.peers import BODY_ONLY, FLOOR, OURS, PLAIN, Peer
from tests.bench.report import Half, Results
from tests.bench.stream import MIXES, Prepared, prepare
from tests.postgres import running_postgres
from tests.processes import ROOT

PEERS = (PLAIN, FLOOR, OURS)
HALF_RATE_S = 10
LONE_EVENTS = 300


def main() -> None:
    if sys.argv[1:2] == ["load"]:
        _load(sys.argv[2:])
        return
    chosen = _arguments()
    chosen.out.mkdir(parents=True, exist_ok=True)
    most = max(chosen.events + WARM_UP, 12_000)
    prepared = prepare(most, chosen.mix)
    size = statistics.mean(len(event.body) for event in prepared)
    results = Results(mix=chosen.mix, body_bytes=size)
    # Beside the results, because /tmp may be memory, where a commit costs nothing.
    with tempfile.TemporaryDirectory(dir=chosen.out, prefix="work-") as name, ExitStack() as stack:
        folder = Path(name)
        results.body_only_rate = bare_rate(BODY_ONLY, prepared, folder)
        servers: list[str | None] = []
        if chosen.only != "postgres":
            servers.append(None)
        if chosen.only != "sqlite":
            servers.append(stack.enter_context(running_postgres()))
        for server in servers:
            kind = "Postgres" if server else "SQLite"
            results.commit_ms[kind] = commit_ms(server, folder)
            peers = [peer for peer in PEERS if peer.name in chosen.peers]
            rounds = _rounds(peers, chosen.rounds, prepared[: chosen.events], server, folder)
            results.rounds += rounds
            if ours := [r for r in rounds if r.peer == OURS.name]:
                _ours_alone(results, ours, prepared, server, folder)
    print(report.text(results))
    for path in report.write(results, chosen.out):
        print(path)


def _ours_alone(
    results: Results,
    ours: Sequence[Round],
    prepared: Sequence[Prepared],
    server: str | None,
    folder: Path,
) -> None:
    """Ours at half of the rate it reached, one event at a time, and two at once on one Postgres."""
    rate = statistics.median(r.derived_rate for r in ours) / 2
    some = prepared[: int(rate * HALF_RATE_S) + WARM_UP]
    half = play(OURS, some, server=server, folder=folder, rate=rate)
    results.half_rate.append(Half(rate, half))
    few = prepared[: LONE_EVENTS + WARM_UP]
    results.lone.append(play(OURS, few, server=server, folder=folder, connections=1))
    if server:
        same = prepared[: ours[0].events + WARM_UP]
        results.two.append(play(OURS, same, server=server, folder=folder, receivers=2))


def _rounds(
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


def _load(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench load", description=_load.__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--database", required=True, help="URL of an empty database")
    parser.add_argument("--files", type=Path, default=loader.FILES, help="where they are kept")
    chosen = parser.parse_args(arguments)
    loader.load(chosen.sessions, chosen.database, chosen.files)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=4200, help="of a round (plain: a third)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mix", choices=MIXES, default=MIXES[0])
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument(
        "--peers", nargs="+", choices=[p.name for p in PEERS], default=[p.name for p in PEERS]
    )
    parser.add_argument("--out", type=Path, default=ROOT / "bench-results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
