"""What people say of leads, and what exports gave: not derived, so `replay` keeps it.

Each names a human as a `Mention`: the lead's key and visits of that moment, by which it follows
them (`models.sayings.mentions`).
"""

from typing import Any, cast

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import SERIAL, ms_field, table, text_field


def _id_field(**options: Any) -> Any:
    return Field(sa_type=cast("Any", SERIAL), sa_column_kwargs={"autoincrement": False}, **options)


class Mention(SQLModel, table=True):
    """A lead as it was when somebody spoke of it: `key` is the one that it had. Never changes."""

    # SQLite would else give the number of one that was forgotten to the next one.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    key: str = text_field(nullable=False, index=True)


class MentionVisit(SQLModel, table=True):
    """A visit that the lead had then; of many the newest."""

    __tablename__ = "mention_visit"
    __table_args__ = (Index("ix_mention_visit_sid", "sid"), {"sqlite_with_rowid": False})

    mention: int = _id_field(primary_key=True, foreign_key="mention.id")
    sid: str = text_field(primary_key=True)


class MentionLead(SQLModel, table=True):
    """Whom a mention is of now; derived. None where neither key nor visits are any lead's."""

    __tablename__ = "mention_lead"
    __table_args__ = (Index("ix_mention_lead_lead", "lead", "mention"),)

    mention: int = _id_field(primary_key=True)
    lead: str = text_field(nullable=False)


class Statement(SQLModel, table=True):
    """What `who` said at `at` (Unix ms): `kind` is `owner`, `status` or `note`, `value` the
    address, the word or the text; no owner gives a lead back. The greater `id` is the later.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    mention: int = Field(sa_type=cast("Any", SERIAL), foreign_key="mention.id", index=True)
    at: int = Field(sa_type=BigInteger)
    who: str = text_field(nullable=False)
    kind: str = text_field(nullable=False)
    value: str | None = text_field()


class Given(SQLModel, table=True):
    """A row that an export gave: `name` is the memory that it is of, `item` what the row is about,
    `row` a digest of what it said. Of a lead `mention` follows the human, and `item` is its number.
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
