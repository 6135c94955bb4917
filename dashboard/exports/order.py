"""An export request: read in the same way from a URL and from the command line."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from dashboard.exports.csv_text import OnRows, csv_text, fetch, records, stream, stream_given
from dashboard.exports.giving import Giving
from dashboard.exports.preflight import Preflight
from dashboard.exports.presets.google import Conversion, conversions
from dashboard.exports.presets.preset import Preset, Row
from dashboard.exports.presets.presets import CONVERSIONS, PRESETS
from models.annotations.export_memory import ITEMS, SINCES, Memory, Since
from models.audit import Entry, filters_said, name_in, recorded
from models.exports.cells import safe_text
from models.exports.columns import EXPORTS, query
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When, moment
from models.payloads.vocabulary import STAGES
from models.scoring.past import keys_at
from models.storage.database import Database

CONVERSION_OPTIONS = (
    "conversion_stage", "conversion_name", "conversion_value", "conversion_currency",
)  # fmt: skip
OPTIONS = ("columns", "preset", "header", "at", "since_last", *CONVERSION_OPTIONS)
"""Options besides the filters."""

_LISTED = set(OPTIONS) - {"header", "conversion_name"}
"""Those of them that are not free text."""

MOST_KEYS = 5_000
"""How many rows may be selected one by one."""

SELECTABLE = ("leads", "sessions", "companies", "emails")
"""Exports from which single rows can be selected, identified as in `models.exports.columns`."""

_NAMED_IN_AUDIT = 100
"""How many of the selected rows are in the audit log by name; the log always has their number."""

_KEY = "key"
_LONGEST_NAME = 100
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")


Ask = Callable[[Filters, When], Question]
"""Turns filters into a question at a moment."""


class OrderError(ValueError):
    """An export can't be made as requested; the message says what is possible."""


