"""Filters on a human and on an employer, in SQL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
    true,
    union_all,
)

from models.facts import search
from models.facts.keys import address_key, domain_key
from models.facts.search import fold
from models.filters.comparing import (
    country_is,
    matches,
    or_missing,
    spelled,
    text_is,
    texts,
    word_is,
)
from models.filters.names import ME, NONE, SENDABLE, STATUSES
from models.filters.query import Condition, Question
from models.filters.scores import SCORES, score_matches, scores_found_by
from models.filters.times import FilterError
from models.payloads.vocabulary import ERROR, STAGES, UNCHECKED
from models.payloads.vocabulary import SENDABLE as SENDABLE_VERDICTS
from models.tables import (
    COMPANY,
    LEAD,
    LEAD_ADDRESS,
    LEAD_WORD,
    LIST_ENTRY,
    LONGEST_SEARCH,
)

QUALIFIED = sum(1 << STAGES[name] for name in ("qualified", "enriched", "validated"))
"""Stages that say who somebody is; every visit is finalized in the end, qualified or not."""

_Is = Callable[[FromClause, Condition, Question], ColumnElement[bool]]


def person_matches(
    lead: FromClause, one: Condition, asked: Question, *, nearby: bool = False
) -> ColumnElement[bool]:
    """Whether a human meets a condition. `nearby`: tested row by row, for few rows."""
    if one.name == "q" and nearby:
        return and_(*_has_words(one.values[0], lead))
    if one.name == "q":
        return person_fits_by_key(lead.c.key, one)
    if one.name == "company" and nearby:
        is_so = _works_at(lead, one)
        return ~is_so if one.operator == "not" else is_so
    if one.name in SCORES:
        return score_matches(lead, one, asked, nearby=nearby)
    is_so, column = _IS[one.name](lead, one, asked), _COLUMNS.get(one.name)
    if column is None:
        return ~is_so if one.operator == "not" else is_so
    return matches(is_so, lead.c[column], one)


def person_fits_by_key(key: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """The same of `q` or `company`, told by a human's key alone."""
    if one.name == "q":
        words = search.asked(one.values[0])
        return and_(*(key.in_(_having(word)) for word in words)) if words else false()
    is_so = key.in_(_working_at(one))
    return ~is_so if one.operator == "not" else is_so


def people_found_by(one: Condition, asked: Question) -> Select[Any] | None:
    """What an index has of the humans that it finds for a condition, a row of each, where it can't
    be told beforehand whether they are few (`filters.finding`); None for any other condition.
    """
    if one.operator != "is" or NONE in one.values:
        return None
    match one.name:
        case "owner" if ME not in one.values:
            return select(LEAD.c.owner).where(_owner(LEAD, one, asked))
        case "status" if STATUSES[0] not in one.values:
            return select(LEAD.c.status).where(_status(LEAD, one, asked))
        case "list":
            return select(LIST_ENTRY.c.value).where(LIST_ENTRY.c.list.in_(one.values))
        case _:
            return scores_found_by(one, asked)


