"""What somebody asks for, read from a URL, a command or a saved segment, and written back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from models.facts.keys import iso2
from models.facts.paths import path_in
from models.facts.search import MOST_ASKED, asked, fold
from models.filters.names import FILTERS, NONE, Filter, Operator
from models.filters.times import UTC, FilterError, When, moment

MOST_VALUES = 200
"""Values that one filter may have: each makes the query longer that a database must plan."""

LONGEST_VALUE = 500
"""Characters of a value; no text that is compared is longer than this."""

_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter with the values that match (`is`, `has`: any of them; `not`: none of them)."""

    name: str
    operator: Operator
    values: tuple[str, ...]

    @property
    def parameter(self) -> str:
        """Its name in a URL: `utm_source`, `utm_source.not`."""
        return self.name if self.operator == "is" else f"{self.name}.{self.operator}"


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that must all hold, in the order of `FILTERS`; without any, everything matches.

    Two that ask the same are equal and have the same `repr`.
    """

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def parse(
        cls, given: Mapping[str, str | Sequence[str] | None] | Iterable[tuple[str, str]]
    ) -> "Filters":
        """Read names and values as they stand in a URL; empty values are not set.

        Raises `FilterError` for an unknown name or operator and for a value that can't be one.
        """
        values: dict[tuple[str, Operator], list[str]] = {}
        for parameter, text in _pairs(given):
            name, operator = _named(parameter)
            if text.strip():
                read = _read(FILTERS[name], text, operator)
                values.setdefault((name, operator), []).append(read)
        return cls._of(values)

    @classmethod
    def from_text(cls, query: str) -> "Filters":
        """Read a URL's query, `utm_source=a&utm_source=b&country.not=DE`. Raises like `parse`."""
        return cls.parse(parse_qsl(query.lstrip("?"), keep_blank_values=False))

    @classmethod
    def _of(cls, values: Mapping[tuple[str, Operator], Sequence[str]]) -> "Filters":
        conditions = []
        for (name, operator), texts in values.items():
            one = FILTERS[name]
            each = {alike(one, text): text for text in reversed(texts)}
            if len(each) > 1 and not one.is_several:
                raise FilterError(f"{name} takes one value, not {len(each)}")
            if len(each) > MOST_VALUES:
                raise FilterError(f"{name} takes at most {MOST_VALUES} values; use a list for more")
            chosen = tuple(each[key] for key in sorted(each))
            conditions.append(Condition(name, operator, chosen))
        return cls(tuple(sorted(conditions, key=_place)))

    def __iter__(self) -> Iterator[Condition]:
        """Each condition."""
        return iter(self.conditions)

    def values(self, name: str, operator: Operator = "is") -> tuple[str, ...]:
        """The values of a filter; none when it is not set."""
        return next(
            (one.values for one in self if (one.name, one.operator) == (name, operator)), ()
        )

    def one(self, name: str) -> str | None:
        """The only value of a filter, or None."""
        return next(iter(self.values(name)), None)

    def sets(self, *names: str) -> bool:
        """Whether one of these filters is set, with whatever operator."""
        return any(one.name in names for one in self)

    def only(self, *names: str) -> "Filters":
        """Only these filters."""
        return Filters(tuple(one for one in self if one.name in names))

    def without(self, *names: str) -> "Filters":
        """The same without these filters."""
        return Filters(tuple(one for one in self if one.name not in names))

    def also(self, name: str, *values: str, operator: Operator = "is") -> "Filters":
        """The same with these values of one filter instead of those it has. Raises like `parse`."""
        kept = {(c.name, c.operator): c.values for c in self}
        kept.pop((name, operator), None)
        if values:
            kept[name, operator] = tuple(_read(FILTERS[name], text, operator) for text in values)
        return Filters._of(kept)

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values as they stand in a URL."""
        return [(one.parameter, value) for one in self for value in one.values]

    def text(self) -> str:
        """The same as a URL's query."""
        return urlencode(self.pairs())

    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return not self.conditions


