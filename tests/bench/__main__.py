"""The benchmark: `make bench` in minutes, `make bench-full` with a million sessions.

`python -m tests.bench load` only fills a database, to look at it or to measure something else.
"""

import argparse
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any

import psutil
import structlog

from tests.bench import export, intake_rows, live, replay, report, rounds, rows, start
from tests.bench.feed import filtered
from tests.bench.feed.lines import of_filtered
from tests.bench.lists import asking, grown
from tests.bench.lists.lines import of_lists
from tests.bench.loaded import copies, loader
from tests.bench.peers.peers import fresh_database
from tests.bench.report import Row
from tests.bench.ringing import deriving, lines, sending
from tests.bench.scoring import deriving as scored
from tests.bench.scoring import lines as scored_lines
from tests.bench.scoring import previewing, rescoring
from tests.bench.screens import reads
from tests.bench.stream import MIXES, prepare
from tests.postgres import running_postgres
from tests.processes import ROOT

PARTS = (
    "intake", "reads", "lists", "live", "feed", "ringing", "scoring", "export", "replay", "start",
)  # fmt: skip
VIEWERS = (1, 25, 100)
MESSAGES = 3_000
BUSY = 300
"""Events a second beside those that are timed on the screen."""
LEADS, LEADS_OF = 300_000, 70_000
"""Leads that are scored, and the sessions whose people they are, again and again."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: sessions that reads are measured at, seconds a view, and so on."""

    sizes: tuple[int, ...]
    enough_s: float
    probes: int
    viewers_s: int
    feed_s: int
    rounds: int
    deliveries: int
    people: int


QUICK = Scale((10_000,), 0.4, 12, 6, 20, 2, 8_000, 600)
FULL = Scale((10_000, 100_000, 1_000_000), 1.0, 40, 20, 60, 3, 200_000, 3_000)


@dataclass(slots=True)
class Run:
    """A run of the benchmark, and what it has found so far."""

    chosen: argparse.Namespace
    scale: Scale
    folder: Path
    servers: Sequence[str | None]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    measured: dict[str, Any] = field(default_factory=dict)

    def intake(self) -> None:
        """Signed webhooks in, answers out, everything derived."""
        chosen = self.chosen
        found = rounds.measure(
            self.servers,
            self.folder,
            events=chosen.events,
            rounds=chosen.rounds,
            mix=chosen.mix,
            peers=chosen.peers,
        )
        commits = ", ".join(f"{kind} {ms:.1f} ms" for kind, ms in found.commit_ms.items())
        self.notes += [
            f"Events of {found.body_bytes / 1000:.1f} kB on average (mix {found.mix}).",
            f"Reading the body and answering: {found.body_only_rate:.0f}/s; a commit: {commits}.",
        ]
        self.measured["intake"] = found
        self.rows += intake_rows.of_intake(found)

    def reads(self) -> None:
        """Every view of every screen."""
        for server in self.servers:
            by_size: dict[int, list[reads.Read]] = {}
            for size in self.scale.sizes:
                with self._loaded(size, server) as url:
                    by_size[size] = []
                    for read in reads.read_all(url, enough_s=self.scale.enough_s):
                        by_size[size].append(read)
                        _say(f"{size:,} sessions: {read.view.screen}, {read.view.name}")
            self.measured[f"reads, {_kind(server)}"] = by_size
            self.rows += rows.of_reads(_kind(server), by_size)

    def lists(self) -> None:
        """Three filters at once and more, of every list, and lists by their scores."""
        sessions = self.scale.sizes[-1]
        source = grown.grown_file(sessions, self.chosen.files)
        for server in self.servers:
            with self._copied(source, server) as url:
                found = []
                for one in asking.ask_all(url):
                    found.append(one)
                    _say(f"{one.of}, {one.part}: {one.name}")
            self.measured[f"lists, {_kind(server)}"] = found
            self.rows += of_lists(_kind(server), sessions, found)

    def live(self) -> None:
        """A row's way to the screen, and those who watch."""
        for server in self.servers:
            with self._loaded(self.scale.sizes[0], server) as url:
                probes = self.scale.probes
                seen = [
                    live.shown(url, self.folder, rate=rate, probes=probes) for rate in (0, BUSY)
                ]
                watched = live.watched(
                    url, self.folder, viewers=VIEWERS, seconds=self.scale.viewers_s
                )
            self.measured[f"live, {_kind(server)}"] = {"shown": seen, "watched": watched}
            self.rows += rows.of_live(_kind(server), seen, watched)

    def feed(self) -> None:
        """What many different filters on Live cost; of another checkout, too, if one is named."""
        for server in self.servers:
            found: list[filtered.Filtered] = []
            for checkout in filter(None, (ROOT, self.chosen.beside)):
                for filters in ((), filtered.FILTERS):
                    with self._loaded(self.scale.sizes[0], server) as url:
                        filtered.prepare(url)
                        found.append(
                            filtered.watched(
                                url,
                                self.folder,
                                filters,
                                seconds=self.scale.feed_s,
                                checkout=checkout,
                            )
                        )
            self.measured[f"feed, {_kind(server)}"] = found
            self.rows += of_filtered(_kind(server), found)

    def ringing(self) -> None:
        """What rules cost deriving, and how soon and how fast their messages arrive."""
        for server in self.servers:
            kind, probes = _kind(server), self.scale.probes * 2
            derived = deriving.measure(server, self.folder, self.scale.people)
            rang = []
            for rate, away in ((0, 0), (sending.BUSY, 0), (0, sending.AWAY)):
                with fresh_database(server, self.folder) as url:
                    rang.append(sending.rang(url, self.folder, rate=rate, away=away, probes=probes))
            with fresh_database(server, self.folder) as url:
                a_second = sending.messages_a_second(url, self.folder, MESSAGES)
            self.measured[f"ringing, {kind}"] = {
                "derived": derived,
                "rang": rang,
                "messages": a_second,
            }
            self.rows += lines.of_deriving(derived)
            self.rows += [*lines.of_rang(kind, rang), lines.of_messages(kind, a_second)]

    def scoring(self) -> None:
        """What scores cost deriving, what another definition would change, and all scored anew."""
        for server in self.servers:
            kind = _kind(server)
            measured = self.measured.setdefault(f"scoring, {kind}", {})
            derived = measured["derived"] = scored.measure(server, self.folder, self.scale.people)
            self.rows.append(scored_lines.of_deriving(derived))
            _say(f"{kind}: derived with and without scores")
            source = copies.sqlite_file(LEADS, loader.sqlite_file(LEADS_OF, self.chosen.files))
            with self._copied(source, server) as url:
                previewed = measured["previewed"] = previewing.measure(url)
                self.rows += scored_lines.of_preview(kind, previewed)
                _say(f"{kind}: looked at another definition")
                rescored = rescoring.measure(url, self.folder, probes=self.scale.probes)
                measured["rescored"] = rescored
                self.rows += scored_lines.of_rescoring(kind, rescored)

    def export(self) -> None:
        """Everything as CSV."""
        for server in self.servers:
            with self._loaded(self.scale.sizes[-1], server) as url:
                found = [
                    export.measure(name, url, self.folder, self.scale.rounds)
                    for name in ("leads", "sessions")
                ]
            self.measured[f"export, {_kind(server)}"] = found
            for exported in found:
                self.rows += rows.of_export(_kind(server), exported)

    def replay(self) -> None:
        """Everything derived again."""
        prepared = prepare(self.scale.deliveries, self.chosen.mix)
        for server in self.servers:
            found = replay.measure(prepared, self.chosen.events, server, self.folder)
            self.measured[f"replay, {_kind(server)}"] = found
            self.rows += rows.of_replay(found)

    def start(self) -> None:
        """Until it is ready, and how large it is."""
        seconds, installed = start.up_seconds(self.scale.rounds + 1), start.installed_mb()
        self.measured["start"] = {"up": seconds, "installed": installed}
        self.rows += rows.of_start(seconds, installed)

    def _loaded(self, sessions: int, server: str | None) -> AbstractContextManager[str]:
        """URL of a database with so many sessions, which may be changed."""
        return self._copied(loader.sqlite_file(sessions, self.chosen.files), server)

    @contextmanager
    def _copied(self, source: Path, server: str | None) -> Iterator[str]:
        """URL of a copy of a SQLite file in a database that may be changed."""
        if server is None:
            file = self.folder / "loaded.db"
            try:
                copyfile(source, file)
                yield f"sqlite:///{file}"
            finally:  # its log would be taken for the next file's
                for left in self.folder.glob(f"{file.name}*"):
                    left.unlink()
            return
        with fresh_database(server, self.folder) as url:
            loader.copy(source, url)
            yield url


