"""Why somebody is worth calling, in words: made by fixed rules from what their scores are made of,
never guessed.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from models.facts.paths import page_of
from models.scoring.definition import ANY_OTHER
from models.scoring.intent import DAY_MS, FORM, RETURN_VISIT, SIGNAL, together
from models.scoring.reasons.breakdown import Breakdown, Given

_HALF = 0.5


class Kind(NamedTuple):
    """Points of a kind: the newest, and how many times they were given."""

    newest: Given
    times: int


def named(what: str, page: str | None = None) -> str:
    """What gave points, in words: "Asked for a demo", "Looked at /pricing", "Came back"."""
    found = page_of(page) if page else None
    path = found.path if found else None
    if what == RETURN_VISIT:
        return "Came back"
    if what.startswith(SIGNAL):
        name = what.removeprefix(SIGNAL)
        if name.startswith(FORM) and path and "demo" in path.lower():
            return "Asked for a demo"
        said = "Sent a form" if name.startswith(FORM) else name.replace("_", " ").capitalize()
        return f"{said} on {path}" if path else said
    shown = path if what == ANY_OTHER else what
    return f"Looked at {shown}" if shown else "Looked at a page"


def reasons(of: Breakdown, *, timed: bool = True) -> list[str]:
    """What somebody did, in words, best reason first: forms first, then what has most points left,
    grouped by kind; `timed`: with how long ago.
    """
    return [in_words(its, of.moment if timed else None) for its in kinds_of(of)]


def kinds_of(of: Breakdown) -> list[Kind]:
    """Points grouped by kind, in the order of `reasons`."""
    newest = max((one.at for one in of.given), default=0)
    return grouped([Kind(one, 1) for one in of.given], newest, of.half_life_ms)


def grouped(its: Iterable[Kind], newest: int, half_life_ms: float) -> list[Kind]:
    """Those of one name together, in the order of `reasons`; `newest` is when the newest of all
    points was given (Unix ms).
    """
    of_name: dict[str, list[Kind]] = defaultdict(list)
    for one in its:
        given = one.newest
        of_name[named(given.what, given.page) if given.is_form else given.what].append(one)
    left = {
        name: together(((one.newest.at, one.newest.points) for one in those), newest, half_life_ms)
        for name, those in of_name.items()
    }
    order = sorted(left, key=lambda n: (not of_name[n][0].newest.is_form, -left[n], n))
    return [
        Kind(
            min((one.newest for one in of_name[name]), key=lambda it: (-it.at, it.sid, it.what)),
            sum(one.times for one in of_name[name]),
        )
        for name in order
    ]


def in_words(of: Kind, moment: int | None) -> str:
    """What a kind of points is for; with a moment (Unix ms), how long before it the newest was."""
    newest, times = of
    when = "" if moment is None else ago(newest.at, moment)
    is_several = newest.what == ANY_OTHER and times > 1
    said = "Looked at other pages" if is_several else named(newest.what, newest.page)
    often = f" in {times} visits" if is_several else f" {times} times" if times > 1 else ""
    last = ", last" if times > 1 and when else ""
    return f"{said}{often}{last} {when}".rstrip()


def ago(at: int, moment: int) -> str:
    """How long before a moment (Unix ms) something was."""
    minutes = max(0, moment - at) // 60_000
    if minutes < 2:  # noqa: PLR2004 - a minute is as good as now
        return "just now"
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} minutes ago"
    hours = minutes // 60
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} hours ago"
    return f"{max(0, moment - at) // DAY_MS} days ago"


def who(of: Breakdown) -> list[str]:
    """Who somebody is, as far as it is relevant: the title, and the employer's size."""
    shares = {part.criterion.name: part.share for part in of.fit.parts}

    def speaks(*names: str) -> bool:
        known = [share for name in names if (share := shares.get(name)) is not None]
        return not known or max(known) >= _HALF

    said = []
    if of.title and speaks("seniority", "department", "title"):
        said.append(of.title)
    if of.employees is not None and of.employees > 0 and speaks("employees"):
        said.append(f"{of.employees:,.0f} people")
    return said


def sentence(of: Breakdown) -> str:
    """Breakdown now, in one sentence."""
    did = reasons(of)[:2]
    is_who = ", ".join(who(of))
    if not did:
        return f"Nothing recently{f'; {is_who}' if is_who else ''}."
    second = f", and {did[1][0].lower()}{did[1][1:]}" if len(did) > 1 else ""
    return f"{did[0]}{second}{f'; {is_who}' if is_who else ''}."
