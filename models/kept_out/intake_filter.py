"""What is known to belong to somebody who is kept out is dropped before the ledger."""

import re
import time
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from models.kept_out.erasing import count_withheld
from models.kept_out.names import KeyFileError, Names, names_of, session_name
from models.ledger.deliveries import Delivery
from models.projection.interpreting import interpret

_LOOK_S = 1.0
"""How often to check whether the list is empty; what slips through, the projector sees."""

_SID = re.compile(rb'"(?:sid|sessionId)"\s*:\s*"([^"\\]{1,255})"')


class IntakeFilter:
    """Intake's check against the list: drops what belongs to a visit of somebody who is kept out.

    Only events that bring no new name are dropped, by their session's id, which is cheap to find.
    The first event of a new visit goes into the ledger; the projector recognises it, learns its
    names and erases it.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._needed = False
        self._looked = float("-inf")

    def __call__(self, db: Connection, deliveries: Sequence[Delivery]) -> set[str]:
        """The `webhook-id`s of those to drop; counts them."""
        if not self._is_needed(db):
            return set()
        sids = {d.webhook_id: _sids(d.body) for d in deliveries}
        asked = {session_name(sid) for its in sids.values() for sid in its}
        barred = self._names.bars(db, asked)
        theirs = [
            d for d in deliveries if any(session_name(sid) in barred for sid in sids[d.webhook_id])
        ]
        dropped: dict[str, str] = {}
        for fact in interpret(theirs).facts if theirs else ():
            said = names_of(fact)
            bars = self._names.bars(db, said)
            if len(bars) == len(said):
                dropped[fact.webhook_id] = bars[session_name(fact.sid)].reason
        counts = Counter(dropped[d.webhook_id] for d in theirs if d.webhook_id in dropped)
        count_withheld(db, {reason: (number, 0) for reason, number in counts.items()})
        return set(dropped)

    def _is_needed(self, db: Connection) -> bool:
        """Whether anybody is kept out at all."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_S:
            self._looked = now
            try:
                self._needed = self._names.any(db)
            except KeyFileError:  # then the projector derives nothing, and says so
                self._needed = False
        return self._needed


def _sids(body: bytes) -> set[str]:
    return {found.decode("utf-8", "replace") for found in _SID.findall(body)}
