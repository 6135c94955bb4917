"""Deliveries that may be killing the projector.

A process that is killed can't say why. So after two deaths in a row, the projector derives one by
one, and notes each delivery before it begins. One that killed two processes, each of which was
deriving nothing else, is set aside: a single death may have been a machine short of memory. A
delivery noted here is derived alone from then on, until it succeeds.

The note is a commit of its own, before the transaction that derives: a death undoes only the
latter.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

from models.storage.database import Database
from models.storage.rows import among, delete, many
from models.tables import SUSPECT

DEADLY = 2
"""Deaths while alone after which a delivery is set aside. Then nothing reads its body, not even
replay."""

REASON = "the projector was killed twice while deriving only this delivery"


def note(database: Database, seq: int) -> None:
    """Count a death for this delivery, before it is tried alone; whoever survives takes it back."""
    sql = (
        "INSERT INTO suspect (seq, deaths) VALUES (:seq, 1)"
        " ON CONFLICT (seq) DO UPDATE SET deaths = suspect.deaths + 1"
    )
    with database.write() as db:
        db.execute(text(sql), {"seq": seq})


def clear(db: Connection, seqs: Collection[int]) -> None:
    """These have been derived, or are gone."""
    delete(db, SUSPECT, "seq", seqs, kind="bigint")


def give_another_try(db: Connection, seqs: Collection[int]) -> None:
    """Let those of these that are set aside be tried again, alone, as if for the first time."""
    if seqs:
        sql = f"UPDATE suspect SET deaths = 0 WHERE {among(db, 'seq', 'bigint')}"
        db.exec_driver_sql(sql, (many(db, seqs),))
