"""Who matches each viewer's filters, kept from one look to the next.

Filters are asked of the database together: one statement reads each lead once, so that fifty cost
little more than one. At news those alone are read who were heard of since; all others are sifted
again by and by, some at a time, so that no look is a long one. A segment of very many costs what
one of ten does: it is tested for the newest leads and no others.
"""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from dashboard.data.settings import now
from dashboard.screens.live.queries import Match, Matching, has_quiet_lists, newest_leads, shown
from dashboard.screens.live.sifting.masks import (
    MOST_TOGETHER,
    MOST_VALUES,
    Asked,
    Matches,
    Statement,
    together,
)
from dashboard.screens.live.sifting.standing import LOWEST, Standing, standings
from dashboard.screens.live.wanted import Wanted
from models.filters.query import Question
from models.filters.times import FilterError
from models.segments.asking import Kept, kept, spelled_out

SLACK_MS = 30_000
"""A delivery may be derived so long after one that came later, and is then heard of so far back."""

MOST_CHANGED = 400
"""More than so many changed leads are no longer sifted one by one."""

SOME = 400
"""Leads that are sifted again at a time: some 20 ms for thirty filters."""


class Look:
    """What one look at the database asks once for all filters."""

    def __init__(
        self,
        db: Connection,
        spoken_of: Collection[str] = (),
        heard: Mapping[str, int] | None = None,
    ) -> None:
        """Within one transaction of `db`. `spoken_of`: leads of whom something was said of late;
        `heard`: what a look found when it is still true, so that nothing is new.
        """
        self.db = db
        self.when = now()
        self.heard = newest_leads(db) if heard is None else heard
        """When the leads were heard of that are looked among (Unix ms), newest first."""
        self.hushes = has_quiet_lists(db)
        self.moved = set[str]()
        """Who may have changed without being heard of anew, and, when filters are sifted, whoever
        was heard of since they last were.
        """
        if heard is None:
            self.moved = _late(self.heard) | self.heard.keys() & set(spoken_of)
        self._kept: Kept | None = None

    @property
    def of(self) -> int:
        """How many leads are looked among."""
        return len(self.heard)

    def asked(self, wanted: Wanted) -> Question:
        """The question at this moment. Raises `FilterError` for a segment or list that is gone."""
        if self._kept is None:
            self._kept = kept(self.db)
        return spelled_out(self._kept, wanted.filters, self.when, who=wanted.who)


class Sifted(NamedTuple):
    """Who matches now; `is_other`: not the same people in the same order. `refused`: why nobody
    can, in words.
    """

    matching: Matching
    is_other: bool
    refused: str | None = None


