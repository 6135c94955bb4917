"""What was said about a lead, as pages show it."""

from collections.abc import Sequence
from typing import Any

from dashboard.access.account import Account
from dashboard.annotations.acts import TAKE_AWAY
from dashboard.widgets import words
from models.annotations.ownership import owner_name
from models.annotations.statements import NEW, NOTE, OWNER

Shown = dict[str, Any]


def whose(lead: dict[str, Any], asker: Account) -> Shown:
    """Owner and status of a lead (a row with both), for `annotating.js`."""
    return {
        "owner": lead["owner"],
        "status": lead["status"] or NEW,
        "statuses": words.STATUSES,
        "me": owner_name(asker.who),
        "takes_away": asker.may(TAKE_AWAY),
    }


def between(visits: Sequence[Shown], said: Sequence[Shown]) -> list[list[Shown]]:
    """What was said after the beginning of each visit and before the next one, both newest first;
    at the end, what was said before all visits.
    """
    rest = list(said)
    found = []
    for visit in visits:
        since = [one for one in rest if one["at"] >= visit["ms"]]
        rest = [one for one in rest if one["at"] < visit["ms"]]
        found.append([as_line(one) for one in since])
    return [*found, [as_line(one) for one in rest]]


def as_line(said: Shown) -> Shown:
    """A statement as a line: `did` in words, and a note's text."""
    value = said["value"]
    match said["kind"]:
        case kind if kind == NOTE:
            did, text = "wrote", value
        case kind if kind == OWNER and value is None:
            did, text = "released this lead", None
        case kind if kind == OWNER and value == owner_name(said["who"]):
            did, text = "took this lead", None
        case kind if kind == OWNER:
            did, text = f"gave this lead to {value}", None
        case _:
            did, text = f"marked it as {words.STATUSES.get(value, value)}", None
    return {"ms": said["at"], "who": said["who"], "did": did, "text": text}
