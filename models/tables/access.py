"""Tables about access: the audit log, and other servers' tokens."""

from typing import Any, cast

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.tables.column_types import SERIAL, TEXT, table

SCOPES = ("visitor", "leads", "export", "audit")
"""What a token may give access to: one visitor's lead by `vid`, a lead by its key, exports of
everything derived, the audit log."""

_TEXT = cast("Any", TEXT)  # SQLModel's types only know classes


class Audit(SQLModel, table=True):
    """An entry: `who` began `what` at `at` (Unix ms); `filters` as in a page's address.

    `who` is an email address of the login, `local`, `token:NAME`, `shell:USER`,
    `receiver`, `sender` or `rule:NAME`.
    """

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    at: int = Field(sa_type=BigInteger)
    who: str = Field(sa_type=_TEXT)
    what: str = Field(sa_type=_TEXT)
    filters: str = Field(sa_type=_TEXT)


class AuditRows(SQLModel, table=True):
    """How many rows an entry came to; missing while it runs, or if its process was killed."""

    __tablename__ = "audit_rows"

    entry: int = Field(
        primary_key=True,
        sa_type=cast("Any", SERIAL),
        foreign_key="audit.id",
        sa_column_kwargs={"autoincrement": False},
    )
    rows: int = Field(sa_type=BigInteger)


AUDIT = table(Audit)

AUDIT_ROWS = table(AuditRows)


class Token(SQLModel, table=True):
    """Another server's access. `last_used` is a day (ISO, UTC); None: never yet.

    `scopes`: some of `SCOPES`, comma-separated; None for one made before scopes existed, which
    opens everything.
    """

    name: str = Field(primary_key=True, sa_type=_TEXT)
    hash: str = Field(unique=True, sa_type=_TEXT)
    created_at: int = Field(sa_type=BigInteger)
    last_used: str | None = Field(default=None, sa_type=_TEXT)
    scopes: str | None = Field(default=None, sa_type=_TEXT)

    @property
    def opens(self) -> tuple[str, ...]:
        """The scopes that it has, in the order of `SCOPES`."""
        if self.scopes is None:
            return SCOPES
        return tuple(scope for scope in SCOPES if scope in self.scopes.split(","))


TOKEN = table(Token)
