"""How values compare, as a plain reading of the words: without SQL, by what visitors sent."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from models.facts.channels import host_of
from models.facts.search import fold, fold_whole
from models.filters.comparing import spelled
from models.filters.names import NONE
from models.filters.query import Condition, Question
from models.payloads.vocabulary import SENDABLE

Row = dict[str, Any]


def within(ms: int, asked: Question) -> bool:
    since, until = asked.since, asked.until
    return (since is None or ms >= since) and (until is None or ms <= until)


def is_bot(visit: Row) -> bool:
    score = visit["bot_score"]
    return visit["verified_bot"] is True or (score is not None and score < 30)


def lower(text: str) -> str:
    return "".join(mark.lower() if mark.isascii() else mark for mark in text)


def _compare(text: str | None, one: Condition, is_alike: Callable[[str, str], bool]) -> bool:
    """Whether any value is like a text; `(none)` is like no text at all."""
    if one.operator == "has":
        return text is not None and any(is_alike(value, text) for value in one.values)
    if text is None:
        return NONE in one.values
    return any(is_alike(spelled(value), text) for value in one.values if value != NONE)


def text_is(text: str | None, one: Condition) -> bool:
    if one.operator == "has":
        return _compare(text, one, lambda value, own: fold(value) in fold(own))
    return _compare(text, one, lambda value, own: fold(value) == fold(own))


def part_is(text: str | None, one: Condition) -> bool:
    return _compare(text, one, lambda value, own: lower(value) in lower(own))


def address_has(text: str | None, one: Condition) -> bool:
    """Parts of addresses compare decoded, and without case and accents."""
    return _compare(text, one, lambda value, own: (_part(value) or lower(value)) in _part(own))


def page_has(path: str, one: Condition) -> bool:
    """The same of a path, which is decoded already."""
    return any((_part(value) or lower(value)) in fold(path) for value in one.values)


def _part(text: str) -> str:
    return fold_whole(unquote(text).replace("\0", "\ufffd"))


def word_is(word: str | None, one: Condition) -> bool:
    if one.operator == "has":
        return _compare(word, one, lambda value, own: fold(value) in fold(own))
    return _compare(word, one, str.__eq__)


def host_is(host: str | None, one: Condition) -> bool:
    if one.operator == "has":
        return part_is(host, one)
    return _compare(host, one, lambda value, own: (host_of(value) or value) == own)


def country_is(country: str | None, one: Condition) -> bool:
    if one.operator == "has":
        return part_is(country, one)
    return _compare(country, one, lambda value, own: lower(value) == lower(own))


def verdict_is(verdict: str | None, one: Condition) -> bool:
    if one.operator == "has":
        return verdict is not None and any(lower(v) in lower(verdict) for v in one.values)
    if verdict is None:
        return bool({"unchecked", NONE} & {fold(spelled(value)) for value in one.values})
    return any(
        verdict in {value, fold(value)} - {"unchecked", "error", "sendable", NONE}
        or (fold(value) == "sendable" and verdict in SENDABLE)
        for value in map(spelled, one.values)
    )


def is_called(name: str | None, one: Condition) -> bool:
    own = fold(name or "")[:400]
    names = [fold(spelled(value))[:400] for value in one.values if value != NONE]
    if one.operator == "has":
        return any(fold(value)[:400] in own for value in one.values if fold(value))
    return bool(own) and own in names
