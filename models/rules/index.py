"""Rules by what they ask: for a visit only those are judged that it can fulfil at all.

The judgement itself is the filters' own SQL (`models.filters.choosing`). Here is told, from columns
that are at hand anyway, for whom it can only be no: a segment is found by one thing that it asks (a
page, a campaign, an industry), and looked at further only where that is so. With thousands of rules
an event costs the few that mean it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.facts.keys import domain_key
from models.facts.paths import path_of
from models.facts.search import fold
from models.facts.visits import LONGEST_PATH, UTM
from models.filters.comparing import plain_lower, texts
from models.filters.names import FILTERS, NONE
from models.filters.query import Condition, Filters, Question
from models.payloads.vocabulary import STAGES
from models.rules.rules import Rule
from models.rules.subjects import Subject
from models.tables import LONGEST_SEARCH

Token = tuple[str, Any]
"""A thing that a visit, human or employer has: of which kind, and its value."""

_ANCHORS = (
    "company", "page", "utm_campaign", "utm_content", "utm_term", "job_title", "industry",
    "utm_source", "referrer_host", "country", "company_country", "funding", "department",
    "seniority", "utm_medium", "channel", "pid", "device",
)  # fmt: skip
"""What segments are found by, what tells most apart first."""

_COLUMNS = {
    **{name: f"folded_{name}" for name in UTM},
    **dict.fromkeys(("channel", "device", "pid"), ""),
    "seniority": "lead_seniority",
    "department": "lead_department",
    "job_title": "lead_folded_title",
    "industry": "company_folded_industry",
    "funding": "company_folded_round",
}
_FOLDED = frozenset({*UTM, "job_title", "industry", "funding"})

_VISITS_COUNTRY, _HUMANS_COUNTRY = "country", "lead_country"

_NEEDED_FOR_NOT = {
    "job_title": ("lead_folded_title",),
    "seniority": ("lead_folded_title",),
    "department": ("lead_folded_title",),
    "country": ("lead_country",),
    "company": ("lead_company_key", "lead_company_name"),
    "validity": ("lead_email_validity",),
    "list": ("lead_company_key", "lead_email"),
    "segment": ("lead_company_key", "lead_company_name"),
    "q": ("lead_company_key", "lead_company_name"),
    **dict.fromkeys(
        ("company_country", "industry", "funding", "min_employees", "max_employees", "min_growth"),
        ("company_search",),
    ),
}
"""For a `not` on a human or employer: columns of which one must be known for it to count."""


@dataclass(slots=True)
class Asked:
    """A segment that rules ask for, and those rules. `by_lead`: of the lead, whichever of its
    visits fulfils it, not of the visit at hand.
    """

    question: Question
    by_lead: bool
    rules: list[Rule] = field(default_factory=list)
    anchors: list[Token] = field(default_factory=list)
    tests: list[Callable[[Subject], bool]] = field(default_factory=list)
    not_needs: list[tuple[str, ...]] = field(default_factory=list)
    bots: bool = False
    pages: bool = False
    """Whether likely bots are asked for, and whether pages must be looked at."""

    def may_fit(self, subject: Subject) -> bool:
        """False where it can't be fulfilled: by the visit, or by any of its lead's."""
        if not self.by_lead:
            return self._may_be(subject)
        return subject.beside is None or any(map(self._may_be, (subject, *subject.beside)))

    def _may_be(self, visit: Subject) -> bool:
        return all(test(visit) for test in self.tests)

    def waits(self, subject: Subject) -> bool:
        """Whether something must not be that is not known yet, and may become known."""
        row = subject.row
        return not row["finalized"] and any(
            all(row[column] is None for column in columns) for columns in self.not_needs
        )


class _Found:
    """Segments by what they are found by."""

    def __init__(self) -> None:
        self.every: list[Asked] = []
        self._always: list[Asked] = []
        self._by: dict[Token, list[Asked]] = defaultdict(list)

    def add(self, one: Asked) -> None:
        """Take a segment."""
        self.every.append(one)
        for token in one.anchors:
            self._by[token].append(one)
        if not one.anchors:
            self._always.append(one)

    def by(self, tokens: Iterable[Token]) -> list[Asked]:
        """Those that are found by one of these, and those that nothing is known of."""
        found = {id(one): one for token in tokens for one in self._by.get(token, ())}
        return [*self._always, *found.values()]


class Index:
    """Rules that are in force."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        """Take each segment once, with its rules."""
        self._of_visit, self._of_lead = _Found(), _Found()
        self.with_pages = self.by_lead = False
        for one in asked:
            self.with_pages |= one.pages
            self.by_lead |= one.by_lead
            (self._of_lead if one.by_lead else self._of_visit).add(one)

    def asked_of(self, subject: Subject) -> Iterator[Asked]:
        """Segments that a visit may fulfil."""
        own = set(_tokens(subject))
        found = self._of_visit.by(own)
        if subject.beside is None:
            found += self._of_lead.every
        else:
            found += self._of_lead.by(own.union(*map(_tokens, subject.beside)))
        for one in found:
            if (one.bots or not subject.row["is_bot"]) and one.may_fit(subject):
                yield one


def asked(question: Question, rules: Sequence[Rule], *, by_lead: bool) -> Asked:
    """A segment's question, made ready to be found by what it asks."""
    made = Asked(question, by_lead, list(rules))
    conditions = list(_spread(question))
    made.bots = any(one.name == "bots" for one, _ in _all(question, question.filters))
    candidates: dict[str, list[Token]] = {}
    for one, its in conditions:
        if one.operator == "not":
            if one.name in _NEEDED_FOR_NOT and not (one.name == "country" and _of_visit(its)):
                made.not_needs.append(_NEEDED_FOR_NOT[one.name])
            continue
        if its.one("touch") and _is_visits(one, its):
            continue
        tokens = _anchor(one, its)
        if tokens is None:
            test = _test(one)
            if test:
                made.tests.append(test)
        else:
            made.tests.append(_has_one(one.name, tokens, its))
            candidates[one.name] = tokens
    best = next((name for name in _ANCHORS if name in candidates), None)
    made.anchors = candidates[best] if best else []
    made.pages = "page" in candidates
    return made


