"""How columns are made, the same for every table."""

from typing import Any, cast

from sqlalchemy import BigInteger, Index, Integer, Table, Text
from sqlmodel import Field, SQLModel

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def text_field(**options: Any) -> Any:
    """A column of text; nullable by default."""
    return Field(default=None, sa_type=cast("Any", TEXT), **options)


def ms_field(**options: Any) -> Any:
    """A column of a time in Unix ms, or of another large number."""
    return Field(default=None, sa_type=BigInteger, **options)


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for queries."""
    return cast("Table", cast("Any", model).__table__)


def sqlite_index(name: str, *columns: str) -> Index:
    """An index that Postgres does not get; `info` says so to who compares both with the models."""
    return _index_of("sqlite", name, *columns)


def postgres_index(name: str, *columns: str) -> Index:
    """An index that SQLite does not get."""
    return _index_of("postgresql", name, *columns)


def _index_of(dialect: str, name: str, *columns: str) -> Index:
    return Index(name, *columns, info={"dialect": dialect}).ddl_if(dialect=dialect)
