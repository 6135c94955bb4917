"""What the rows at hand tell of a condition: the same as the filters' SQL, without a question.

With a thousand segments asked for, a question to the database for each that a visit may be in costs
more than all else that deriving does. So where a condition asks only what stands in the rows that
were read anyway, it is told from them; what these can't tell (lists, scores, moments, what none of
somebody's visits may be) is asked. Tests hold both to the same answer for any filters.
"""

from collections.abc import Callable, Collection
from typing import Any

from models.facts.channels import host_of
from models.facts.keys import address_key, domain_key
from models.facts.paths import path_of
from models.facts.search import fold, plain_lower
from models.facts.visits import LONGEST_PATH, UTM
from models.filters.comparing import takes_missing, texts
from models.filters.names import FILTERS, ME, NONE, STATUSES
from models.filters.people import asks_for_errors, verdicts_of
from models.filters.query import Condition, Filters
from models.payloads.vocabulary import STAGES
from models.rules.matching.subjects import Subject
from models.tables import LONGEST_SEARCH

Test = Callable[[Subject], bool]
"""Whether a visit, its human or employer meets a condition."""

_Is = Callable[[Any], bool]
"""Whether a value that is not missing is one that is asked for."""


def is_of_visit(one: Condition, its: Filters) -> bool:
    """Whether a condition, among those that it stands with, is on a visit: a country is, where
    anything else is.
    """
    return FILTERS[one.name].about == "visit" or (one.name == "country" and means_visits(its))


def means_visits(its: Filters) -> bool:
    """Whether `country` among these filters means the visit's."""
    return any(FILTERS[one.name].about == "visit" and one.name != "bots" for one in its)


def column_of(one: Condition, its: Filters) -> str | None:
    """The column of a subject's row that a condition looks at; None where it is not one."""
    if one.name == "country":
        return "country" if means_visits(its) else "lead_country"
    return _COLUMNS.get(one.name)


def test_of(one: Condition, its: Filters) -> Test | None:
    """How to tell whether a visit, or its human or employer, fulfils a condition that stands among
    these filters; None where it takes the database.
    """
    # No visit of somebody's may be what is named: all of them must be looked at.
    if one.operator == "not" and is_of_visit(one, its):
        return None
    if one.name in _OF_ITS_OWN:
        return _OF_ITS_OWN[one.name](one)
    column, is_one = column_of(one, its), _value_is(one)
    if column is None or is_one is None:
        return None
    return _of_column(one, column, is_one)


def _of_column(one: Condition, column: str, is_one: _Is) -> Test:
    """Somebody without an employer has no value in the employer's columns."""
    of_missing, is_there = takes_missing(one), one.operator != "not"

    def is_so(subject: Subject) -> bool:
        value = subject.row[column]
        return of_missing if value is None else is_one(value) is is_there

    return is_so


def _value_is(one: Condition) -> _Is | None:
    """Whether a value of its column is one of those that a condition names."""
    if one.name in _FOLDED:
        return _among_texts([fold(text) for text in texts(one)], one)
    match one.name:
        case "channel" | "device" | "pid" | "seniority" | "department":
            return _among_words(one)
        case "country" | "company_country" if one.operator != "has":
            return _among_countries(texts(one))
        case "referrer_host" if one.operator != "has":
            return _among({host_of(text) or text for text in texts(one)})
        case "min_employees" | "min_growth" | "min_pages" | "min_duration" | "min_bot_score":
            least = int(one.values[0])
            return lambda value: bool(value >= least)
        case "max_employees":
            most = int(one.values[0])
            return lambda value: bool(value <= most)
        case "stage":
            return _among({STAGES[word] for word in one.values})
        case "hot":
            return _among({value == "yes" for value in one.values})
        case "owner" if ME not in one.values:
            return _among({address_key(text) or text for text in texts(one)})
        case _:
            return None


def _among(wanted: Collection[Any]) -> _Is:
    return wanted.__contains__


