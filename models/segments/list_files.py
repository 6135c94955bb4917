"""Files of domains, email addresses and LinkedIn profiles, as spreadsheets and CRMs write them.

The column that names people or companies is found by its content, others by their heading. Only the
file itself is looked at here: no database.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.facts.keys import address_key, domain_key, host_key, linkedin_key
from models.facts.public_domains import MAIL_PROVIDERS, is_suffix
from models.filters.times import FilterError, When, moment
from models.segments.naming import NotSavedError

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 1_000_000
LONGEST_CELL = 500
"""Characters of a note about a row that are kept."""


class NothingError(NotSavedError):
    """A file without any non-empty row."""


_SEPARATORS = (",", ";", "\t")
_LOOKED_AT = 200
"""Rows used to find the column and the separator."""
_SHOWN = 5
"""How many rows of a kind are listed one by one."""

_NOTES = {"date", "owner", "label"}
_TELLING = (
    "domain",
    "email",
    "e-mail",
    "mail",
    "linkedin",
    "website",
    "url",
    "company domain name",
)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")
_ZIP, _NUL = b"PK\x03\x04", b"\0"


@dataclass(frozen=True, slots=True)
class Entry:
    """Whom a row names, in the spelling of a key, and its notes; `date` in Unix ms."""

    value: str
    date: int | None = None
    owner: str | None = None
    label: str | None = None


@dataclass(slots=True)
class ListFile:
    """The content of a file: its entries, each once, and what was left out, and why."""

    entries: dict[str, Entry] = field(default_factory=dict)
    rows: int = 0
    """Non-empty rows, without the heading."""
    repeated: int = 0
    public: Counter[str] = field(default_factory=Counter)
    """Public mail domains and public suffixes, with their rows: they would match half the world."""
    unread: list[tuple[int, str]] = field(default_factory=list)
    """Rows that name nobody, by their number in the file, with their content."""
    undated: int = 0
    column: str = ""
    """The heading of the column that was found, or its number."""

    def kinds(self) -> Counter[str]:
        """How many entries there are of each kind."""
        return Counter(kind_of(value) for value in self.entries)

    def lines(self) -> list[str]:
        """What was left out, in sentences without their full stop."""
        said = []
        if self.public:
            names = ", ".join(sorted(self.public))
            said.append(f"Left out, because anybody can have an address or a domain there: {names}")
        if self.repeated:
            said.append(f"{self.repeated:,} {_rows(self.repeated)} named somebody a second time")
        if self.unread:
            first = ", ".join(f"{number:,}" for number, _ in self.unread[:_SHOWN])
            more = " and more" if len(self.unread) > _SHOWN else ""
            said.append(
                f"{len(self.unread):,} {_rows(len(self.unread))} without a domain, an address or a"
                f" LinkedIn profile: {first}{more}"
            )
        if self.undated:
            said.append(f"{self.undated:,} dates can't be read; write them as 2026-01-31")
        return said


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def kind_of(value: str) -> str:
    """What an entry is: `domain`, `address` or `profile`."""
    return "address" if "@" in value else "profile" if "/" in value else "domain"


def read_list(data: bytes, when: When) -> ListFile:
    """Read a file. `when` has the zone whose days its dates are.

    Raises `NothingError` for a file without rows, `NotSavedError` for what is not CSV text.
    """
    text = _text(data)
    rows = list(_parsed(text))
    if not rows:
        raise NothingError("the file is empty")
    width = max(len(cells) for _, cells in rows)
    heading = [cell.strip().lower() for cell in rows[0][1]]
    # A row that names somebody is not a heading.
    has_heading = not any(_value(cell) or _public(cell) for cell in rows[0][1])
    notes = {name: heading.index(name) for name in _NOTES if has_heading and name in heading}
    body = rows[1:] if has_heading else rows
    place = _telling(body, width, heading if has_heading else [], set(notes.values()))
    found = ListFile(rows=len(body))
    found.column = (
        rows[0][1][place].strip()
        if has_heading and place < len(rows[0][1]) and rows[0][1][place].strip()
        else f"column {place + 1}"
    )
    for number, cells in body:
        _take(found, number, cells, place, notes, when)
    return found


def _take(  # noqa: PLR0917 - called in one place, with what it has in this order
    found: ListFile,
    number: int,
    cells: Sequence[str],
    place: int,
    notes: dict[str, int],
    when: When,
) -> None:
    cell = cells[place] if place < len(cells) else ""
    value = _value(cell)
    if value is None:
        public = _public(cell)
        if public:
            found.public[public] += 1
        else:
            found.unread.append((number, cell.strip()[:LONGEST_CELL]))
        return
    if value in found.entries:
        found.repeated += 1
        return

    def note(name: str) -> str | None:
        at = notes.get(name)
        text = cells[at].strip() if at is not None and at < len(cells) else ""
        return text.replace("\0", "")[:LONGEST_CELL] or None

    date = None
    if given := note("date"):
        try:
            date = moment("date", given, when)
        except FilterError:
            found.undated += 1
    owner = note("owner")
    found.entries[value] = Entry(value, date, address_key(owner) or owner, note("label"))


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NotSavedError(f"the file is larger than {MOST_BYTES // 2**20} MB")
    if data.startswith(_ZIP):
        raise NotSavedError("the file is a workbook or an archive. Save it as CSV first")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif _NUL in data:
        raise NotSavedError("the file is not text. Save it as CSV")
    else:
        # Spreadsheets in Europe use their system's code page.
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotSavedError("the file is not text. Save it as CSV in UTF-8")


def _parsed(text: str) -> Iterator[tuple[int, list[str]]]:
    """Non-empty rows, by their number in the file, from 1."""
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            if reader.line_num > MOST_ROWS:
                raise NotSavedError(f"the file has more than {MOST_ROWS:,} rows")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise NotSavedError(f"the file is not CSV: {error}") from None


def _separator(text: str) -> str:
    """The separator: the one that gives most columns, the same number in all rows."""
    head = [line for line in text[:100_000].splitlines() if line.strip()][:_LOOKED_AT]

    def columns(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(cells) for cells in csv.reader(head, delimiter=separator))
        except csv.Error:
            return 0, 0
        width, rows = max(widths.items(), key=lambda one: (one[1], one[0]), default=(1, 0))
        return (rows, width) if width > 1 else (0, 0)

    return max(_SEPARATORS, key=columns)


def _telling(
    body: Sequence[tuple[int, Sequence[str]]], width: int, heading: Sequence[str], notes: set[int]
) -> int:
    """The column with the most distinct domains, addresses or profiles; among equals the one whose
    heading says so, then the first.
    """
    some = body[:_LOOKED_AT]

    def worth(place: int) -> tuple[int, bool, int]:
        cells = {cells[place] for _, cells in some if place < len(cells)}
        named = place < len(heading) and any(word in heading[place] for word in _TELLING)
        return sum(_value(cell) is not None for cell in cells), named, -place

    places = [place for place in range(width) if place not in notes] or [0]
    return max(places, key=worth)


def _value(cell: str) -> str | None:
    """The key that a cell names; None if it names nobody."""
    text = cell.strip()
    if not text or len(text) > LONGEST_CELL:
        return None
    text = _bare(text)
    key = linkedin_key(text) or (address_key(text) if "@" in text else domain_key(text))
    if key is None or "@" in key or "/" in key:
        return key
    return key if _DOMAIN.fullmatch(key) and not is_suffix(key) else None


def _public(cell: str) -> str | None:
    """The shared domain in a cell, a mail provider's or a public suffix; None if it is not one."""
    text = _bare(cell.strip()[:LONGEST_CELL])
    host = None if "@" in text else host_key(text)
    if host is None or not _DOMAIN.fullmatch(host):
        return None
    return host if host in MAIL_PROVIDERS or is_suffix(host) else None


def _bare(text: str) -> str:
    """A domain as people write it for all below it: `@acme.com`, `*.acme.com`."""
    return text.removeprefix("@").removeprefix("*.")
