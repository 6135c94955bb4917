"""How much those on Live are worth calling, for whoever wants to see the best first."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from models.scoring.asking import IN_FORCE
from models.scoring.reasons.best import who_ask
from models.tables import LEAD_SCORE, NEVER


class Standing(NamedTuple):
    """How much somebody is worth calling, to compare with others: whether they asked for something
    comes before all, then the letter of the grade (4 for A), then the key of intent.
    """

    asks: bool
    letter: int
    intent_key: float


LOWEST = Standing(asks=False, letter=0, intent_key=NEVER)
"""Of whom nothing is kept."""

_MANY = 500


def standings(db: Connection, keys: Sequence[str], moment: int) -> dict[str, Standing]:
    """How these leads stand at a moment (Unix ms)."""
    found: dict[str, Standing] = {}
    for start in range(0, len(keys), _MANY):
        some = keys[start : start + _MANY]
        its = LEAD_SCORE.c["lead", "letter", "intent_key"]
        query = select(*its).where(LEAD_SCORE.c.version == IN_FORCE, LEAD_SCORE.c.lead.in_(some))
        asking = who_ask(db, some, moment)
        for key, letter, intent_key in db.execute(query):
            found[key] = Standing(key in asking, letter, intent_key)
    return found
