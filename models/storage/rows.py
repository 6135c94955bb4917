"""Rows in and out by the hundred: the raw-driver path of intake, projection and exports.

SQLAlchemy's own executemany costs several times as much a row. Each statement has one text a
table, to be put together and, on SQLite, prepared once: Postgres takes rows as one JSON parameter
and lists of keys as an array, SQLite takes rows by its fast `executemany` and lists as one JSON
parameter.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, TableValuedAlias, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Row = dict[str, Any]

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def _is_postgres(db: Connection) -> bool:
    return db.dialect.name == "postgresql"


def placeholder(db: Connection) -> str:
    """How a driver marks a parameter of `execute_many`."""
    return "%s" if _is_postgres(db) else "?"


def many(db: Connection, values: Collection[Any]) -> Any:
    """A list as the one parameter of `ANY(…)` on Postgres or `json_each(…)` on SQLite."""
    return list(values) if _is_postgres(db) else json.dumps(list(values), ensure_ascii=False)


def among(db: Connection, column: str, kind: str = "text") -> str:
    """The condition that a column's value is in a list given as one parameter by `many`."""
    if _is_postgres(db):
        return f"{column} = ANY(%s::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each(?))"


class _Items(FunctionElement[Any]):
    """The items of a JSON array, given as text: rows of one column, `value`."""

    name = "items"
    inherit_cache = True


@compiles(_Items)
def _items(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **how)} AS JSON))"


@compiles(_Items, "sqlite")
def _items_of_sqlite(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


def items_of(text: str, name: str) -> TableValuedAlias:
    """The items of a JSON array, however many, as rows of one column, `value`."""
    return _Items(literal(text)).table_valued("value", name=name)


def differs_from(db: Connection) -> str:
    """The operator that says whether two values differ, null being a value."""
    return "IS DISTINCT FROM" if _is_postgres(db) else "IS NOT"


def unlogged(db: Connection) -> str:
    """What stands between `CREATE` and `TABLE` where nobody needs the rows after a crash."""
    return "UNLOGGED" if _is_postgres(db) else ""


def fetch(db: Connection, sql: str, *parameters: Any) -> Sequence[Any]:
    """All rows of a query in the driver's own words, as tuples; `among` writes its conditions."""
    driver: Any = db.dialect.dbapi
    with closing(db.exec_driver_sql(sql, parameters)) as result:
        try:
            # SQLAlchemy would make a row of its own of each, which takes as long as to read it.
            rows: Sequence[Any] = result.cursor.fetchall()
        except driver.Error as error:
            raise DBAPIError.instance(
                sql, None, error, driver.Error, hide_parameters=True
            ) from error
    return rows


def fetch_bytes(db: Connection, sql: str, *parameters: Any) -> Sequence[Any]:
    """Like `fetch`, for rows of many bytes; `{0}` stands for each parameter in `sql`.

    Postgres would send bytes as text, twice as long, unless it is asked not to.
    """
    if not _is_postgres(db):
        return fetch(db, sql.format("?"), *parameters)
    with closing(db.connection.cursor(binary=True)) as cursor:
        cursor.execute(sql.format("%s"), parameters)
        return cursor.fetchall()


_STREAMED = {"stream_results": True, "yield_per": 2_000}


def stream(db: Connection, sql: str, *parameters: Any) -> Iterator[Any]:
    """Rows of a query one by one, however many; `{0}` stands for each parameter in `sql`."""
    marked = sql.format(placeholder(db))
    yield from db.exec_driver_sql(marked, parameters, execution_options=_STREAMED)


def copy_out(db: Connection, rows: Select[Any]) -> Iterator[str]:
    """Postgres: the rows of a query as lines of CSV, with CRLF, which the server writes.

    Whoever stops before the last one breaks the transaction off. Raises SQLAlchemy's errors.
    """
    # A list of values becomes as many parameters as it has.
    query = rows.compile(dialect=db.dialect).construct_expanded_state()
    copy = f"COPY ({query.statement}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
    driver: Any = db.dialect.dbapi
    try:
        with (
            closing(db.connection.cursor()) as cursor,
            cursor.copy(copy, query.parameters) as lines,
        ):
            for line in lines:  # each ends with LF
                yield str(line[:-1], "utf-8") + "\r\n"
    except driver.Error as error:
        raise DBAPIError.instance(copy, None, error, driver.Error, hide_parameters=True) from error


@lru_cache(maxsize=256)
def _select(table: Table, columns: tuple[str, ...], condition: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'SELECT {names} FROM "{table.name}" WHERE {condition}'


def load(
    db: Connection,
    table: Table,
    column: str,
    values: Collection[Any],
    columns: Iterable[str] | None = None,
    *,
    kind: str = "text",
) -> list[Row]:
    """Rows of a table whose column is among the values, as dicts (all columns unless named)."""
    if not values:
        return []
    names = tuple(columns) if columns else tuple(table.columns.keys())
    sql = _select(table, names, among(db, f'"{column}"', kind))
    return [dict(zip(names, row, strict=True)) for row in fetch(db, sql, many(db, values))]


def load_pairs(
    db: Connection, table: Table, columns: tuple[str, str], pairs: Collection[tuple[str, str]]
) -> list[Row]:
    """Rows of a table where two columns of text have the values of one of these pairs: a probe of
    the index of both for each.
    """
    if not pairs:
        return []
    names = tuple(table.columns.keys())
    given, source = _pairs(db, pairs)
    one, other = columns
    listed = ", ".join(f't."{name}"' for name in names)
    sql = (
        f"SELECT {listed} FROM {source}"
        f' {"JOIN" if _is_postgres(db) else "CROSS JOIN"} "{table.name}" t'
        f' ON t."{one}" = l.one AND t."{other}" = l.other'
    )
    return [dict(zip(names, row, strict=True)) for row in fetch(db, sql, *given)]


def _pairs(db: Connection, pairs: Collection[tuple[str, str]]) -> tuple[tuple[Any, ...], str]:
    if _is_postgres(db):
        ones, others = ([pair[place] for pair in pairs] for place in (0, 1))
        return (ones, others), "unnest(%s::text[], %s::text[]) AS l(one, other)"
    source = (
        "(SELECT json_extract(value, '$[0]') AS one, json_extract(value, '$[1]') AS other"
        " FROM json_each(?)) AS l"
    )
    return (many(db, pairs),), source


def each(db: Connection) -> str:
    """The source of rows `name`, under the name `l`, that one parameter by `many` makes."""
    if _is_postgres(db):
        return "unnest(%s::text[]) AS l(name)"
    return "(SELECT value AS name FROM json_each(?)) AS l"


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...], conflict: str, *, is_postgres: bool) -> str:
    chosen = [table.columns[name] for name in columns]
    names = ", ".join(f'"{column.name}"' for column in chosen)
    if is_postgres:
        typed = ", ".join(f'"{column.name}" {_kind(column)}' for column in chosen)
        source = f"SELECT * FROM json_to_recordset(%s::json) AS r({typed})"
    else:
        source = f"VALUES ({', '.join('?' * len(chosen))})"
    return f'INSERT INTO "{table.name}" ({names}) {source} ON CONFLICT {conflict}'