@dataclass(frozen=True, slots=True)
class Question:
    """Filters at a moment: what the database is asked."""

    filters: Filters
    when: When
    segments: tuple[tuple[str, Filters], ...] = ()
    """The filters of the segments named in these filters, or by one another
    (`models.segments.asking`)."""
    past: Mapping[str, float] | None = field(default=None, compare=False, repr=False)
    """Where leads stood as of an earlier moment (`scoring.past`); None for now."""
    few: frozenset[Condition] = field(default=frozenset(), compare=False, repr=False)
    """Conditions for which an index finds few (`filters.finding`): where to begin."""

    def segment(self, name: str) -> "Question":
        """A segment's filters, at the same moment. Raises `FilterError` if there is no such
        segment."""
        for known, filters in self.segments:
            if known == name:
                return self.asking(filters)
        raise FilterError(f"there is no segment named {name[:60]}")

    def asking(self, filters: Filters) -> "Question":
        """Other filters at the same moment."""
        return replace(self, filters=filters)

    @property
    def since(self) -> int | None:
        """Begin of the range, Unix ms; None where it is open."""
        return self.moment("since")

    @property
    def until(self) -> int | None:
        """End of the range, Unix ms, included; None where it is open."""
        return self.moment("until")

    def also(self, name: str, *values: str) -> "Question":
        """The same with these values of one filter instead of those it has."""
        return self.asking(self.filters.also(name, *values))

    def without(self, *names: str) -> "Question":
        """The same, but for these filters."""
        return self.asking(self.filters.without(*names))

    def finds_few(self) -> bool:
        """Whether one of the filters leaves few: no list is full of them, and the latest rows tell
        nothing of them, who may be the most active of all."""
        return any(one in self.few for one in self.filters)

    def is_timeless(self) -> bool:
        """Whether it means the same at any time, including all segments that it names."""
        every = (self.filters, *(filters for _, filters in self.segments))
        return not any(one.name in OF_TIME for filters in every for one in filters)

    def moment(self, name: str) -> int | None:
        """Unix ms of a filter that is a time; None if it is not set."""
        text = self.filters.one(name)
        return None if text is None else moment(name, text, self.when, is_end=name == "until")


OF_TIME = frozenset({
    *(name for name, one in FILTERS.items() if one.kind == "time"), "live", "intent_min", "grade",
})  # fmt: skip
"""Filters that mean something else at another moment."""

_ORDER = {name: place for place, name in enumerate(FILTERS)}
_OPERATORS: tuple[Operator, ...] = ("is", "not", "has")


def _place(one: Condition) -> tuple[int, int]:
    return _ORDER[one.name], _OPERATORS.index(one.operator)


def _pairs(
    given: Mapping[str, str | Sequence[str] | None] | Iterable[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    if not isinstance(given, Mapping):
        yield from given
        return
    for name, texts in given.items():
        for text in [texts] if isinstance(texts, str) else texts or ():
            yield name, text


def _named(parameter: str) -> tuple[str, Operator]:
    name, _, word = parameter.partition(".")
    one = FILTERS.get(name)
    if one is None:
        raise FilterError(f"{name[:50]} is not a filter. Available: {', '.join(sorted(FILTERS))}")
    operator = next((known for known in _OPERATORS if known == (word or "is")), None)
    if operator is None or operator not in one.operators:
        ways = ", ".join(f"{name}.{way}" for way in one.operators if way != "is")
        also = f" and {ways}" if ways else ""
        raise FilterError(f"{parameter[:80]} is not a filter. Available: {name}{also}")
    return name, operator


def _read(one: Filter, text: str, operator: Operator) -> str:
    """A value in its one spelling."""
    text = text.strip()
    if "\0" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        raise FilterError(f"{one.name} has characters that no text can have")
    if len(text) > LONGEST_VALUE:
        raise FilterError(f"{one.name} must have at most {LONGEST_VALUE} characters")
    if operator != "has" and one.may_be_missing and fold(text) == NONE:
        return NONE
    match one.kind:
        case "word" if operator != "has":
            return _word(one, text)
        case "number":
            return _whole(one, text)
        case "time":
            moment(one.name, text, When.now(UTC))
            return text
        case "search":
            if len(asked(text)) > MOST_ASKED:
                raise FilterError(
                    f"{one.name} must have at most {MOST_ASKED} words; fewer find as much"
                )
            return text
        case "text" if one.name.endswith("country") and operator != "has":
            return iso2(text) or text
        case "text" if one.name == "page" and operator != "has":
            path = path_in(text)
            if path is None:
                raise FilterError("page must be a path, such as /pricing, or a page's address")
            return path
        case _:
            return text


def alike(one: Filter, text: str) -> str:
    """A form that is the same for values that mean the same."""
    return text if one.kind == "exact" or one.name in _AS_WRITTEN else fold(text)


_AS_WRITTEN = frozenset({"page", "referrer_host"})
"""Names of pages and hosts, which differ by their accents."""


def _word(one: Filter, text: str) -> str:
    known = {fold(word): word for word in one.words}
    if fold(text) not in known:
        words = ", ".join(one.words)
        raise FilterError(f"{one.name} must be {'one of ' if len(one.words) > 1 else ''}{words}")
    return known[fold(text)]


def _whole(one: Filter, text: str) -> str:
    try:
        number = int(text)
    except ValueError:
        number = _LARGEST + 1
    if abs(number) > _LARGEST:
        raise FilterError(f"{one.name} must be a whole number")
    return str(number)
