"""From the bytes of a delivery to a payload: what can't be read, what is unknown, what is lost.

The common case is one pass of the strict payload types over the bytes. Only if that complains is
the event read the long way: each complaint is about an unknown field (noted), a broken essential
(the event is quarantined), or a bad field (only that field is dropped).
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.payloads.events import EVENTS, Enriched, Envelope, Finalized, Resolved, Validated

Event = Resolved | Enriched | Validated | Finalized

ESSENTIAL = frozenset(
    {
        "vid", "sid", "sessionId",
        "createdAt", "endedAt", "lastActivity", "ts", "sessionEndedAt", "finalizedAt",
        "events", "emails", "validations", "emailValidations", "companies",
        "employments", "experience",
    }
)  # fmt: skip
"""Fields whose breakage quarantines the event (docs/invariants.md, 3)."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

DEEPEST = 250
"""Levels of nesting. The parser's own limit depends on its caller; this one is the same for intake
and replay, and higher than what the fast way reads."""

MOST_ITEMS = 10_000
"""Items of a list that are read; the rest is lost (docs/bounds.md)."""

MOST_COMPLAINTS = 50_000
"""Fields of an event that may be bad or unknown: each costs a kilobyte during reading."""

_ENVELOPE_DEPTH = 1


class UnreadableError(Exception):
    """The event can't be derived; the message says why, without any of its values."""

    def __init__(self, reason: str, event_type: str | None = None) -> None:
        super().__init__(reason)
        self.event_type = event_type


@dataclass(slots=True)
class Reading:
    """An event as read: `event` is None for a type that this version does not know."""

    envelope: Envelope
    event: Event | None
    unknown: list[str] = field(default_factory=list)
    """Paths of unknown fields, list places as `[]`; `type` itself when the type is unknown."""


def read(body: bytes) -> Reading:
    """Read the exact bytes of a delivery.

    Raises `UnreadableError` if they are not a JSON object, or if the envelope, an id, a time or an
    essential list is broken.
    """
    # With fewer commas, no list is too long, and not much can be wrong.
    if body.count(b",") < MOST_ITEMS and b"\\u0000" not in body:
        kind = _peek_type(body)
        if kind is not None:
            try:
                event = EVENTS[kind].model_validate_json(body)
            except ValidationError:
                pass
            else:
                if event.type == kind:
                    return Reading(event, event)
    return _read_the_long_way(body)


def _peek_type(body: bytes) -> str | None:
    """The type that the envelope seems to name; a wrong guess only costs the long way."""
    found = _TYPE.search(body)
    return _KINDS.get(found[1]) if found else None


_TYPE = re.compile(rb'"type" ?: ?"(identity\.[a-z.]{1,32})"')
_KINDS = {kind.encode(): kind for kind in EVENTS}


def _read_the_long_way(body: bytes) -> Reading:
    try:
        tree = _scrub(json.loads(body), DEEPEST)
    except RecursionError:
        raise UnreadableError("nested too deeply to be read") from None
    except ValueError:
        # Not the exception's text: a JSON error quotes nothing from the body, but a Unicode error
        # does.
        raise UnreadableError("not JSON") from None
    if not isinstance(tree, dict):
        raise UnreadableError("not a JSON object")
    kind = tree.get("type")
    event_type = kind if isinstance(kind, str) and kind else None
    try:
        envelope = Envelope.model_validate(tree)
    except ValidationError as error:
        raise UnreadableError(_broken(_details(error)[0]), event_type) from None
    if envelope.type not in EVENTS:
        return Reading(envelope, None, ["type"])
    return _read_known(envelope, tree)


def _read_known(envelope: Envelope, tree: dict[str, Any]) -> Reading:
    model = EVENTS[envelope.type]
    unknown: set[str] = set()
    while True:
        try:
            event = model.model_validate(tree)
        except ValidationError as error:
            if error.error_count() > MOST_COMPLAINTS:
                raise UnreadableError(
                    f"more than {MOST_COMPLAINTS:,} fields are bad or unknown", envelope.type
                ) from None
            complaints = _details(error)
        else:
            return Reading(event, event, sorted(unknown))
        drop: set[tuple[int | str, ...]] = set()
        for complaint in complaints:
            place = complaint["loc"]
            if complaint["type"] == "extra_forbidden":
                unknown.add(_path(place))
            elif _is_essential(place) and not _is_empty_text(tree, place):
                raise UnreadableError(_broken(complaint), envelope.type)
            drop.add(place)
        # From the end, so that the places of earlier list items stay correct.
        for place in sorted(drop, key=_sort_key, reverse=True):
            _remove(tree, place)


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_context=False, include_input=False)


def _is_essential(place: tuple[int | str, ...]) -> bool:
    if len(place) == _ENVELOPE_DEPTH:
        return True
    names = [part for part in place if isinstance(part, str)]
    return names[-1] in ESSENTIAL


def _is_empty_text(tree: Any, place: tuple[int | str, ...]) -> bool:
    """Whether there is an empty text, which counts as missing (docs/merge-rules.md)."""
    for step in place:
        if isinstance(tree, dict) and step not in tree:
            return False
        tree = tree[step]
    return bool(tree == "") and isinstance(place[-1], str) and len(place) > _ENVELOPE_DEPTH


_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "float_type": "must be a whole number of milliseconds",
    "multiple_of": "must be a whole number of milliseconds",
    "finite_number": "must be a whole number of milliseconds",
    "greater_than_equal": "must lie within the years 1970 to 9999",
    "less_than_equal": "must lie within the years 1970 to 9999",
    "list_type": "must be a list",
    "model_type": "must be an object",
}


def _broken(complaint: ErrorDetails) -> str:
    words = _WORDS.get(complaint["type"], f"can't be read ({complaint['type']})")
    return f"{_path(complaint['loc'])} {words}"


def _path(place: tuple[int | str, ...]) -> str:
    """`data.session.events[].ts`: list places are left out, so that a path names a field."""
    text = ""
    for part in place:
        text += "[]" if isinstance(part, int) else f".{part}" if text else part
    return text[:500]


def _sort_key(place: tuple[int | str, ...]) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, p, "") if isinstance(p, int) else (1, 0, p) for p in place)


def _remove(tree: Any, place: tuple[int | str, ...]) -> None:
    *way, last = place
    for step in way:
        tree = tree[step]
    del tree[last]


def _scrub(value: Any, levels: int) -> Any:
    """Replace what no database text can hold: NUL and lone surrogates (Postgres refuses both); cut
    lists that are too long.

    Raises `RecursionError` when nested deeper than `levels`.
    """
    if levels == 0:
        raise RecursionError
    if isinstance(value, str):
        if "\0" in value:
            value = value.replace("\0", REPLACEMENT)
        if value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_scrub(key, levels - 1): _scrub(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrub(item, levels - 1) for item in value[:MOST_ITEMS]]
    return value