def main() -> None:
    if sys.argv[1:2] == ["load"]:
        _load(sys.argv[2:])
        return
    chosen = _arguments()
    # Rules would be told of in the midst of the table.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    chosen.out.mkdir(parents=True, exist_ok=True)
    # Beside the results, because /tmp may be memory, where a commit costs nothing.
    with tempfile.TemporaryDirectory(dir=chosen.out, prefix="work-") as name, ExitStack() as stack:
        servers: list[str | None] = [] if chosen.only == "postgres" else [None]
        if chosen.only != "sqlite":
            servers.append(stack.enter_context(running_postgres(Path(name) / "postgres")))
        run = Run(chosen, FULL if chosen.full else QUICK, Path(name), servers)
        broken = [part for part in chosen.parts or PARTS if not _runs(run, part)]
    load, cores = os.getloadavg()[0], psutil.cpu_count()
    run.notes.append(f"{cores} cores; load average {load:.1f} at the end.")
    print(report.text(run.rows, run.notes))
    for path in report.write(run.rows, run.notes, run.measured, chosen.out):
        print(path)
    if broken:
        sys.exit(f"not measured to the end: {', '.join(broken)}; see above")


def _runs(run: Run, part: str) -> bool:
    """Measure a part; what the others have found is not lost with one that breaks."""
    _say(f"{part} …")
    try:
        getattr(run, part)()
    except Exception as error:  # noqa: BLE001 - whatever it is, the others can be measured
        traceback.print_exc()
        run.notes.append(f"Part {part} broke off: {type(error).__name__}.")
        return False
    return True


def _kind(server: str | None) -> str:
    return "Postgres" if server else "SQLite"


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _load(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench load", description=loader.__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--database", required=True, help="URL of an empty database")
    parser.add_argument("--files", type=Path, default=loader.FILES, help="where they are kept")
    chosen = parser.parse_args(arguments)
    loader.load(chosen.sessions, chosen.database, chosen.files)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--full", action="store_true", help="up to a million sessions")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--events", type=int, default=4200, help="of a round (plain: a third)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mix", choices=MIXES, default=MIXES[0])
    names = [peer.name for peer in rounds.PEERS]
    parser.add_argument("--peers", nargs="+", choices=names, default=names)
    parser.add_argument("--out", type=Path, default=ROOT / "bench-results")
    parser.add_argument("--files", type=Path, default=loader.FILES, help="loaded databases")
    parser.add_argument("--beside", type=Path, help="another checkout, for part feed")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.parts) - set(PARTS))
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    main()