def _spread(question: Question) -> Iterator[tuple[Condition, Filters]]:
    """Conditions that must all hold, those of the segments that are asked for included, each with
    the filters that it stands among.
    """
    filters = question.filters
    for one in filters:
        if one.name == "segment" and one.operator == "is" and len(one.values) == 1:
            yield from _spread(question.segment(one.values[0]))
        else:
            yield one, filters


def _all(question: Question, filters: Filters) -> Iterator[tuple[Condition, Filters]]:
    for one in filters:
        yield one, filters
        if one.name == "segment":
            for name in one.values:
                inner = question.segment(name)
                yield from _all(inner, inner.filters)


def _of_visit(filters: Filters) -> bool:
    """Whether `country` among these means the visit's."""
    return any(FILTERS[one.name].about == "visit" and one.name != "bots" for one in filters)


def _is_visits(one: Condition, filters: Filters) -> bool:
    about = FILTERS[one.name].about
    return about == "visit" or (one.name == "country" and _of_visit(filters))


def _kind(name: str, filters: Filters) -> str:
    """Where a condition's values are found in a subject."""
    if name == "country":
        return _VISITS_COUNTRY if _of_visit(filters) else _HUMANS_COUNTRY
    return _COLUMNS.get(name) or name


def _anchor(one: Condition, filters: Filters) -> list[Token] | None:
    """Tokens of which a visit must have one; None where that can't be said of a condition."""
    if one.operator != "is" or one.name not in _ANCHORS or NONE in one.values:
        return None
    kind = _kind(one.name, filters)
    match one.name:
        case "page":
            return [(kind, path_of(text)[:LONGEST_PATH]) for text in texts(one)]
        case "company":
            given = texts(one)
            keys = {" ".join(text.lower().split()) for text in given}
            keys |= {key for text in given if (key := domain_key(text))}
            names = {name for text in given if (name := fold(text)[:LONGEST_SEARCH])}
            return [*(("company_key", key) for key in keys), *(("company_name", n) for n in names)]
        case "country" | "company_country":
            return [(kind, plain_lower(text)) for text in texts(one)]
        case "referrer_host":
            return None
        case _ if one.name in _FOLDED:
            return [(kind, fold(text)) for text in texts(one)]
        case _:
            return [(kind, text) for text in texts(one)]


def _tokens(subject: Subject) -> Iterator[Token]:
    row = subject.row
    for name, column in _COLUMNS.items():
        value = row[column or name]
        if value is not None:
            yield column or name, value
    for column in (_VISITS_COUNTRY, _HUMANS_COUNTRY, "company_country"):
        if row[column] is not None:
            yield column, plain_lower(row[column])
    for path in subject.pages:
        yield "page", path
    if row["lead_company_key"] is not None:
        yield "company_key", row["lead_company_key"]
    for column in ("company_search", "lead_company_search"):
        if row[column]:
            yield "company_name", row[column]


def _has_one(name: str, tokens: Sequence[Token], filters: Filters) -> Callable[[Subject], bool]:
    wanted = {value for _, value in tokens}
    kind = _kind(name, filters)
    match name:
        case "page":

            def test(subject: Subject) -> bool:
                return not wanted.isdisjoint(subject.pages)

        case "company":
            keys, names = (
                {value for its, value in tokens if its == kind}
                for kind in ("company_key", "company_name")
            )

            def test(subject: Subject) -> bool:
                row = subject.row
                return (
                    row["lead_company_key"] in keys
                    or row["company_search"] in names
                    or row["lead_company_search"] in names
                )

        case "country" | "company_country":

            def test(subject: Subject) -> bool:
                value = subject.row[kind]
                return value is not None and plain_lower(value) in wanted

        case _:

            def test(subject: Subject) -> bool:
                return subject.row[kind] in wanted

    return test


def _test(one: Condition) -> Callable[[Subject], bool] | None:
    """A look that tells where a condition can't hold; None where it takes the database."""
    match one.name:
        case "stage":
            stages = {STAGES[word] for word in one.values}
            # A lead is as far as its furthest visit; the visit's own stage counts on lists of them.
            return lambda subject: (
                subject.row["lead_stage"] in stages or subject.row["stage"] in stages
            )
        case "hot":
            wanted = {value == "yes" for value in one.values}
            return lambda subject: bool(subject.row["hot"]) in wanted
        case "min_employees":
            least = int(one.values[0])
            return lambda subject: _at_least(subject.row["company_employee_count"], least)
        case "job_title" if one.operator == "has":
            parts = [fold(text) for text in one.values]
            return lambda subject: any(
                part in (subject.row["lead_folded_title"] or "") for part in parts
            )
        case _:
            return None


def _at_least(value: float | None, least: int) -> bool:
    return value is not None and value >= least
