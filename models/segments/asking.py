"""Filters that name segments or lists, turned into a question that the database can answer."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from models.facts.search import fold
from models.filters.finding import with_few
from models.filters.names import ME
from models.filters.query import Condition, Filters, Question
from models.filters.times import FilterError, When
from models.tables import LIST, SEGMENT


def asked(db: Connection, filters: Filters, when: When, *, who: str | None = None) -> Question:
    """What filters mean at a moment: the segments they name are looked up, and `me` is whoever is
    asking, or the owner of the personal segment.

    Raises `FilterError` for an unknown segment or list, and for `me` without a login.
    """
    return with_few(db, spelled_out(kept(db), filters, when, who=who))


LOOKED_UP = ("segment", "list", "owner")
"""Filters that can't be understood without knowing what is saved, or who is asking."""


def without_kept(filters: Filters, when: When) -> Question:
    """What filters mean without these: enough to check the others."""
    return Question(filters.without(*LOOKED_UP), when)


Kept = tuple[dict[str, tuple[str, str, str | None]], dict[str, str]]
"""Segments, each with its name, query and owner, and the names of lists, by folded name."""


def kept(db: Connection) -> Kept:
    """All segments and lists. There are few of them, and each is short."""
    segments = {
        fold(name): (name, query, owner)
        for name, query, owner in db.execute(select(*SEGMENT.c["name", "query", "owner"]))
    }
    return segments, {fold(name): name for (name,) in db.execute(select(LIST.c.name))}


def spelled_out(known: Kept, filters: Filters, when: When, *, who: str | None = None) -> Question:
    """Like `asked`, with segments and lists that have already been read."""
    found: dict[str, Filters] = {}
    plain = _spelled(known, filters, who, found, ())
    segments = tuple(sorted(found.items(), key=lambda one: one[0]))
    return Question(plain, when, segments)


def _spelled(
    known: Kept,
    filters: Filters,
    who: str | None,
    found: dict[str, Filters],
    above: tuple[str, ...],
) -> Filters:
    """Filters with the saved spelling of each name; the segments they name are added to `found`."""
    segments, lists = known

    def named(one: Condition) -> Iterator[str]:
        for value in one.values:
            kept_as = lists.get(fold(value))
            if one.name == "segment":
                name, query, owner = segments.get(fold(value), ("", "", None))
                kept_as = name or None
                if name in above:
                    raise FilterError(f"the segment {name} is part of itself")
                if kept_as and name not in found:
                    asker = who if owner is None else owner
                    found[name] = Filters()  # its place, while it is looked at
                    its = Filters.from_text(query)
                    found[name] = _spelled(known, its, asker, found, (*above, name))
            if kept_as is None:
                raise FilterError(f"there is no {one.name} named {value[:60]}")
            yield kept_as

    conditions = []
    for one in filters:
        values = one.values
        if one.name in {"segment", "list"}:
            values = tuple(sorted(set(named(one))))
        elif one.name == "owner" and ME in values:
            values = tuple(sorted(_address(who) if value == ME else value for value in values))
        conditions.append(replace(one, values=values))
    return Filters(tuple(conditions))


def _address(who: str | None) -> str:
    if not has_login(who):
        raise FilterError("owner=me needs a login: without one, nobody can tell who that is")
    return str(who)


def has_login(who: str | None) -> bool:
    """Whether somebody, as the audit log names them, signed in with an address."""
    return who is not None and "@" in who and ":" not in who
