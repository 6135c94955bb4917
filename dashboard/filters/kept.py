"""A page's filters that name what people keep: segments, lists, `me`."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.data.reading import reading
from dashboard.data.settings import now
from dashboard.data.source import source
from dashboard.filters.from_url import Given, name_of
from models.facts.search import fold
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When
from models.segments.asking import LOOKED_UP, Kept, kept, spelled_out
from models.segments.segments import segments
from models.storage.transient import is_lost

NOTHING_KEPT: Kept = ({}, {})


def kept_for(given: Mapping[str, object]) -> Kept:
    """The segments and lists, if a page's filters name any; otherwise nothing is read."""
    if not any(name_of(parameter) in LOOKED_UP for parameter in given):
        return NOTHING_KEPT
    with reading() as db:
        return kept(db)


def titles() -> list[tuple[str, str]]:
    """Names and titles of the segments that whoever is looking sees, in the order of the side bar;
    a title that two of them have has its name behind it. None while the database is away.
    """
    try:
        with source().read() as db:
            shown = segments(db, here().who)
    except SQLAlchemyError as error:  # the page says so itself
        if not is_lost(error):
            raise
        return []
    has = Counter(fold(one.title) for one in shown)
    return [
        (one.name, one.title if has[fold(one.title)] == 1 else f"{one.title} ({one.name})")
        for one in shown
    ]


def question(known: Kept, filters: Filters, when: When | None = None) -> Question:
    """What filters mean at a moment (default: now), for whoever is looking. Raises `FilterError` as
    `asked` does.
    """
    return spelled_out(known, filters, when or now(), who=here().who)


def only_known(given: Given, known: Kept, refused: list[str]) -> Given:
    """The filters whose segments and lists exist; a note on each that does not."""
    usable: Given = {}
    for parameter, values in given.items():
        if name_of(parameter) in LOOKED_UP:
            try:
                question(known, Filters.parse({parameter: values}))
            except FilterError as error:
                refused.append(str(error))
                continue
        usable[parameter] = values
    return usable