def _among_texts(folded: list[str], one: Condition) -> _Is:
    if one.operator != "has":
        return _among(set(folded))
    return lambda value: any(text in value for text in folded)


def _among_words(one: Condition) -> _Is:
    if one.operator != "has":
        return _among(set(texts(one)))
    parts = [fold(text) for text in one.values]
    return _among({
        word for word in FILTERS[one.name].words if any(part in fold(word) for part in parts)
    })  # fmt: skip


def _among_countries(given: list[str]) -> _Is:
    wanted = set(given)
    # What is not a country's name is stored as given.
    others = {plain_lower(text) for text in given if len(text) != len("PT")}
    if not others:
        return _among(wanted)
    return lambda value: value in wanted or plain_lower(value) in others


def _page(one: Condition) -> Test | None:
    if one.operator != "is" or NONE in one.values:
        return None
    wanted = {path_of(text)[:LONGEST_PATH] for text in texts(one)}
    return lambda subject: not wanted.isdisjoint(subject.pages)


def _visit(one: Condition) -> Test:
    if len(one.values) > 1:
        return lambda _subject: True
    is_new = one.values == ("new",)
    return lambda subject: (subject.row["started_at"] <= subject.row["lead_first_seen"]) is is_new


def _click(one: Condition) -> Test:
    names = ("gclid", "fbclid") if "any" in one.values else one.values
    return lambda subject: any(subject.row[name] is not None for name in names)


def _status(one: Condition) -> Test:
    # A lead about whom nobody has said anything is new.
    wanted = set(one.values)
    is_there = one.operator != "not"
    return lambda subject: ((subject.row["lead_status"] or STATUSES[0]) in wanted) is is_there


def _validity(one: Condition) -> Test | None:
    if one.operator == "has" or asks_for_errors(one):
        return None
    verdicts, or_none = verdicts_of(one)
    wanted = {*verdicts, None} if or_none else set(verdicts)
    is_there = one.operator != "not"

    def test(subject: Subject) -> bool:
        row = subject.row
        return (row["lead_email"] is not None and row["lead_email_validity"] in wanted) is is_there

    return test


def _company(one: Condition) -> Test | None:
    if one.operator == "has":
        return None
    keys, names = companies_of(one)
    is_missing_asked, is_there = NONE in one.values, one.operator != "not"

    def test(subject: Subject) -> bool:
        row = subject.row
        found = (
            row["company_key"] in keys
            or row["company_search"] in names
            or row["lead_company_search"] in names
            or (
                is_missing_asked
                and row["lead_company_key"] is None
                and row["lead_company_name"] is None
            )
        )
        return found is is_there

    return test


def companies_of(one: Condition) -> tuple[set[str], set[str]]:
    """Keys and names, as they are searched for, by which a condition names companies."""
    given = texts(one)
    keys = {" ".join(text.lower().split()) for text in given}
    keys |= {key for text in given if (key := domain_key(text))}
    return keys, {name for text in given if (name := fold(text)[:LONGEST_SEARCH])}


_OF_ITS_OWN: dict[str, Callable[[Condition], Test | None]] = {
    "page": _page,
    "visit": _visit,
    "click_id": _click,
    "status": _status,
    "validity": _validity,
    "company": _company,
}

_FOLDED = frozenset({*UTM, "job_title", "industry", "funding"})

_COLUMNS = {
    **{name: f"folded_{name}" for name in UTM},
    **{name: name for name in ("channel", "device", "pid", "referrer_host", "hot")},
    "min_pages": "pageviews",
    "min_duration": "duration_seconds",
    "min_bot_score": "bot_score",
    "stage": "lead_stage",
    "owner": "lead_owner",
    "seniority": "lead_seniority",
    "department": "lead_department",
    "job_title": "lead_folded_title",
    "industry": "company_folded_industry",
    "funding": "company_folded_round",
    "company_country": "company_country",
    "min_employees": "company_employee_count",
    "max_employees": "company_employee_count",
    "min_growth": "company_headcount_growth_yoy",
}
"""Columns of a subject's row; `country`, which is one of two, is not among them."""