@dataclass(slots=True)
class _Batch:
    """Filters that are asked together, each with its bit, and what is known of the leads: when they
    were heard of, what they match, how they stand. `left`: who is to be sifted again in this round;
    `is_stale`: another round is due, for somebody was sifted alone since this one began.
    """

    bits: dict[Wanted, int]
    size: int
    heard: Mapping[str, int] = field(default_factory=dict)
    matches: dict[str, Matches] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    matching: dict[Wanted, Matching] = field(default_factory=dict)
    refused: dict[Wanted, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    is_stale: bool = False

    def by_grade(self) -> int:
        """The bits of the filters whose viewers want the best first."""
        return sum(bit for one, bit in self.bits.items() if one.by_grade)


class Sieve:
    """Keeps who matches; used by one thread at a time."""

    def __init__(
        self,
        some: int = SOME,
        most_together: int = MOST_TOGETHER,
        most_values: int = MOST_VALUES,
    ) -> None:
        """Nothing is kept until somebody asks. `some`: leads that are sifted again at a time; of a
        statement, `most_together` filters and `most_values` values.
        """
        self._some, self._most_together, self._most_values = some, most_together, most_values
        self._batches: list[_Batch] = []
        self._statements: dict[tuple[bool, tuple[Asked | None, ...]], Statement] = {}

    def whole(self, look: Look, every: Collection[Wanted]) -> Iterator[dict[Wanted, Sifted]]:
        """Sift all leads anew for these filters, some of these at a time. Who stops in between
        leaves the others as they were.
        """
        refused: dict[Wanted, str] = {}
        questions = _questions(look, every, refused)
        for some in together(questions, self._most_together, self._most_values):
            before = self._drop(some)
            bits = {one: 1 << place for place, one in enumerate(some)}
            batch = _Batch(bits, len(some), heard=look.heard)
            batch.refused = {one: refused[one] for one in some if one in refused}
            statement = self._statement(look, list(some.values()))
            batch.matches = statement.of(look.db, list(look.heard))
            self._stand(look, batch, batch.matches)
            batch.matching = _matching(look, batch, -1)
            self._batches.append(batch)
            yield {
                one: Sifted(matching, matching != before.get(one), refused.get(one))
                for one, matching in batch.matching.items()
            }

    def newest(self, look: Look) -> dict[Wanted, Sifted]:
        """Sift only those who were heard of since, for all filters that are kept."""
        found: dict[Wanted, Sifted] = {}
        for batch in list(self._batches):
            if batch.heard is look.heard:
                continue  # in this very look
            look.moved |= {key for key, at in look.heard.items() if batch.heard.get(key) != at}
            if len(look.moved) <= MOST_CHANGED:
                batch.is_stale = True
                found |= self._part(look, batch, look.moved)
                continue
            for some in self.whole(look, list(batch.bits)):
                found |= some
        return found

    def some(self, look: Look) -> dict[Wanted, Sifted]:
        """Sift some leads again for some filters, those whose turn it is; nothing when no round is
        due. Whoever is new to the look must have been sifted: `newest` does it.
        """
        batch = next((one for one in self._batches if one.left or one.is_stale), None)
        if batch is None:
            return {}
        if not batch.left:
            batch.left, batch.is_stale = list(look.heard), False
        some, batch.left = batch.left[: self._some], batch.left[self._some :]
        self._batches.remove(batch)
        self._batches.append(batch)
        return self._part(look, batch, look.heard.keys() & set(some))

    def _part(self, look: Look, batch: _Batch, changed: Set[str]) -> dict[Wanted, Sifted]:
        refused: dict[Wanted, str] = {}
        questions = _questions(look, batch.bits, refused)
        asked: list[Question | None] = [None] * batch.size
        for one, bit in batch.bits.items():
            asked[bit.bit_length() - 1] = questions[one]
        new = self._statement(look, asked).of(look.db, sorted(changed))
        by_grade, others = batch.by_grade(), 0
        for key in changed:
            old, its = batch.matches.pop(key, None), new.get(key)
            masks = (old.mask if old else 0) | (its.mask if its else 0)
            is_other = old != its or batch.heard.get(key) != look.heard[key]
            others |= masks if is_other else masks & by_grade
            if its:
                batch.matches[key] = its
        for key in batch.matches.keys() - look.heard.keys():
            others |= batch.matches.pop(key).mask
        self._stand(look, batch, new)
        for one, bit in batch.bits.items():
            if refused.get(one) != batch.refused.get(one):
                others |= bit
        batch.heard, batch.refused = look.heard, refused
        before, now_matching = batch.matching, _matching(look, batch, others)
        batch.matching = {
            one: now_matching.get(one) or its._replace(of=look.of) for one, its in before.items()
        }
        return {
            one: Sifted(its, its != before[one]._replace(of=look.of), refused.get(one))
            for one, its in batch.matching.items()
        }

    def _stand(self, look: Look, batch: _Batch, matches: Mapping[str, Matches]) -> None:
        """Look up how those stand whom a viewer wants to see in that order."""
        if by_grade := batch.by_grade():
            its = [key for key, one in matches.items() if one.mask & by_grade]
            batch.standing |= standings(look.db, its, look.when.ms)

    def _statement(self, look: Look, questions: list[Question | None]) -> Statement:
        """The statement of questions: the one there was, where time changes nothing of it."""
        if not all(one is None or one.is_timeless() for one in questions):
            return Statement(questions, hushes=look.hushes)
        asked = tuple(None if one is None else (one.filters, one.segments) for one in questions)
        known = (look.hushes, asked)
        if known not in self._statements:
            if len(self._statements) >= _MOST_STATEMENTS:
                self._statements.clear()
            self._statements[known] = Statement(questions, hushes=look.hushes)
        return self._statements[known]

    def is_stale(self) -> bool:
        """Whether somebody is to be sifted again."""
        return any(one.left or one.is_stale for one in self._batches)

    def age(self) -> None:
        """Time alone has changed who matches: all are to be sifted again."""
        for batch in self._batches:
            batch.is_stale = True

    def keep(self, every: Collection[Wanted]) -> None:
        """Keep nothing for filters that nobody has any more."""
        self._drop([one for batch in self._batches for one in batch.bits if one not in every])

    def _drop(self, gone: Collection[Wanted]) -> dict[Wanted, Matching]:
        """Forget filters; gives who matched them."""
        before: dict[Wanted, Matching] = {}
        for batch in self._batches:
            for one in gone:
                if batch.bits.pop(one, None):
                    before[one] = batch.matching.pop(one)
        self._batches = [batch for batch in self._batches if batch.bits]
        return before


def _late(heard: Mapping[str, int]) -> set[str]:
    edge = max(heard.values(), default=0) - SLACK_MS
    return {key for key, heard_at in heard.items() if heard_at >= edge}


def _questions(
    look: Look, every: Collection[Wanted], refused: dict[Wanted, str]
) -> dict[Wanted, Question | None]:
    """What filters ask; `refused` is told why nobody can match some of them."""
    found: dict[Wanted, Question | None] = {}
    for wanted in every:
        try:
            found[wanted] = look.asked(wanted)
        except FilterError as error:  # a segment or list that was deleted meanwhile
            found[wanted], refused[wanted] = None, f"{error}."
    return found


def _matching(look: Look, batch: _Batch, bits: int) -> dict[Wanted, Matching]:
    """Who matches the filters of these bits."""
    if not bits:
        return {}
    every = [
        (Match(heard_at, key, its.is_bot), its.mask)
        for key, heard_at in look.heard.items()
        if (its := batch.matches.get(key))
    ]
    found: dict[Wanted, Matching] = {}
    for wanted, bit in batch.bits.items():
        if not bits & bit:
            continue
        those = [one for one, mask in every if mask & bit]
        if wanted.by_grade:
            standing = batch.standing
            those = [one._replace(standing=standing.get(one.key, LOWEST)) for one in those]
        found[wanted] = shown(those, wanted, look.of)
    return found


_MOST_STATEMENTS = 16
