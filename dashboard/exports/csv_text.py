"""An export's text: streamed a few thousand rows at a time, the same bytes for the same data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select

from dashboard.exports.giving import Giving
from dashboard.exports.postgres_cells import cell
from models.exports.cells import Render, safe_text, safe_texts
from models.exports.columns import EXPORTS, Column, query
from models.filters.query import Question
from models.storage.rows import copy_out

CHUNK = 1000
"""Rows fetched and written at once: memory stays flat however many there are."""

FADING = frozenset({"intent", "grade", "scoring_version"})
"""Columns whose values change with time alone, or for everybody with a new scoring definition."""

Part = tuple[int, str]
"""Some rows of a file: how many, and their text."""

OnRows = Callable[[int], None]
"""Called with how many more rows are about to be handed over."""


def fetch(db: Connection, rows: Select[Any]) -> Iterator[Sequence[Any]]:
    """The rows of a query, a few thousand at a time: the database holds the rest."""
    streamed = db.execution_options(stream_results=True, yield_per=CHUNK)
    yield from streamed.execute(rows).partitions(CHUNK)


def records(columns: Sequence[Sequence[str]]) -> str:
    """CSV records as in RFC 4180, each with its line end, made from columns of cells.

    Python's own writer looks at every character; most columns have nothing to quote, and one look
    at a whole column tells.
    """
    quoted = [_quoted(cells) for cells in columns]
    if len(quoted) == 1:  # an empty line would not be a record
        quoted = [[cell or '""' for cell in quoted[0]]]
    return "\r\n".join([*map(",".join, zip(*quoted, strict=True)), ""])


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    if not _needs_quotes("".join(cells)):
        return cells
    return ['"' + cell.replace('"', '""') + '"' if _needs_quotes(cell) else cell for cell in cells]


def _needs_quotes(text: str) -> bool:
    return "," in text or '"' in text or "\r" in text or "\n" in text


def csv_text(
    header: Sequence[str], parts: Iterable[Part], on_rows: OnRows = lambda _count: None
) -> Iterator[str]:
    """The text of a file, header first, one piece for each batch of rows."""
    text = records([[name] for name in header])
    for rows, lines in parts:
        on_rows(rows)
        yield text + lines
        text = ""
    if text:
        yield text


def stream(
    db: Connection,
    name: str,
    asked: Question,
    columns: Sequence[Column] | None = None,
    on_rows: OnRows = lambda _count: None,
    *,
    keys: Sequence[str] = (),
) -> Iterator[str]:
    """The CSV text of an export, some thousand rows at a time, header first; without `columns` all,
    with `keys` of the rows that these name.

    Sorted by the export's first column, then the second, in code-point order, whichever are
    written. The caller's transaction makes it one consistent state; on Postgres it is of no more
    use to whoever stops before the end. Raises `FilterError` for filters that the export does not
    know, `KeyError` for an unknown export.
    """
    chosen = columns or EXPORTS[name].columns
    # COPY writes a line with a single empty cell differently.
    if db.dialect.name == "postgresql" and len(chosen) > 1:
        written = [cell(column.value, column.render) for column in chosen]
        parts = _copied(copy_out(db, query(name, asked, written, keys)))
    else:
        rows = query(name, asked, [column.value for column in chosen], keys)
        renders = [column.render for column in chosen]
        parts = ((len(part), _written(renders, part)) for part in fetch(db, rows))
    return csv_text([column.name for column in chosen], parts, on_rows)


def stream_given(
    db: Connection,
    name: str,
    asked: Question,
    giving: Giving,
    columns: Sequence[Column] | None = None,
    *,
    on_rows: OnRows = lambda _count: None,
    keys: Sequence[str] = (),
) -> Iterator[str]:
    """The same for an export with a memory: the rows that `giving` wants, each noted there."""
    chosen = columns or EXPORTS[name].columns
    renders = [column.render for column in chosen]
    rows = query(name, asked, [*giving.columns, *(one.value for one in chosen)], keys)

    fading = [place for place, column in enumerate(chosen) if column.name in FADING]

    def parts() -> Iterator[Part]:
        for part in fetch(db, rows):
            wanted = list(giving.wanted(part, fading))
            for given, _ in wanted:
                giving.note(given)
            if wanted:
                yield len(wanted), _written(renders, [values for _, values in wanted])

    return csv_text([column.name for column in chosen], parts(), on_rows)


def _copied(lines: Iterator[str]) -> Iterator[Part]:
    while some := list(islice(lines, CHUNK)):
        yield len(some), "".join(some)


def _written(renders: Sequence[Render], rows: Sequence[Any]) -> str:
    """Rows as records; one call per cell would cost more than most cells."""
    return records(
        [
            safe_texts(values) if render is safe_text else list(map(render, values))
            for render, values in zip(renders, zip(*rows, strict=True), strict=True)
        ]
    )
