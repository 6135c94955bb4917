"""Why a lead is worth calling, on its page: the sentence, fit and intent with their parts."""

from collections.abc import Mapping, Sequence

from dashboard.data.with_company import Row
from dashboard.screens.details.timeline import Shown
from dashboard.widgets.numbers import decimal
from models.facts.ranks import delivery_of
from models.scoring.definition import COMPANYS_OWN
from models.scoring.fit import CRITERION_NAMES, Part
from models.scoring.reasons.breakdown import Breakdown, Given
from models.scoring.reasons.words import named, sentence

MOST_POINTS = 40
"""Points that are shown one by one; the others are negligible."""


def _plain(value: float) -> str:
    """A number, with a decimal only if it has one."""
    return (decimal(value) or "").removesuffix(".0")


def with_points(pages: Mapping[str, Sequence[Row]], of: Breakdown) -> dict[str, list[Row]]:
    """Page events by visit, those that gave points, with how many."""
    gave: dict[tuple[str, int], float] = {}
    for one in of.given:
        if one.place is not None:
            place = (one.sid, one.place)
            gave[place] = gave.get(place, 0) + one.points
    return {
        sid: [
            page | ({"points": _plain(gave[at])} if (at := (sid, page["place"])) in gave else {})
            for page in its
        ]
        for sid, its in pages.items()
    }


def shown(of: Breakdown, lead: Row, sources: Mapping[str, str | None]) -> Shown:
    """The page's content; `lead` and `sources` as on the page."""
    known = "" if of.fit.known is None else f", {of.fit.known} % known"
    parts = of.fit.parts
    return {
        "grade": of.grade,
        "sentence": sentence(of),
        "version": of.version,
        "fit": "not known" if of.fit.fit is None else str(of.fit.fit),
        "fit_known": known,
        "intent": str(of.intent),
        "parts": [part_shown(part, _source(part.criterion.name, lead, sources)) for part in parts],
        "given": [given_shown(one) for one in of.given[:MOST_POINTS]],
        "more": max(0, len(of.given) - MOST_POINTS),
    }


def part_shown(part: Part, delivery: str | None) -> Shown:
    """A criterion with its value and its points; `delivery` is where the value came from."""
    one = part.criterion
    points = None if part.share is None else _plain(one.weight * part.share)
    value = _plain(part.value) if isinstance(part.value, int | float) else part.value
    return {
        "label": CRITERION_NAMES[one.name],
        "text": value,
        "points": "not known" if points is None else f"{points} of {_plain(one.weight)}",
        "delivery": delivery if value is not None else None,
    }


def _source(name: str, lead: Row, sources: Mapping[str, str | None]) -> str | None:
    """The delivery that a criterion's value came from."""
    if name == "country" and not lead["company_country"]:
        return sources["lives_in"]
    if name in COMPANYS_OWN:
        return delivery_of(lead["company_rank"]) if lead["company_rank"] else sources["company"]
    return sources["job_title"]


def given_shown(one: Given) -> Shown:
    """What gave points, with how many then and now."""
    return {
        "text": named(one.what, one.page),
        "page": one.page,
        "ms": one.at,
        "then": _plain(one.points),
        "now": _plain(one.now),
        "delivery": one.delivery,
    }