@dataclass(frozen=True, slots=True)
class Order:
    """An export as requested: which rows, and the columns or the preset to write."""

    name: str
    asked: Question
    columns: tuple[str, ...] = ()
    preset: Preset | None = None
    preset_name: str | None = None
    header: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Only these rows; if empty, all that match."""
    since: Since | None = None
    """Which of these, given what was exported before; None for an export without a memory."""
    given: Mapping[str, str] = field(default_factory=dict)
    """The other options."""

    @classmethod
    def parse(
        cls,
        name: str,
        given: Mapping[str, str | Sequence[str] | None],
        now: When,
        ask: Ask = Question,
    ) -> "Order":
        """Read filters and `OPTIONS` from text; empty means not given. If an option is given
        several times, the last one counts; each `key` names a selected row. `now`: the moment of
        asking, with the zone whose days count. `ask` looks up the segments and lists that filters
        name (`models.segments.asking`).

        Raises `OrderError`, also for filters that the export does not have; `KeyError` for an
        unknown export.
        """
        said = {option: _last(given.get(option)) for option in OPTIONS}
        for key, text in said.items():
            if "\0" in text or not _is_unicode(text):
                raise OrderError(f"{key} has characters that no text can have")
        try:
            said_of = {key: given[key] for key in given if key not in {*OPTIONS, _KEY}}
            asked = ask(Filters.parse(said_of), _when(said["at"], now))
            query(name, asked, ())
        except FilterError as error:
            raise OrderError(str(error)) from None
        preset = _preset(name, said)
        if preset and said["columns"]:
            raise OrderError(
                "columns can't be chosen with a preset: they are the ones the tool takes"
            )
        if said["header"] and not preset:
            raise OrderError("header needs a preset: it renames the preset's columns")
        return cls(
            name,
            asked,
            columns=_columns(name, said["columns"]),
            preset=preset,
            preset_name=said["preset"] or None,
            header=_header(preset, said["header"]) if preset else (),
            keys=_keys(name, given.get(_KEY)),
            since=_since(name, said["since_last"]),
            given={option: text for option, text in said.items() if text},
        )

    @contextmanager
    def recorded(self, database: Database, who: str) -> Iterator[Entry]:
        """Record in the audit log that somebody gets this. Raises what `audit.recorded` raises."""
        readable = {option: text for option, text in self.given.items() if option in _LISTED}
        named = {option: name_in(self.given[option]) for option in self.given.keys() - readable}
        filters, people = filters_said(self.asked.filters)
        readable |= filters
        named |= people
        if self.keys:
            readable["selected"] = f"{len(self.keys)}"
            for place, key in enumerate(self.keys[:_NAMED_IN_AUDIT], start=1):
                named[f"key {place}"] = name_in(key.partition("\t")[0])
        with recorded(database, who, f"export {self.name}", said=readable, names=named) as entry:
            yield entry

    def filename(self, day: date) -> str:
        """The file's default name: `leads-2026-11-22.csv`."""
        return f"{self.preset_name or self.name}-{day.isoformat()}.csv"

    def new_preflight(self) -> Preflight | None:
        """Where a preset's counts go; None without a preset, because then every row qualifies."""
        return Preflight(self.preset) if self.preset else None

    def memory(self, name: str) -> Memory | None:
        """The memory for this export, under a name; None if nothing is to be remembered."""
        kind = self.preset_name or "csv"
        return None if self.since is None else Memory(self.name, f"{kind} {name}")

    def giving(self, name: str, folder: Path | None = None) -> Giving | None:
        """What keeps in mind what this gives, under a name; None when nothing is to be."""
        memory = self.memory(name)
        return None if memory is None or self.since is None else Giving(memory, self.since, folder)

    def stream(
        self,
        db: Connection,
        preflight: Preflight | None = None,
        on_rows: OnRows = lambda _count: None,
        giving: Giving | None = None,
    ) -> Iterator[str]:
        """The file's text, piece by piece (`export.stream`); its rows are counted on the way, and
        noted by `giving`.

        The caller's transaction makes it one consistent state.
        """
        preflight = preflight or self.new_preflight()
        if preflight is None:
            asked = self._as_of(db)
            by_name = {column.name: column for column in EXPORTS[self.name].columns}
            chosen = [by_name[column] for column in self.columns] or None
            if giving:
                return stream_given(
                    db, self.name, asked, giving, chosen, on_rows=on_rows, keys=self.keys
                )
            return stream(db, self.name, asked, chosen, on_rows, keys=self.keys)
        writes = [cell.write for cell in preflight.preset.cells]
        taken = self._taken(db, preflight, giving)
        parts = (
            (len(rows), records([[write(row) for row in rows] for write in writes]))
            for rows in taken
        )
        return csv_text(self.header, parts, on_rows)

    def preflight(self, db: Connection) -> Preflight | None:
        """Look at every row without writing one; None without a preset."""
        preflight = self.new_preflight()
        if preflight:
            for _ in self._taken(db, preflight):
                pass
        return preflight

    def _taken(
        self, db: Connection, preflight: Preflight, giving: Giving | None = None
    ) -> Iterator[Sequence[Row]]:
        values = preflight.preset.values
        before = giving.columns if giving else []
        rows = query(self.name, self._as_of(db), [*before, *values.values()], self.keys)
        for part in fetch(db, rows):
            if giving is None:
                named = (dict(zip(values, row, strict=True)) for row in part)
                yield [row for row in named if preflight.takes(row)]
                continue
            taken = []
            for given, own in giving.wanted(part):
                row = dict(zip(values, own, strict=True))
                if preflight.takes(row):
                    giving.note(given)
                    taken.append(row)
            yield taken

    def _as_of(self, db: Connection) -> Question:
        """The question, with the scores of an earlier moment if requested."""
        if not self.given.get("at"):
            return self.asked
        return replace(self.asked, past=keys_at(db, self.asked.when.ms))


def _when(at: str, now: When) -> When:
    """The moment for scores: now, unless another one is given."""
    return replace(now, ms=moment("at", at, now)) if at else now


def _last(given: str | Sequence[str] | None) -> str:
    values = [given] if isinstance(given, str) else list(given or ())
    return values[-1] if values else ""


