"""Rules by what they ask: for a visit only those are judged that it can fulfil at all.

The judgement itself is the filters' own SQL (`models.filters.choosing`). Here is told, from columns
that are at hand anyway, for whom it can only be no: segments stand in a tree by what they ask (a
page, then a campaign, then an industry), and only those at the end of a visit's own branches are
looked at further. With thousands of rules an event costs the few that mean it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select

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

_GRAM = 3
_PARTS = "parts of "
"""Before the name of a column in the kind of its parts of three characters: what a `has` is found
by."""

_MOST_PLACES = 64
"""Places at which a segment stands in the tree, but where it asks for more values of one thing."""

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
_COUNTRIES = frozenset({_VISITS_COUNTRY, _HUMANS_COUNTRY, "company_country"})
_KEYS = {"company_key": "lead_company_key"}

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
    anchors: list[list[Token]] = field(default_factory=list)
    tests: list[Callable[[Subject], bool]] = field(default_factory=list)
    not_needs: list[tuple[str, ...]] = field(default_factory=list)
    is_timeless: bool = False
    prepared: dict[str, Select[Any]] = field(default_factory=dict)
    bots: bool = False
    pages: bool = False
    """Whether likely bots are asked for, and whether pages must be looked at.

    `anchors` are things of which a visit must have one each. `prepared` are queries of it that were
    built, as long as time does not change them: building one takes longer than asking it.
    """

    def query(self, what: str, build: Callable[[], Select[Any]]) -> Select[Any]:
        """A query of it by a name, built at most once where it can be."""
        if not self.is_timeless:
            return build()
        if what not in self.prepared:
            self.prepared[what] = build()
        return self.prepared[what]

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


class _Branch:
    """A branch of the tree: segments that end here, and further branches by kind and value."""

    def __init__(self) -> None:
        self._here: list[Asked] = []
        self._by: dict[str, dict[Any, _Branch]] = {}

    def add(self, one: Asked, anchors: Sequence[Sequence[Token]], places: int = 1) -> None:
        """Put a segment at the end of each of its branches; `places` are those that it has."""
        if not anchors or (places > 1 and places * len(anchors[0]) > _MOST_PLACES):
            self._here.append(one)
            return
        for kind, value in anchors[0]:
            branches = self._by.setdefault(kind, {})
            branch = branches.setdefault(value, _Branch())
            branch.add(one, anchors[1:], places * len(anchors[0]))

    def find(self, subject: Subject, found: dict[int, Asked]) -> None:
        """Add the segments that a visit may fulfil."""
        for one in self._here:
            found[id(one)] = one
        for kind, branches in self._by.items():
            for value in _had(subject, kind):
                branch = branches.get(value)
                if branch is not None:
                    branch.find(subject, found)


class Index:
    """Rules that are in force."""

    def __init__(self, asked: Iterable[Asked]) -> None:
        """Take each segment once, with its rules."""
        self._of_visit, self._of_lead = _Branch(), _Branch()
        self._every_of_lead: list[Asked] = []
        self.with_pages = self.by_lead = False
        for one in asked:
            self.with_pages |= one.pages
            self.by_lead |= one.by_lead
            (self._of_lead if one.by_lead else self._of_visit).add(one, one.anchors)
            if one.by_lead:
                self._every_of_lead.append(one)

    def asked_of(self, subject: Subject) -> Iterator[Asked]:
        """Segments that a visit may fulfil."""
        found: dict[int, Asked] = {}
        self._of_visit.find(subject, found)
        if subject.beside is None:
            found |= {id(one): one for one in self._every_of_lead}
        elif self.by_lead:
            for visit in (subject, *subject.beside):
                self._of_lead.find(visit, found)
        for one in found.values():
            if (one.bots or not subject.row["is_bot"]) and one.may_fit(subject):
                yield one


def asked(question: Question, rules: Sequence[Rule], *, by_lead: bool) -> Asked:
    """A segment's question, made ready to be found by what it asks."""
    made = Asked(question, by_lead, list(rules), is_timeless=question.is_timeless())
    conditions = list(_spread(question))
    made.bots = any(one.name == "bots" for one, _ in _all(question, question.filters))
    candidates: dict[str, list[Token]] = {}
    parts: dict[str, list[list[Token]]] = {}
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
            parts[one.name] = _parts_asked(one)
        else:
            made.tests.append(_has_one(one.name, tokens, its))
            candidates[one.name] = tokens
    for name in _ANCHORS:
        made.anchors += [candidates[name]] if name in candidates else []
        made.anchors += parts.get(name, ())
    made.pages = "page" in candidates
    return made


def _parts_asked(one: Condition) -> list[list[Token]]:
    """Parts of three characters of which somebody must have one each: the first, the middle and
    the last of what a text must have; none where one of several texts is shorter.
    """
    texts = [fold(text) for text in one.values]
    if one.operator != "has" or one.name not in _FOLDED or min(map(len, texts)) < _GRAM:
        return []
    kind = f"{_PARTS}{_COLUMNS[one.name]}"
    places: list[Callable[[int], int]] = [
        lambda _last: 0,
        lambda last: last // 2,
        lambda last: last,
    ]
    return [
        [(kind, text[(at := place(len(text) - _GRAM)) : at + _GRAM]) for text in texts]
        for place in places
    ]


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


def _had(subject: Subject, kind: str) -> Collection[Any]:
    """What a visit, its human and employer have of a kind."""
    if kind == "page":
        return subject.pages
    if kind.startswith(_PARTS):
        parts = subject.parts.get(kind)
        if parts is None:
            text = subject.row[kind.removeprefix(_PARTS)] or ""
            parts = {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}
            subject.parts[kind] = parts
        return parts
    row = subject.row
    if kind == "company_name":
        return [name for name in (row["company_search"], row["lead_company_search"]) if name]
    value = row[_KEYS.get(kind, kind)]
    if value is None:
        return ()
    return (plain_lower(value) if kind in _COUNTRIES else value,)


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
