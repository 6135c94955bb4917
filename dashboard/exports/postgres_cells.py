"""How Postgres writes an export's cells itself, each as `cells` would.

`COPY` makes lines of CSV on the server, while this process only hands them on. A test holds both
ways to the same text, whatever the values.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.exports.cells import (
    BEGINS_FORMULA,
    E164,
    SEPARATORS,
    Render,
    number,
    phone,
    safe_text,
    stage,
    time,
)
from models.payloads.vocabulary import STAGE_NAMES

_NAMES = " ".join(f"WHEN {place} THEN '{word}'" for place, word in STAGE_NAMES.items())

# Most texts begin with a letter, which sorts between the plain and the full-width marks, and have
# no separator: a quick check is enough for these. COPY would quote an empty text, to distinguish it
# from null.
_TEXT = rf"""CASE
WHEN VALUE >= 'A' COLLATE "C" AND VALUE < chr(65291) COLLATE "C" AND VALUE !~ '[{SEPARATORS}]'
THEN VALUE
ELSE nullif(regexp_replace(VALUE, '{BEGINS_FORMULA}', '''', 'g'), '') END"""

# The seconds and the rest apart: a double does not hold both exactly.
_TIME = """to_char(
to_timestamp(VALUE / 1000) AT TIME ZONE 'UTC' + mod(VALUE, 1000) * interval '1 ms',
'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""

# Both write the shortest text of a double, but Postgres takes an exponent from 1e15 on, Python from
# 1e16, and we for no whole number: beyond bigint these are made of their mantissa and exponent.
_BITS = "('x' || encode(float8send(VALUE), 'hex'))::bit(64)::bigint"
_NUMBER = rf"""CASE
WHEN VALUE = trunc(VALUE) AND abs(VALUE) < 9e18 THEN VALUE::bigint::text
WHEN abs(VALUE) < 1e15 THEN VALUE::text
WHEN abs(VALUE) < 1e16 THEN regexp_replace(VALUE::text, '(.)[.](.{{15}})(.*)e.*', '\1\2.\3')
ELSE trunc(sign(VALUE)::numeric * ({_BITS} & 4503599627370495 | 4503599627370496)
  * 2::numeric ^ (({_BITS} >> 52 & 2047) - 1075))::text END"""

_WRITTEN = {
    safe_text: _TEXT,
    phone: f"CASE WHEN VALUE ~ '^{E164}$' THEN VALUE ELSE {_TEXT} END",
    stage: f"CASE VALUE {_NAMES} END",
    time: _TIME,
    number: _NUMBER,
}
"""SQL for a cell, by the function that renders it in Python; VALUE stands for the value."""


class _Cell(FunctionElement[str]):
    """A value as the text of its cell."""

    type = Text()
    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], written: str) -> None:
        super().__init__(value)
        self.written = written


@compiles(_Cell, "postgresql")
def _compiled(cell: _Cell, compiler: SQLCompiler, **how: Any) -> str:
    return cell.written.replace("VALUE", f"({compiler.process(cell.clauses, **how)})")


def cell(value: ColumnElement[Any], render: Render) -> ColumnElement[Any]:
    """What `COPY` writes of a value as one of the `cells` would; `KeyError` for another render."""
    if render is number and not isinstance(value.type, Float):
        return value
    return _Cell(value, _WRITTEN[render])