def memory_name(text: str | None, *, changed: bool = False) -> str:
    """The memory that a command names. Raises `OrderError` for an invalid name."""
    if changed and text is None:
        raise OrderError("--changed needs --since-last NAME")
    if text is not None and not text.strip():
        # A script's unset variable: all would be given, and nothing remembered.
        raise OrderError("--since-last needs a name")
    if text and (len(text) > _LONGEST_NAME or not text.isprintable() or not _is_unicode(text)):
        raise OrderError(
            f"the name after --since-last must have at most {_LONGEST_NAME} characters"
        )
    return f"named {text}"


def _since(name: str, text: str) -> Since | None:
    since = next((one for one in SINCES if one == text), None)
    if text and since is None:
        raise OrderError(f"since_last must be one of {', '.join(SINCES)}")
    if since and name not in ITEMS:
        raise OrderError(
            f"{name} can't be exported with since_last; it works for {', '.join(ITEMS)}"
        )
    return since


def _is_unicode(text: str) -> bool:
    """Whether text can be encoded: a command line may contain bytes that are not text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _keys(name: str, given: str | Sequence[str] | None) -> tuple[str, ...]:
    keys = [given] if isinstance(given, str) else list(given or ())
    if keys and name not in SELECTABLE:
        raise OrderError(
            f"{_KEY} works for {', '.join(SELECTABLE)} only; other exports are always complete"
        )
    if len(keys) > MOST_KEYS:
        raise OrderError(f"at most {MOST_KEYS:,} rows can be selected; use filters for more")
    if any("\0" in key or not _is_unicode(key) for key in keys):
        raise OrderError(f"{_KEY} has characters that no text can have")
    return tuple(dict.fromkeys(filter(None, keys)))


def _columns(name: str, text: str) -> tuple[str, ...]:
    known = [column.name for column in EXPORTS[name].columns]
    chosen = tuple(part.strip() for part in text.split(",") if part.strip())
    if len(set(chosen)) < len(chosen) or not set(chosen) <= set(known):
        raise OrderError(f"columns must be some of {', '.join(known)}, each once")
    return chosen


def _preset(name: str, said: Mapping[str, str]) -> Preset | None:
    if said["preset"] != CONVERSIONS and any(said[option] for option in CONVERSION_OPTIONS):
        raise OrderError(f"the conversion options need the preset {CONVERSIONS}")
    if not said["preset"]:
        return None
    preset = PRESETS.get(said["preset"])
    if preset is None or preset.table != name:
        fitting = [known for known, one in PRESETS.items() if one.table == name]
        raise OrderError(
            f"preset must be one of {', '.join(fitting)}" if fitting else f"{name} has no presets"
        )
    return conversions(_conversion(said)) if said["preset"] == CONVERSIONS else preset


def _conversion(said: Mapping[str, str]) -> Conversion:
    stage = said["conversion_stage"].lower() or "qualified"
    if stage not in STAGES:
        raise OrderError(f"conversion_stage must be one of {', '.join(STAGES)}")
    name = said["conversion_name"].strip() or f"{stage.capitalize()} visit"
    if len(name) > _LONGEST_NAME:
        raise OrderError(f"conversion_name must have at most {_LONGEST_NAME} characters")
    value, currency = said["conversion_value"], said["conversion_currency"] or "USD"
    if value and not _MONEY.fullmatch(value):
        raise OrderError("conversion_value must be an amount such as 25 or 12.50")
    if not _CURRENCY.fullmatch(currency):
        raise OrderError("conversion_currency must be three letters, such as EUR")
    return Conversion(stage, name, value, currency.upper())


def _header(preset: Preset, text: str) -> tuple[str, ...]:
    """The header row: the preset's own, or the one that replaces it. A link may contain it, so it
    is made safe."""
    own = tuple(cell.header for cell in preset.cells)
    if not text:
        return own
    laid = tuple(safe_text(part.strip()) for part in next(csv.reader(text.splitlines()), []))
    if len(laid) != len(own):
        raise OrderError(f"header must have {len(own)} names, one for each of {', '.join(own)}")
    return laid
