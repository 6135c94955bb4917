"""Segments and lists: not in the ledger, derived from nothing, untouched by a replay."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.tables.column_types import ms_field, table, text_field


class Segment(SQLModel, table=True):
    """Filters saved under a name: `query` as in a page's address.

    `owner`: a name as in the audit log; None for a shared one. `locked`: only people who may manage
    segments can change it. `saved_at`: Unix ms.
    """

    name: str = text_field(primary_key=True)
    title: str = text_field(nullable=False)
    query: str = text_field(nullable=False)
    owner: str | None = text_field()
    locked: bool = False
    saved_at: int = ms_field(nullable=False)


class KeptList(SQLModel, table=True):
    """A list of companies and people named in a file.

    `quiet`: its people stay out of Live and of messages unless asked for. `imported_at`: Unix ms.
    """

    __tablename__ = "list"

    name: str = text_field(primary_key=True)
    quiet: bool = False
    imported_at: int = ms_field(nullable=False)


class ListEntry(SQLModel, table=True):
    """One row of a list: a domain, an email address or a LinkedIn profile, each in the spelling of
    its key, so that it matches `lead_identifier`. `date`: Unix ms.
    """

    __tablename__ = "list_entry"
    __table_args__ = (
        Index("ix_list_entry_value", "value", "list"),
        {"sqlite_with_rowid": False},
    )

    list: str = text_field(primary_key=True)
    value: str = text_field(primary_key=True)
    date: int | None = ms_field()
    owner: str | None = text_field()
    label: str | None = text_field()


SEGMENT = table(Segment)
LIST = table(KeptList)
LIST_ENTRY = table(ListEntry)
