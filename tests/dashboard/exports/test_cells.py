"""Python and Postgres write the same text of an export, whatever the values."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import insert

from dashboard.exports.csv_text import records, stream
from models.exports.cells import E164, FORMULA, bare_text, safe_text
from models.exports.columns import EXPORTS
from models.payloads.vocabulary import STAGE_NAMES
from models.payloads.wire import LAST_MS
from models.storage.database import Database
from models.tables import COMPANY, LEAD
from tests.desk import question

Row = dict[str, Any]

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_TEXTS = st.text(_CHARACTERS) | st.text(st.sampled_from(f"{FORMULA}\",;\\.'% 0AZaé–"), max_size=8)
_ODD = st.text(st.sampled_from('"=+-@;\t\r\n, a\uff1d'), max_size=12)
_PHONES = st.from_regex(E164, fullmatch=True) | _TEXTS
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e14, 1e17)
_TIMES = st.integers(0, LAST_MS)
_COUNTS = st.integers(0, 2**31 - 1)

_LEADS = st.fixed_dictionaries(
    {name: st.none() | _TEXTS for name in ("full_name", "email", "city", "company_name")}
    | {"phone": st.none() | _PHONES, "stage": st.sampled_from(sorted(STAGE_NAMES))}
    | {"key": _TEXTS, "first_seen": _TIMES, "last_seen": _TIMES, "pageviews": _COUNTS}
)
_COMPANIES = st.fixed_dictionaries(
    {name: st.none() | _NUMBERS for name in ("employee_count", "revenue_min", "revenue_max")}
    | {"key": _TEXTS, "name": st.none() | _TEXTS}
)


@given(_ODD)
@example('x;"=1+1;y')
@example('\t"@SUM(1)')
@example('a;""""-1\r\n"=2')
@example('x; "=1')
def test_however_a_program_splits_a_cell_none_begins_with_a_formula(text: str) -> None:
    for write in (safe_text, bare_text):
        line = io.StringIO()
        csv.writer(line).writerow(["first", write(text), "last"])
        for separator in ";\t":
            rows = csv.reader(io.StringIO(line.getvalue(), newline=""), delimiter=separator)
            cells = [cell for row in rows for cell in row]
            assert [cell for cell in cells if cell[:1] in {*"=+-@\uff1d\uff0b\uff0d\uff20"}] == []


@pytest.fixture
def both(sqlite_url: str, postgres_url: str) -> Iterator[Sequence[Database]]:
    """An empty database of each kind."""
    databases = [Database(sqlite_url), Database(postgres_url)]
    yield databases
    for database in databases:
        database.close()


def _lead(**known: Any) -> Row:
    needed = dict.fromkeys(("stage", "stages", "sessions", "pageviews"), 1)
    times = dict.fromkeys(("first_seen", "last_seen", "heard_at"), 0)
    return {**needed, **times, "last_sid": "s", "sort_name": "", "search": "", **known}


def _company(**known: Any) -> Row:
    return {"is_full": True, "rank": "", "enriched_at": 0, "search": "", "profile": "{}", **known}


def _texts(database: Database, leads: Sequence[Row], companies: Sequence[Row]) -> list[str]:
    """Exports of a database that has just these rows, for as long as it takes to read them."""
    with database.engine.connect() as db:
        db.execute(insert(LEAD), [_lead(**row) for row in leads])
        db.execute(insert(COMPANY), [_company(**row) for row in companies])
        alone = [column for column in EXPORTS["leads"].columns if column.name == "city"]
        asked = (("leads", None), ("companies", None), ("leads", alone))
        return ["".join(stream(db, name, question(), columns)) for name, columns in asked]


def _numbers(*values: float) -> list[Row]:
    return [
        {"key": str(place), "employee_count": value, "revenue_min": -value, "revenue_max": None}
        for place, value in enumerate(values)
    ]


@examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    leads=st.lists(_LEADS, min_size=1, max_size=4, unique_by=lambda row: row["key"]),
    companies=st.lists(_COMPANIES, min_size=1, max_size=4, unique_by=lambda row: row["key"]),
)
@example(
    leads=[{"key": "a", "first_seen": 1_739_571_906_432, "last_seen": LAST_MS}],
    companies=_numbers(0.0, 0.1, 1e-4, 1e-5, 5e-324, 999999999999999.9, 1e15, 1000000000000000.1),
)
@example(
    leads=[{"key": '\\.,"\r\n', "full_name": "", "phone": "+351913168884\n"}],
    companies=_numbers(1200000000000000.2, 2.0**53, 9e18, 2.0**63, 1e23, 1.7976931348623157e308),
)
def test_both_databases_write_the_same_text_whatever_the_values(
    both: Sequence[Database], leads: list[Row], companies: list[Row]
) -> None:
    lite, postgres = (_texts(database, leads, companies) for database in both)
    assert postgres == lite


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[_TEXTS] * width))))
def test_records_are_those_of_pythons_own_writer(rows: list[tuple[str, ...]]) -> None:
    right = io.StringIO()
    csv.writer(right, lineterminator="\r\n").writerows(rows)
    assert records(list(zip(*rows, strict=True))) == right.getvalue()
