"""The bar of filters above a list. Its content is in the page's address, under the export's own
names, so that a link shows a colleague the same and Back undoes the last change.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard.data.settings import now
from dashboard.filters.from_url import Given, name_of, not_here, parameters, values_of
from dashboard.filters.kept import NOTHING_KEPT, kept_for, only_known, question, titles
from dashboard.filters.offers import Of, has_offers
from dashboard.filters.ranges import AGAINST, Against, day_named, label_of, presets
from dashboard.widgets.component import bounded, component
from models.days import date_of
from models.filters.names import FILTERS, Filter
from models.filters.query import LONGEST_VALUE, MOST_VALUES, Filters, Question
from models.filters.times import FilterError, When
from models.segments.asking import Kept

_MOUNT = component(
    "filter_bar",
    """
<section class="bar" aria-label="Filters">
  <div class="row">
    <span class="search"><input type="search" aria-label="Search" autocomplete="off" maxlength="500"
      spellcheck="false"></span>
    <span class="pills"></span>
    <button class="add" type="button" aria-haspopup="dialog" aria-expanded="false">+ Filter</button>
    <button class="clear" type="button" hidden>Clear all</button>
  </div>
  <div class="menu" popover="auto" role="dialog"></div>
</section>
""",
    beside=__file__,
    scripts=("bar_menu.js", "bar_editor.js", "bar_pills.js", "bar.js"),
    style=("bar.css", "bar_menu.css", "bar_pills.css"),
)
_KEY = "filter_bar"
_PAGE_PLACE = "at"
"""The address's parameter for the page of a list, which no longer applies when the filters
change.
"""

_GROUPS = {
    "visit": "The visit",
    "touch": "The visit",
    "lead": "The person",
    "employer": "The company",
    "range": "",
}
_RANGE = frozenset({"since", "until"})
_OFFERED = sorted(FILTERS.values(), key=lambda one: list(_GROUPS).index(one.about))
"""Filters in the order of the menu: those of a group after each other."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page shows: the filters, and the same as text for a link or an export."""

    filters: Filters
    given: Given
    is_default_range: bool = False
    hides_bots: bool = False
    kept: Kept = NOTHING_KEPT
    """The segments and lists that they name."""
    against: Against = "before"

    @property
    def asked(self) -> Question:
        """The filters at this moment, for whoever is looking."""
        return self.ask(self.filters)

    def ask(self, filters: Filters, when: When | None = None) -> Question:
        """Other filters, with the same segments and lists. Raises `FilterError` for unknown
        ones.
        """
        return question(self.kept, filters, when)

    def in_link(self) -> Given:
        """The same for a link to a page with the same defaults: its range then means the days of
        that moment."""
        defaults = set(_RANGE) if self.is_default_range else set()
        defaults |= {"bots"} if self.hides_bots else set()
        return {name: text for name, text in self.given.items() if name not in defaults}


def filter_bar(
    of: Of,
    *,
    default_days: int | None = None,
    search: str = "Name, email or company",
    cannot: Collection[str] = (),
    own: Collection[str] = (),
    ready: Sequence[str] = (),
    hides_bots: bool = False,
    compares: bool = False,
) -> Chosen:
    """Show the bar, with every filter except those this screen `cannot` apply; returns what is
    chosen.

    A filter in the address that can't be applied, and an impossible value, are ignored with a note.
    `own` are parameters that the screen reads for itself. `of`: whose list it is. `ready` are in
    the bar before they are set. `default_days`: without a range, the last this many days count,
    which the caller says on the page (`is_default_range`). `hides_bots`: likely bots are left out
    unless the address says otherwise. `compares`: a range is compared with another one. `search`
    says what `q` looks through.
    """
    in_url = {name: values for name, values in parameters().items() if name not in own}
    offered = [one for one in _OFFERED if one.name not in {*cannot, *own}]
    names = {one.name for one in offered}
    when = now()
    against = _against() if compares else "before"
    _MOUNT(
        key=_KEY,
        data=bounded(
            {
                "of": of,
                "offers": "/api/offers",
                "filters": described({*cannot, *own}, titles()),
                "given": [[name, values_of(in_url, name)] for name in _in_order(in_url)],
                "search": search if "q" in names else None,
                "ready": [name for name in ready if name in names],
                "range": _range(in_url, when, default_days) if "since" in names else None,
                "against": _compared(against) if compares else None,
            }
        ),
        on_ask_change=_take,
    )
    refused = not_here(parameter for parameter in in_url if name_of(parameter) not in names)
    mine = {p: values for p, values in in_url.items() if name_of(p) in names}
    known = kept_for(mine)
    usable = _usable(mine, known, refused)
    found = _with_defaults(usable, default_days, known, hides_bots=hides_bots)
    return replace(found, against=against)