@lru_cache(maxsize=64)
def _replacing(table: Table) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    changed = ", ".join(
        f'"{column.name}" = excluded."{column.name}"'
        for column in table.columns
        if not column.primary_key
    )
    return f"({keys}) DO {f'UPDATE SET {changed}' if changed else 'NOTHING'}"


def _kind(column: Any) -> str:
    return str(column.type.compile(dialect=_POSTGRES)).partition(" COLLATE")[0].lower()


def upsert(db: Connection, table: Table, rows: Collection[Row]) -> None:
    """Insert whole rows, replacing those with the same primary key.

    At most one row a key: on Postgres one statement can't change a row twice.
    """
    insert(db, table, rows, _replacing(table))


@lru_cache(maxsize=64)
def _change(table: Table, columns: tuple[str, ...], also: str, *, is_postgres: bool) -> str:
    (key,) = table.primary_key
    changed = [table.columns[name] for name in columns if name != key.name]
    if is_postgres:
        typed = ", ".join(f'"{column.name}" {_kind(column)}' for column in (key, *changed))
        source = f" FROM json_to_recordset(%s::json) AS r({typed})"
        where = f'"{table.name}"."{key.name}" = r."{key.name}"'
        sets = [f'"{column.name}" = r."{column.name}"' for column in changed]
    else:
        source, where = "", f'"{key.name}" = :{key.name}'
        sets = [f'"{column.name}" = :{column.name}' for column in changed]
    return f'UPDATE "{table.name}" SET {", ".join([*sets, also])}{source} WHERE {where}'


def change(db: Connection, table: Table, rows: Sequence[Row], also: str) -> None:
    """Change rows that are there, each named by its key among what it is given; `also` is set in
    all of them. All have the same columns.
    """
    if not rows:
        return
    is_postgres = _is_postgres(db)
    sql = _change(table, tuple(rows[0]), also, is_postgres=is_postgres)
    if is_postgres:
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        db.exec_driver_sql(sql, (text,))
    else:
        db.exec_driver_sql(sql, list(rows))


def insert(
    db: Connection,
    table: Table,
    rows: Collection[Row],
    conflict: str = "DO NOTHING",
    columns: Iterable[str] | None = None,
) -> None:
    """Insert rows, whole ones unless columns are named; `conflict` is what happens to one that is
    there already: what stands after `ON CONFLICT`.
    """
    if not rows:
        return
    is_postgres = _is_postgres(db)
    names = tuple(columns or table.columns.keys())
    sql = _insert(table, names, conflict, is_postgres=is_postgres)
    if is_postgres:
        # Arrays are written by psycopg in Python, item by item; JSON is written in C.
        text = json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"))
        db.exec_driver_sql(sql, (text,))
        return
    pick = itemgetter(*names)
    db.exec_driver_sql(sql, [pick(row) for row in rows])


def delete(
    db: Connection, table: Table, column: str, values: Collection[Any], kind: str = "text"
) -> None:
    """Delete the rows whose column is among the values."""
    if values:
        sql = f'DELETE FROM "{table.name}" WHERE {among(db, column, kind)}'
        db.exec_driver_sql(sql, (many(db, values),))


def execute_many(db: Connection, sql: str, tuples: Sequence[tuple[Any, ...]]) -> None:
    """Run one statement for each tuple, in the driver's own words."""
    if tuples:
        db.exec_driver_sql(sql, list(tuples))