def _title(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return text_is(lead.c.folded_title, one)


def _word(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return word_is(lead.c[one.name], one)


def _owner(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    if ME in one.values:
        # Whoever knows who is asking has replaced `me` with their address.
        raise FilterError("owner=me needs a login: without one, nobody can tell who that is")
    given = [address_key(text) or text for text in texts(one)]
    return or_missing(lead.c.owner.in_(given), lead.c.owner, one)


def _status(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    # A lead about whom nobody has said anything is new.
    found = and_(lead.c.status.is_not(None), lead.c.status.in_(one.values))
    return or_(lead.c.status.is_(None), found) if STATUSES[0] in one.values else found


def _stage(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return lead.c.stage.in_([STAGES[word] for word in one.values])


def _country(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return country_is(lead.c.country, one)


def _new_since(lead: FromClause, _one: Condition, asked: Question) -> ColumnElement[bool]:
    return lead.c.first_seen >= asked.moment("new_since")


def is_identified(lead: FromClause) -> ColumnElement[bool]:
    """Whether a lead has a name, an address or a profile."""
    return or_(*(lead.c[name].is_not(None) for name in ("full_name", "email", "linkedin_url")))


def between(column: ColumnElement[Any], asked: Question) -> ColumnElement[bool]:
    """Whether a time (ms) lies between `since` and `until`, as far as they are set."""
    since, until = asked.moment("since"), asked.moment("until")
    is_late = true() if since is None else column >= since
    is_early = true() if until is None else column <= until
    return and_(is_late, is_early)


def between_alone(name: str, column: ColumnElement[Any], asked: Question) -> ColumnElement[bool]:
    """The same, for rows of which nothing else can be asked. Raises `FilterError`, with the `name`
    of the list, for any other filter.
    """
    if not asked.without("since", "until").filters.is_empty():
        raise FilterError(f"{name} takes only the filters since and until")
    return between(column, asked)


def _known(lead: FromClause, one: Condition, asked: Question) -> ColumnElement[bool]:
    kinds = {
        "identified": true(),
        "new": between(lead.c.first_seen, asked),
        "employed": or_(lead.c.company_key.is_not(None), lead.c.company_name.is_not(None)),
        "qualified": lead.c.stages.op("&")(QUALIFIED) != 0,
    }
    return and_(is_identified(lead), or_(*(kinds[value] for value in one.values)))


def validity_is(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether an address's verdict is one of the values, true or false; no verdict is `unchecked`.

    `error` is not a verdict: the caller handles it.
    """
    if one.operator == "has":
        parts = (column.icontains(text, autoescape=True) for text in one.values)
        return and_(column.is_not(None), or_(*parts))
    verdicts, or_none = verdicts_of(one)
    found = and_(column.is_not(None), column.in_(sorted(verdicts)))
    return or_(column.is_(None), found) if or_none else found


def verdicts_of(one: Condition) -> tuple[set[str], bool]:
    """The verdicts that a condition names, and whether it names those without any, too."""
    words = {spelled(value) for value in one.values} | {fold(spelled(v)) for v in one.values}
    verdicts = words - {SENDABLE, UNCHECKED, NONE, ERROR}
    if SENDABLE in words:
        verdicts |= set(SENDABLE_VERDICTS)
    return verdicts, bool(words & {UNCHECKED, NONE})


def asks_for_errors(one: Condition) -> bool:
    """Whether addresses whose newest check failed are asked for, however the word is written."""
    return any(fold(spelled(value)) == ERROR for value in one.values)


def _validity(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    # Without an address there is none to be checked either.
    is_so = and_(lead.c.email.is_not(None), validity_is(lead.c.email_validity, one))
    if not asks_for_errors(one):
        return is_so
    held = (_HELD.c.address == lead.c.email, _HELD.c.lead == lead.c.key)
    return or_(is_so, exists().where(*held, _HELD.c.status == ERROR))


_HELD = LEAD_ADDRESS.alias("its_address")


def _company(lead: FromClause, one: Condition, _asked: Question) -> ColumnElement[bool]:
    return _or_nowhere(lead, lead.c.key.in_(_working_at(one)), one)


def _or_nowhere(
    lead: FromClause, found: ColumnElement[bool], one: Condition
) -> ColumnElement[bool]:
    if NONE not in one.values or one.operator == "has":
        return found
    return or_(found, and_(lead.c.company_key.is_(None), lead.c.company_name.is_(None)))


def _works_at(lead: FromClause, one: Condition) -> ColumnElement[bool]:
    """The same, to be tested row by row: companies can have very many people."""
    its = exists().where(_EMPLOYER.c.key == lead.c.company_key, company_is(_EMPLOYER, one))
    name = lead.c.company_search
    return _or_nowhere(lead, or_(its, and_(name.is_not(None), _is_called(name, one))), one)


_COLLEAGUE, _EMPLOYER = LEAD.alias("colleague"), COMPANY.alias("named")


def _working_at(one: Condition) -> CompoundSelect[Any]:
    """The keys of all leads of companies, given by key or name: through indexes, by way of the
    company. As a single condition with `OR`, a database would look at every lead there is.
    """
    key, name = select(_COLLEAGUE.c.key), _COLLEAGUE.c.company_search
    return union_all(
        key.where(
            _COLLEAGUE.c.company_key.in_(select(_EMPLOYER.c.key).where(company_is(_EMPLOYER, one)))
        ),
        key.where(name.is_not(None), _is_called(name, one)),
    )


def company_is(company: FromClause, one: Condition) -> ColumnElement[bool]:
    """Whether a company has one of these names or domains."""
    named = _is_called(company.c.search, one)
    if one.operator == "has":
        # A domain is the key, which is in the same index as the name; other keys have a colon.
        domain = [company.c.key.contains(fold(text), autoescape=True) for text in texts(one)]
        return or_(named, and_(or_(*domain), ~company.c.key.contains(":")))
    keys = {" ".join(text.lower().split()) for text in texts(one)}
    keys |= {key for text in texts(one) if (key := domain_key(text))}
    return or_(company.c.key.in_(sorted(keys)), named)


def _is_called(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether a name, as searches compare it, is one of the values; companies without a name have
    none."""
    names = [name for text in texts(one) if (name := fold(text)[:LONGEST_SEARCH])]
    if one.operator == "has":
        return or_(false(), *(column.contains(name, autoescape=True) for name in names))
    return column.in_(names)


def _has_words(text: str, lead: FromClause) -> list[ColumnElement[bool]]:
    """Conditions that a lead has each word of a search, to be tested row by row."""
    held = literal(" ").concat(lead.c.search)
    words = search.asked(text)
    return [held.contains(f" {word}", autoescape=True) for word in words] or [false()]


def _having(word: str) -> Select[Any]:
    its = LEAD_WORD.alias("its")
    return select(its.c.lead).where(its.c.word >= word, its.c.word < search.after(word))


def keys_found(text: str) -> Select[Any]:
    """The keys of the leads that a search finds, each once: from the index of words alone."""
    words = search.asked(text)
    if not words:
        return select(LEAD_WORD.c.lead).where(false())
    first, *rest = words
    others = [LEAD_WORD.c.lead.in_(_having(word)) for word in rest]
    begins = (LEAD_WORD.c.word >= first, LEAD_WORD.c.word < search.after(first))
    return select(LEAD_WORD.c.lead).where(*begins, *others).distinct()


_COLUMNS = {
    "job_title": "folded_title",
    "seniority": "seniority",
    "department": "department",
    "country": "country",
    "owner": "owner",
}
"""Columns of `lead` that are missing where nothing is known."""

_IS: dict[str, _Is] = {
    "job_title": _title,
    "seniority": _word,
    "department": _word,
    "stage": _stage,
    "country": _country,
    "new_since": _new_since,
    "leads": _known,
    "validity": _validity,
    "owner": _owner,
    "status": _status,
    "company": _company,
}
