"""Rules by what they ask: for a visit only those are judged that it can fulfil at all.

Segments stand in a tree by what they ask (a page, then a campaign, then an industry), and only
those at the end of a visit's own branches are looked at further: by the rows that are at hand
anyway (`telling`), and where these can't tell by the filters' own SQL (`models.filters.choosing`).
With thousands of rules an event costs the few that mean it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Select

from models.facts.channels import host_of
from models.facts.paths import path_of
from models.facts.search import fold, plain_lower
from models.facts.visits import LONGEST_PATH, UTM
from models.filters.comparing import texts
from models.filters.names import NONE
from models.filters.query import Condition, Filters, Question
from models.rules.matching.subjects import Subject
from models.rules.matching.telling import Test, column_of, companies_of, is_of_visit, test_of
from models.rules.rules import Rule

Token = tuple[str, Any]
"""A thing that a visit, human or employer has: of which kind, and its value."""

_GRAM = 3
_HAVE_PARTS = frozenset({*UTM, "job_title", "industry", "funding"})
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

_COUNTRIES = frozenset({"country", "lead_country", "company_country"})

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
    tests: list[Test] = field(default_factory=list)
    is_told: bool = True
    not_needs: list[tuple[str, ...]] = field(default_factory=list)
    is_timeless: bool = False
    prepared: dict[str, Select[Any]] = field(default_factory=dict)
    bots: bool = False
    pages: bool = False
    """Whether likely bots are asked for, and whether pages must be looked at.

    `anchors` are things of which a visit must have one each. `is_told`: `tests` are all that it
    asks, so that who passes them fulfils it (`tells`). `prepared` are queries of it that were
    built, as long as time does not change them: building one takes longer than asking it.
    """

    def query(self, what: str, build: Callable[[], Select[Any]]) -> Select[Any]:
        """A query of it by a name, built at most once where it can be."""
        if not self.is_timeless:
            return build()
        if what not in self.prepared:
            self.prepared[what] = build()
        return self.prepared[what]

    def tells(self, subject: Subject) -> bool:
        """Whether `may_match` is the answer, but for people of quiet lists."""
        return self.is_told and not (self.by_lead and subject.beside is None)

    def may_match(self, subject: Subject) -> bool:
        """False where it can't be fulfilled: by the visit, or by any of its lead's."""
        if not self.by_lead:
            return self.passes(subject)
        return subject.beside is None or any(map(self.passes, (subject, *subject.beside)))

    def passes(self, visit: Subject) -> bool:
        """False where it can't be fulfilled by this visit."""
        for test in self.tests:  # noqa: SIM110 - `all` would take twice as long, and it is asked often
            if not test(visit):
                return False
        return True

    def waits(self, subject: Subject) -> bool:
        """Whether something must not be that is not known yet, and may become known."""
        return not subject.row["finalized"] and not self.knows(subject)

    def knows(self, subject: Subject) -> bool:
        """Whether it is known of a visit's human and employer what must not be."""
        row = subject.row
        return all(any(row[column] is not None for column in columns) for columns in self.not_needs)


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
            had = subject.had.get(kind)
            if had is None:
                had = subject.had[kind] = frozenset(_had(subject, kind))
            if had:
                # Of the two the smaller one is gone through.
                for value in branches.keys() & had:
                    branches[value].find(subject, found)


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
            if (one.bots or not subject.row["is_bot"]) and one.may_match(subject):
                yield one


def asked(question: Question, rules: Sequence[Rule], *, by_lead: bool) -> Asked:
    """A question that names a segment, made ready to be found by what that asks."""
    made = Asked(question, by_lead, list(rules), is_timeless=question.is_timeless())
    made.bots = any(one.name == "bots" for one, _ in _all(question, question.filters))
    candidates: dict[str, list[Token]] = {}
    parts: dict[str, list[list[Token]]] = {}
    for one, its, depth in _spread(question):
        if one.operator == "not" and one.name in _NEEDED_FOR_NOT and not is_of_visit(one, its):
            made.not_needs.append(_NEEDED_FOR_NOT[one.name])
        made.is_told &= depth == 1
        # A touch is another visit, and so may be the one by which a lead is in an inner segment.
        is_another = its.one("touch") or (by_lead and depth > 1)
        test = None if is_another and is_of_visit(one, its) else test_of(one, its)
        if test is None:
            made.is_told = False
            continue
        made.tests.append(test)
        tokens = _anchor(one, its)
        if tokens is None:
            parts[one.name] = _parts_asked(one)
        else:
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
    if one.operator != "has" or one.name not in _HAVE_PARTS or min(map(len, texts)) < _GRAM:
        return []
    kind = f"{_PARTS}{column_of(one, Filters())}"
    places: list[Callable[[int], int]] = [
        lambda _last: 0,
        lambda last: last // 2,
        lambda last: last,
    ]
    return [
        [(kind, text[(at := place(len(text) - _GRAM)) : at + _GRAM]) for text in texts]
        for place in places
    ]


def _spread(question: Question, depth: int = 0) -> Iterator[tuple[Condition, Filters, int]]:
    """Conditions that must all hold, those of the segments that are asked for included, each with
    the filters that it stands among, and within how many segments.
    """
    filters = question.filters
    for one in filters:
        if one.name == "segment" and one.operator == "is" and len(one.values) == 1:
            yield from _spread(question.segment(one.values[0]), depth + 1)
        else:
            yield one, filters, depth


def _all(question: Question, filters: Filters) -> Iterator[tuple[Condition, Filters]]:
    for one in filters:
        yield one, filters
        if one.name == "segment":
            for name in one.values:
                inner = question.segment(name)
                yield from _all(inner, inner.filters)


def _anchor(one: Condition, filters: Filters) -> list[Token] | None:
    """Tokens of which a visit must have one; None where that can't be said of a condition."""
    if one.operator != "is" or one.name not in _ANCHORS or NONE in one.values:
        return None
    match one.name:
        case "page":
            return [("page", path_of(text)[:LONGEST_PATH]) for text in texts(one)]
        case "company":
            keys, names = companies_of(one)
            return [
                *(("company_key", key) for key in keys), *(("company_name", n) for n in names)
            ]  # fmt: skip
    kind = column_of(one, filters)
    if kind is None:
        return None
    if kind in _COUNTRIES:
        return [(kind, plain_lower(text)) for text in texts(one)]
    if one.name in _HAVE_PARTS:
        return [(kind, fold(text)) for text in texts(one)]
    if one.name == "referrer_host":
        return [(kind, host_of(text) or text) for text in texts(one)]
    return [(kind, text) for text in texts(one)]


@lru_cache(maxsize=4096)
def _parts_of(text: str) -> frozenset[str]:
    # Cached: many have the same title, or work in the same industry.
    return frozenset(text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1))


def _had(subject: Subject, kind: str) -> Iterable[Any]:
    """What a visit, its human and employer have of a kind."""
    row = subject.row
    if kind == "page":
        return subject.pages
    if kind.startswith(_PARTS):
        return _parts_of(row[kind.removeprefix(_PARTS)] or "")
    if kind == "company_name":
        return (name for name in (row["company_search"], row["lead_company_search"]) if name)
    value = row[kind]
    if value is None:
        return ()
    return (plain_lower(value) if kind in _COUNTRIES else value,)
