"""What people said that names somebody who is kept out: about people of whom no data is left, or in
notes."""

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select, update

from models.annotations.forgotten import forget_mentions
from models.annotations.statements import NOTE
from models.facts.keys import LINKEDIN_PREFIX
from models.kept_out.names import Names, address_name, url_name, visitor_name
from models.kept_out.unreadable import names_anywhere
from models.segments.people_named import FORGOTTEN
from models.tables import MENTION, MENTION_LEAD, STATEMENT

_CHUNK = 1_000
_SPACE = re.compile(r"(\s+)")


def erase_barred_said(db: Connection, names: Names) -> None:
    """Delete what was said about barred names of whom nothing else is left, and remove barred
    addresses and profiles from notes on others.
    """
    is_nobodys = MENTION.c.id.not_in(select(MENTION_LEAD.c.mention))
    keys = db.execute(select(MENTION.c.key).where(is_nobodys).distinct()).scalars().all()
    for some in _parts(keys):
        named = {name_of(key): key for key in some}
        forget_mentions(db, (), (), [named[name] for name in names.bars(db, named.keys())])
    _clean_notes(db, names)


def name_of(key: str) -> str:
    """The name for a lead's key."""
    if key.startswith(LINKEDIN_PREFIX):
        return url_name(key)
    vid = key.removeprefix("vid:")
    return address_name(key) if "@" in key and vid == key else visitor_name(vid)


def _clean_notes(db: Connection, names: Names) -> None:
    may_name = STATEMENT.c.value.contains("@") | STATEMENT.c.value.icontains("linkedin")
    query = select(*STATEMENT.c["id", "value"]).where(STATEMENT.c.kind == NOTE, may_name)
    for one, text in db.execute(query).all():
        words = _SPACE.split(text)
        said = [names_anywhere(word.encode()) for word in words]
        barred = names.bars(db, set().union(*said))
        if barred:
            clean = [
                FORGOTTEN if its & barred.keys() else word
                for word, its in zip(words, said, strict=True)
            ]
            db.execute(update(STATEMENT).where(STATEMENT.c.id == one).values(value="".join(clean)))


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
