"""The filters of a page: widgets whose values live in the URL, under the export's own names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard.filters.from_url import Given, name_of, parameters, take_off, values_of
from dashboard.filters.kept import NOTHING_KEPT, kept_for, only_known, question
from dashboard.widgets.words import as_code
from models.days import date_of
from models.facts.visits import UTM
from models.filters.comparing import as_value
from models.filters.names import FILTERS, NONE
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When
from models.sayings.asking import Kept

Options = Mapping[str, Sequence[str]]

_CHIP_CHARS = 28
_EACH_OWN = "Each visit's own"
_OPERATORS = {"not": "not", "has": "has"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page shows: the filters, and the same as text for a link or an export."""

    filters: Filters
    given: Given
    is_default_range: bool = False
    hides_bots: bool = False
    kept: Kept = NOTHING_KEPT
    """What there is of what they name that people keep."""

    @property
    def asked(self) -> Question:
        """The filters at this moment, of whoever looks."""
        return self.ask(self.filters)

    def ask(self, filters: Filters, when: When | None = None) -> Question:
        """Other filters, by what is kept. Raises `FilterError` for what there is not."""
        return question(self.kept, filters, when)

    def in_link(self) -> Given:
        """The same for a link to a page of the same defaults: its range means the days of then."""
        defaults = {"since", "until"} if self.is_default_range else set()
        defaults |= {"bots"} if self.hides_bots else set()
        return {name: text for name, text in self.given.items() if name not in defaults}


def filter_bar(
    names: Sequence[str],
    *,
    default_days: int | None = None,
    options: Options | None = None,
    search: str = "Name, e-mail or company",
    is_all: bool = False,
    own: Sequence[str] = (),
    hides_bots: bool = False,
) -> Chosen:
    """Show the filters of these names; `q` stands beside the others' button.

    Any other filter of the address counts as well, and has its way out below the bar, but where
    `is_all`: then it is left out, with a word, as is a value that can't be used. `own` are names
    that the screen reads for itself.
    `options` offers known values for a filter; others can be typed. `default_days`: without a range
    the last so many days count, which the caller says on the page (`is_default_range`).
    `hides_bots`: likely bots are left out unless the address says otherwise. `search` says what `q`
    looks through.
    """
    in_url = {name: values for name, values in parameters().items() if name not in own}
    # A widget of one value would make one of several.
    several = {name for name in names if len(values_of(in_url, name)) > 1}
    widgets = [name for name in names if name not in several]
    choices = {name for name in names if FILTERS[name].words or (options or {}).get(name)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="filter_bar"):
        if "q" in names:
            _text("q", live="300ms", width=320, placeholder=search)
        rest = [name for name in widgets if name != "q"]
        count = sum(bool(st.session_state.get(name) or in_url.get(name)) for name in rest)
        count += sum(name not in rest and name != "q" for name in in_url)
        label = f"Filters ({count})" if count else "Filters"
        with st.popover(label, icon=":material/filter_list:", key="filters"):
            with st.grid(4, min_column_width=150, gap="small", key="filter_grid"):
                for name in rest:
                    _widget(name, (options or {}).get(name, ()))
            st.button(
                "Clear all",
                on_click=_clear_all,
                args=(widgets, choices, [name for name in in_url if name not in widgets]),
                disabled=not count,
            )
    given: Given = {
        name: str(st.session_state[name]) for name in widgets if st.session_state.get(name)
    }
    refused = [
        f"{FILTERS[name].label} has no such value"
        for name in widgets
        if in_url.get(name) and name not in given
    ]
    for parameter, values in in_url.items():
        if is_all and name_of(parameter) not in names:
            refused.append(f"this screen can't filter by {FILTERS[name_of(parameter)].label}")
        elif parameter not in widgets:
            given[parameter] = values
    known = kept_for(given)
    given = _usable(given, known, refused)
    _chips(given, choices, set(widgets))
    return _with_defaults(given, default_days, known, hides_bots=hides_bots)


def _with_defaults(
    given: Given, default_days: int | None, known: Kept, *, hides_bots: bool
) -> Chosen:
    is_default_range = bool(default_days) and not ({"since", "until"} & given.keys())
    if is_default_range and default_days:
        # Ends with today: a browser's clock may be years ahead. Whole days, so that caches hold.
        today = date_of(When.now().today())
        since = today - timedelta(days=default_days)
        given |= {"since": since.isoformat(), "until": today.isoformat()}
    hides_bots = hides_bots and "bots" not in given
    if hides_bots:
        given |= {"bots": "hide"}
    return Chosen(Filters.parse(given), given, is_default_range, hides_bots, known)


def say_bots(hidden: int) -> None:
    """Say how many likely bots are hidden, with the way to see them."""
    if not hidden:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="bots_said"):
        noun = "likely bot" if hidden == 1 else "likely bots"
        st.caption(f"{hidden:,} {noun} hidden", width="content")
        st.button("show", type="tertiary", key="show_bots", on_click=_show_bots)


def _show_bots() -> None:
    st.query_params["bots"] = "show"


def _text(name: str, **how: Any) -> None:
    one = FILTERS[name]
    st.text_input(
        one.label,
        key=name,
        bind="query-params",
        type="search" if name == "q" else "default",
        **({"placeholder": one.example} | how),
    )


def _widget(name: str, known: Sequence[str]) -> None:
    one = FILTERS[name]
    offered = one.words or tuple(known)
    if name in UTM and offered:
        offered = (NONE, *map(as_value, offered))
    if not offered:
        _text(name)
        return
    st.selectbox(
        one.label,
        offered,
        index=None,
        key=name,
        bind="query-params",
        placeholder=_EACH_OWN if name == "touch" else "Any",
        accept_new_options=not one.words,
    )


def _usable(given: Given, known: Kept, refused: list[str]) -> Given:
    """The filters that can be used; a word on each that can't."""
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
        # Our own words only: what was given stands in the URL and the widget.
        st.caption(f"Left out: {'; '.join(refused)}.")
    return usable


def _chips(given: Given, choices: Collection[str], widgets: Collection[str]) -> None:
    """What is filtered, each value with its own way out."""
    shown = [(name, value) for name in given if name != "q" for value in values_of(given, name)]
    if not shown:
        return
    with st.container(horizontal=True, key="chips"):
        for place, (parameter, value) in enumerate(shown):
            is_bound = parameter in widgets
            name, _, operator = parameter.partition(".")
            label = " ".join(filter(None, (FILTERS[name].label, _OPERATORS.get(operator))))
            cut = value if len(value) <= _CHIP_CHARS else f"{value[: _CHIP_CHARS - 1]}…"
            st.button(
                f"{label} {as_code(cut)}",
                key=f"chip_{parameter}" if is_bound else f"chip_{parameter}_{place}",
                icon=":material/close:",
                icon_position="right",
                help=f"Take this filter off: {label} {as_code(value)}",
                type="tertiary",
                on_click=_clear if is_bound else take_off,
                args=((parameter,), choices) if is_bound else (parameter, (value,)),
            )


def _clear(names: Sequence[str], choices: Collection[str]) -> None:
    for name in names:
        if name in st.session_state:
            st.session_state[name] = None if name in choices else ""


def _clear_all(names: Sequence[str], choices: Collection[str], parameters: Sequence[str]) -> None:
    _clear(names, choices)
    for parameter in parameters:
        st.query_params.pop(parameter, None)
