"""What people say about leads, and what exports contained: not derived, so `replay` keeps it.

Each names a human as a `Mention`: the lead's key and visits of that moment, by which it follows
them (`models.annotations.mentions`).
"""

from typing import Any, cast

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.tables.column_types import SERIAL, ms_field, table, text_field


def _id_field(**options: Any) -> Any:
    return Field(sa_type=cast("Any", SERIAL), sa_column_kwargs={"autoincrement": False}, **options)


class Mention(SQLModel, table=True):
    """A lead as it was when somebody said something about it: `key` is the one it had. Never
    changes."""

    # Otherwise SQLite would reuse the number of a forgotten one for the next.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    key: str = text_field(nullable=False, index=True)


class MentionVisit(SQLModel, table=True):
    """A visit that the lead had then; the newest if there are many."""

    __tablename__ = "mention_visit"
    __table_args__ = (Index("ix_mention_visit_sid", "sid"), {"sqlite_with_rowid": False})

    mention: int = _id_field(primary_key=True, foreign_key="mention.id")
    sid: str = text_field(primary_key=True)


class MentionLead(SQLModel, table=True):
    """To whom a mention belongs now; derived. None if neither key nor visits belong to a lead."""

    __tablename__ = "mention_lead"
    __table_args__ = (Index("ix_mention_lead_lead", "lead", "mention"),)

    mention: int = _id_field(primary_key=True)
    lead: str = text_field(nullable=False)


class Statement(SQLModel, table=True):
    """What `who` said at `at` (Unix ms): `kind` is `owner`, `status` or `note`, `value` the
    address, the word or the text; an empty owner releases a lead. The greater `id` is the later
    one.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    mention: int = Field(sa_type=cast("Any", SERIAL), foreign_key="mention.id", index=True)
    at: int = Field(sa_type=BigInteger)
    who: str = text_field(nullable=False)
    kind: str = text_field(nullable=False)
    value: str | None = text_field()


class Given(SQLModel, table=True):
    """An exported row: `name` is its memory, `item` what the row is about, `row` a digest of its
    content. For a lead, `mention` follows the human, and `item` is its number.
    """

    __table_args__ = (Index("ix_given_mention", "mention"), Index("ix_given_item", "item"))

    name: str = text_field(primary_key=True)
    item: str = text_field(primary_key=True)
    mention: int | None = Field(default=None, sa_type=cast("Any", SERIAL), foreign_key="mention.id")
    row: str = text_field(nullable=False)
    at: int = ms_field(nullable=False)


MENTION = table(Mention)
MENTION_VISIT = table(MentionVisit)
MENTION_LEAD = table(MentionLead)
STATEMENT = table(Statement)
GIVEN = table(Given)
