"""Rows in and out by the hundred: the raw-driver path of intake and projection, in one place.

SQLAlchemy's own executemany costs several times as much a row. Each statement has one text a
table, so that both drivers keep it prepared: Postgres takes lists as arrays (`unnest`, `ANY`),
SQLite takes them as one JSON list or by its fast `executemany`.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

Row = dict[str, Any]

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


def _is_postgres(db: Connection) -> bool:
    return db.dialect.name == "postgresql"


def many(db: Connection, values: Collection[Any]) -> Any:
    """A list as the one parameter of `ANY(…)` on Postgres or `json_each(…)` on SQLite."""
    return list(values) if _is_postgres(db) else json.dumps(list(values), ensure_ascii=False)


def among(db: Connection, column: str, kind: str = "text") -> str:
    """The condition that a column's value is in a list given as one parameter by `many`."""
    if _is_postgres(db):
        return f"{column} = ANY(%s::{kind}[])"
    return f"{column} IN (SELECT value FROM json_each(?))"


def fetch(db: Connection, sql: str, *parameters: Any) -> Sequence[Any]:
    """All rows of a query in the driver's own words; `among` writes its conditions."""
    return db.exec_driver_sql(sql, parameters).fetchall()


@lru_cache(maxsize=256)
def _select(table: Table, columns: tuple[str, ...], condition: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'SELECT {names} FROM "{table.name}" WHERE {condition}'


def load(
    db: Connection,
    table: Table,
    column: str,
    values: Collection[str],
    columns: Iterable[str] | None = None,
) -> list[Row]:
    """Rows of a table whose column is among the values, as dicts (all columns unless named)."""
    if not values:
        return []
    names = tuple(columns) if columns else tuple(table.columns.keys())
    sql = _select(table, names, among(db, f'"{column}"'))
    return [dict(zip(names, row, strict=True)) for row in fetch(db, sql, many(db, values))]


@lru_cache(maxsize=64)
def _upsert(table: Table, *, is_postgres: bool) -> str:
    columns = list(table.columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    changed = ", ".join(
        f'"{column.name}" = excluded."{column.name}"'
        for column in columns
        if not column.primary_key
    )
    action = f"UPDATE SET {changed}" if changed else "NOTHING"
    if is_postgres:
        arrays = ", ".join(f"%s::{_array(column)}" for column in columns)
        source = f"SELECT * FROM unnest({arrays})"
    else:
        source = f"VALUES ({', '.join('?' * len(columns))})"
    return f'INSERT INTO "{table.name}" ({names}) {source} ON CONFLICT ({keys}) DO {action}'


def _array(column: Any) -> str:
    kind = column.type.compile(dialect=_POSTGRES)
    return f"{kind.partition(' ')[0].lower()}[]"


def upsert(db: Connection, table: Table, rows: Collection[Row]) -> None:
    """Insert whole rows, replacing those with the same primary key.

    At most one row a key: on Postgres one statement can't change a row twice.
    """
    if not rows:
        return
    is_postgres = _is_postgres(db)
    sql = _upsert(table, is_postgres=is_postgres)
    names = table.columns.keys()
    pick = itemgetter(*names)
    tuples = [pick(row) for row in rows]
    if is_postgres:
        arrays = tuple(list(column) for column in zip(*tuples, strict=True))
        db.exec_driver_sql(sql, arrays)
    else:
        db.exec_driver_sql(sql, tuples)


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
