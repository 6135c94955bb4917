"""Deliveries that may be what the projector dies of.

A process that is killed can't say why. So after two deaths in a row the projector derives one by
one, and notes each delivery before it begins. One that two processes died of, each with nothing
else at hand, is set aside: what killed once may have been a machine short of memory. Whoever is
noted here is derived alone from then on, until it succeeded.

The note is a commit of its own, before the transaction that derives: a death undoes only that.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

from models.storage.database import Database
from models.storage.rows import among, delete, many
from models.tables import SUSPECT

DEADLY = 2
"""Deaths alone after which a delivery is set aside. Nobody reads its body then, replay neither."""

REASON = "the projector was killed twice while deriving only this delivery"


def note(database: Database, seq: int) -> None:
    """Count a death of this delivery, before it is tried alone: who survives takes it back."""
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
    """Those of these that are set aside are tried again, alone, as if for the first time."""
    if seqs:
        sql = f"UPDATE suspect SET deaths = 0 WHERE {among(db, 'seq', 'bigint')}"
        db.exec_driver_sql(sql, (many(db, seqs),))
