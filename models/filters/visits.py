"""Filters on a visit, in SQL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)

from models.facts.channels import host_of
from models.facts.paths import HOME, path_of
from models.facts.search import fold
from models.facts.visits import LONGEST_PATH, UTM
from models.filters.comparing import (
    country_is,
    has_part,
    matches,
    or_missing,
    part_is,
    text_is,
    texts,
    word_is,
)
from models.filters.names import NONE
from models.filters.query import Condition, Question
from models.payloads.vocabulary import STAGES
from models.tables import LEAD, SESSION, SESSION_PAGE
from models.tables.visits import LONGEST_RARE, RARE

LIVE_MS = 30 * 60_000
"""Somebody heard from within this time may still be on the site."""

_Is = Callable[[FromClause, Condition, Question], ColumnElement[bool]]


def visit_is(
    visit: FromClause, one: Condition, asked: Question, *, nearby: bool = False
) -> ColumnElement[bool]:
    """Whether a visit has one of the values: for `not`, the caller negates it. `nearby`: to be
    tested row by row, for few rows.
    """
    return (
        _page(visit, one, nearby=nearby) if one.name == "page" else _IS[one.name](visit, one, asked)
    )


def visit_matches(
    visit: FromClause, one: Condition, asked: Question, *, nearby: bool = False
) -> ColumnElement[bool]:
    """Whether a visit meets a condition; for `not`, one without a value does."""
    is_so = visit_is(visit, one, asked, nearby=nearby)
    if one.name in _COLUMNS:
        return matches(is_so, visit.c[_COLUMNS[one.name]], one)
    return ~is_so if one.operator == "not" else is_so


def is_found(one: Condition, asked: Question) -> bool:
    """Whether an index finds the visits that meet a condition, and there are not so many; pages
    are often asked for that every other visit saw.
    """
    if one in asked.few:
        return True
    is_plain = one.operator == "is" and NONE not in one.values
    return is_plain and one.name in {*_FOUND, "live"}


_FOUND = frozenset({"utm_campaign", "referrer_host"})
"""Filters whose values an index finds, and that are seldom of half of all visits."""


def visits_found_by(one: Condition, asked: Question) -> Select[Any] | None:
    """What an index has of the visits that it finds for a condition, a row of each, where it can't
    be told beforehand whether they are few (`filters.finding`); None for any other condition.
    """
    if one.operator != "is" or NONE in one.values:
        return None
    if one.name == "page":
        return select(SESSION_PAGE.c.path).where(_is_below_one(one))
    entries = select(SESSION.c.last_activity)  # which each of these indexes has
    if one.name in _FOUND:
        return entries.where(visit_is(SESSION, one, asked))
    if _COLUMNS.get(one.name) not in RARE or max(map(_longest, one.values)) > LONGEST_RARE:
        return None
    # Other texts than ISO codes are compared in a way that no index has.
    if one.name == "country" and any(len(text) != len("PT") for text in one.values):
        return None
    return entries.where(visit_is(SESSION, one, asked), by_index(SESSION, one))


def _longest(value: str) -> int:
    return max(len(value), len(fold(value)))


def by_index(visit: FromClause, one: Condition) -> ColumnElement[bool]:
    """What has a database use the index that finds the visits of a condition, if that is the
    index of a column: true of each of them.
    """
    column = _COLUMNS.get(one.name)
    if column not in RARE:
        return true()
    # The text of the index's own condition, which a parameter would not be.
    return func.length(visit.c[column]) <= literal_column(str(LONGEST_RARE))


def _text(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return text_is(visit.c[_COLUMNS[one.name]], one)


def _word(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return word_is(visit.c[_COLUMNS[one.name]], one)


def _part(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    address = visit.c[one.name]
    return or_missing(has_part(address, visit.c[f"{one.name}_part"], one), address, one)


def _host(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    # Names of hosts differ by their accents; `https://www.Google.com/` means `google.com`.
    column = visit.c.referrer_host
    if one.operator == "has":
        return part_is(column, one)
    hosts = [host_of(text) or text for text in texts(one)]
    return or_missing(column.in_(hosts), column, one)


def _country(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return country_is(visit.c.country, one)


def _stage(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return visit.c.stage.in_([STAGES[word] for word in one.values])


def _at_least(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return visit.c[_COLUMNS[one.name]] >= int(one.values[0])


def _click(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    names = ("gclid", "fbclid") if "any" in one.values else one.values
    return or_(*(visit.c[name].is_not(None) for name in names))


_VISITOR = LEAD.alias("visitor")


def _visit(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    if len(one.values) > 1:
        return true()
    is_theirs = _VISITOR.c.key == visit.c.lead
    first = select(_VISITOR.c.first_seen).where(is_theirs).scalar_subquery()
    is_first = visit.c.started_at <= first
    return is_first if one.values == ("new",) else ~is_first


def _hot(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return visit.c.hot.in_([value == "yes" for value in one.values])


def _live(visit: FromClause, _one: Condition, asked: Question) -> ColumnElement[bool]:
    return and_(visit.c.heard_at >= asked.when.ms - LIVE_MS, ~visit.c.finalized)


def _page(visit: FromClause, one: Condition, *, nearby: bool) -> ColumnElement[bool]:
    # No column that the index on visits lacks, or SQLite would look each row up.
    its = exists(SESSION_PAGE.c.sid).where(SESSION_PAGE.c.sid == visit.c.sid)
    if one.operator == "has":
        return its.where(has_part(SESSION_PAGE.c.path, SESSION_PAGE.c.part, one))
    is_one = _is_below_one(one)
    saw: ColumnElement[bool] = its.where(is_one)
    if not nearby:
        saw = visit.c.sid.in_(select(SESSION_PAGE.c.sid).where(is_one))
    return or_(~its, saw) if NONE in one.values else saw


def _is_below_one(one: Condition) -> ColumnElement[bool]:
    paths = dict.fromkeys(path_of(text)[:LONGEST_PATH] for text in texts(one))
    # Each range deepens the expression, which SQLite reads to a depth of 1,000: the rest is one.
    ranges = (_below(path) for path in paths if path != HOME)
    return or_(SESSION_PAGE.c.path.in_(paths), *ranges)


def _below(path: str) -> ColumnElement[bool]:
    # In code points, `0` comes right after the slash.
    return and_(SESSION_PAGE.c.path >= f"{path}/", SESSION_PAGE.c.path < f"{path}0")


def _bots(visit: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    match one.values[0]:
        case "hide":
            return ~visit.c.is_bot
        case "only":
            return visit.c.is_bot
        case _:
            return true()


_COLUMNS = {
    **{name: f"folded_{name}" for name in UTM},
    "channel": "channel",
    "country": "country",
    "referrer_host": "referrer_host",
    "referrer": "referrer",
    "landing_page": "landing_page",
    "device": "device",
    "pid": "pid",
    "stage": "stage",
    "min_bot_score": "bot_score",
    "min_pages": "pageviews",
    "min_duration": "duration_seconds",
}
"""Columns of `session` that filters compare; the others have rules of their own."""

_IS: dict[str, _Is] = {
    **dict.fromkeys(UTM, _text),
    **dict.fromkeys(("channel", "device", "pid"), _word),
    **dict.fromkeys(("referrer", "landing_page"), _part),
    **dict.fromkeys(("min_bot_score", "min_pages", "min_duration"), _at_least),
    "country": _country,
    "referrer_host": _host,
    "stage": _stage,
    "click_id": _click,
    "visit": _visit,
    "hot": _hot,
    "live": _live,
    "bots": _bots,
}