def described(
    cannot: Collection[str] = (), titled: Sequence[tuple[str, str]] = ()
) -> list[dict[str, Any]]:
    """Every filter but those a screen can't apply, as the bar's script reads them. `titled`: what
    segments are called (`kept.titles`).
    """
    return [
        _described(one) | {"titles": titled if one.name == "segment" else ()}
        for one in _OFFERED
        if one.name not in cannot
    ]


def _described(one: Filter) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "meaning": one.meaning.replace("`", ""),
        "group": "" if one.name == "q" else _GROUPS[one.about],
        "kind": one.kind,
        "operators": one.operators,
        "several": one.is_several,
        "words": one.words,
        "example": one.example,
        "offers": has_offers(one.name),
    }


def _in_order(given: Given) -> list[str]:
    place = {name: at for at, name in enumerate(FILTERS)}
    return sorted(given, key=lambda parameter: (place[name_of(parameter)], parameter))


def _range(in_url: Given, when: When, default_days: int | None) -> dict[str, Any]:
    since, until = (next(iter(values_of(in_url, name)), None) for name in ("since", "until"))
    days = {"since": day_named("since", since, when), "until": day_named("until", until, when)}
    return {
        "label": label_of(since, until, when, default_days),
        "isSet": bool(since or until),
        "days": {name: day and day.isoformat() for name, day in days.items()},
        "presets": [one._asdict() for one in presets(when, default_days)],
    }


def _against() -> Against:
    said = st.query_params.get("against", "")
    return said if said in AGAINST else "before"


def _compared(against: Against) -> dict[str, Any]:
    said = "" if against == "none" else f"against {AGAINST[against]}"
    choices = [(name, words.removeprefix("the ").capitalize()) for name, words in AGAINST.items()]
    return {"value": against, "said": said, "choices": choices}


def _take() -> None:
    """Put what the bar asks for into the address, in one step of the browser's history."""
    mounted: Any = st.session_state.get(_KEY) or {}
    change = read_change(mounted.get("ask"))
    if not change:
        return
    _put(change)


def read_change(told: object) -> dict[str, list[str]]:
    """Parameters of the address with their new values, empty to remove one; anything else a browser
    sends is ignored.
    """
    if not isinstance(told, Mapping):
        return {}
    found: dict[str, list[str]] = {}
    for parameter, values in told.items():
        is_known = isinstance(parameter, str) and (
            parameter == "against" or name_of(parameter) in FILTERS
        )
        if not is_known or not isinstance(values, list | tuple):
            continue
        texts = [value for value in values if isinstance(value, str) and value.strip()]
        # One too many, so that the page says so.
        found[parameter] = [text[: LONGEST_VALUE + 1] for text in texts[: MOST_VALUES + 1]]
    return found


def change_filters(**values: str | None) -> None:
    """Set or remove filters in the address, as the bar does; for buttons next to it."""
    _put({name: [value] if value else [] for name, value in values.items()})


def _put(change: Mapping[str, list[str]]) -> None:
    """Put parameters into the address in one step of the browser's history; without values they are
    removed.

    Those that a widget keeps there (`bind`) are left alone: Streamlit lets nobody else set them,
    nor rewrite the whole address while there are some.
    """
    there = st.query_params
    after: dict[str, list[str]] = {
        name: values for name, values in change.items() if values or name in there
    }
    if _PAGE_PLACE in there:
        after[_PAGE_PLACE] = []
    st.query_params.update(after)


def _with_defaults(
    given: Given, default_days: int | None, known: Kept, *, hides_bots: bool
) -> Chosen:
    is_default_range = bool(default_days) and not (_RANGE & given.keys())
    if is_default_range and default_days:
        # Ends with today: a browser's clock may be years ahead. Whole days, so that caches hold.
        today = date_of(now().today())
        since = today - timedelta(days=default_days)
        given |= {"since": since.isoformat(), "until": today.isoformat()}
    hides_bots = hides_bots and "bots" not in given
    if hides_bots:
        given |= {"bots": "hide"}
    return Chosen(Filters.parse(given), given, is_default_range, hides_bots, known)


def say_bots(hidden: int) -> None:
    """Say how many likely bots are hidden, with a way to show them."""
    if not hidden:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bots_said"
    ):
        noun = "likely bot" if hidden == 1 else "likely bots"
        st.caption(f"{hidden:,} {noun} hidden", width="content")
        show = {"bots": "show"}
        st.button("show", type="tertiary", key="show_bots", on_click=change_filters, kwargs=show)


def _usable(given: Given, known: Kept, refused: list[str]) -> Given:
    """The filters that can be used; a note on each that can't."""
    usable: Given = {}
    for parameter, values in given.items():
        try:
            Filters.parse({parameter: values})
        except FilterError as error:
            refused.append(str(error))
        else:
            usable[parameter] = values
    usable = only_known(usable, known, refused)
    if refused:
        # Only our own words: the input is in the address and the bar.
        st.caption(f"Ignored: {'; '.join(dict.fromkeys(refused))}.")
    return usable
