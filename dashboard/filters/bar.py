"""The filters of a page: widgets whose values live in the URL, under the export's own names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import streamlit as st

from dashboard.filters.from_url import (
    ANY_SENDABLE,
    CLICK_IDS,
    LEADS,
    NONE,
    TOUCHES,
    UTM,
    VERDICTS,
    VISITS,
    YES_NO,
    FilterError,
    Filters,
    utm_word,
)
from dashboard.widgets.words import as_code
from models.payloads.vocabulary import ERROR, STAGES, UNCHECKED
from models.settings import settings

Options = Mapping[str, Sequence[str]]

_CHIP_CHARS = 28


class _Look(NamedTuple):
    label: str
    placeholder: str = ""
    options: tuple[str, ...] = ()
    is_number: bool = False


_LOOKS = {
    "q": _Look("Search"),
    "since": _Look("Active from", "2026-01-31"),
    "until": _Look("Active until", "2026-02-28"),
    "utm_source": _Look("Source"),
    "utm_medium": _Look("Medium"),
    "utm_campaign": _Look("Campaign"),
    "utm_term": _Look("Term"),
    "utm_content": _Look("Content"),
    "stage": _Look("Stage", options=tuple(STAGES)),
    "validity": _Look("E-mail status", options=(ANY_SENDABLE, *VERDICTS, UNCHECKED, ERROR)),
    "company": _Look("Company", "Domain or name"),
    "country": _Look("Country", "PT"),
    "pid": _Look("Pixel"),
    "referrer": _Look("Referrer has", "google."),
    "landing_page": _Look("Landing page has", "/pricing"),
    "click_id": _Look("Click id", options=CLICK_IDS),
    "device": _Look("Device", options=("desktop", "mobile", "tablet", "bot")),
    "visit": _Look("Visit", options=VISITS),
    "leads": _Look("Leads", options=LEADS),
    "touch": _Look("Touch", "Each visit's own", options=TOUCHES),
    "hot": _Look("Hot pages", options=YES_NO),
    "min_bot_score": _Look("Bot score from", "30", is_number=True),
    "min_pages": _Look("Pages from", "2", is_number=True),
    "min_duration": _Look("Seconds from", "60", is_number=True),
    "industry": _Look("Industry"),
    "funding": _Look("Last round"),
    "min_employees": _Look("Employees from", "50", is_number=True),
    "max_employees": _Look("Employees to", "1000", is_number=True),
    "min_growth": _Look("Growth from, %", "10", is_number=True),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page shows: the filters, and the same as text for a link or an export."""

    filters: Filters
    given: dict[str, str]
    is_default_range: bool = False

    def in_link(self) -> dict[str, str]:
        """The same for a link to a page of the same default range: it means the days of then."""
        range_ = {"since", "until"} if self.is_default_range else set()
        return {name: text for name, text in self.given.items() if name not in range_}


def filter_bar(
    names: Sequence[str],
    *,
    default_days: int | None = None,
    options: Options | None = None,
    search: str = "Name, e-mail or company",
) -> Chosen:
    """Show the filters of these names; `q` stands beside the others' button.

    `options` offers known values for a filter; others can be typed. `default_days`: without a range
    the last so many days count, which the caller says on the page (`is_default_range`). `search`
    says what `q` looks through. A value that can't be used is left out, with a word.
    """
    raw = {name: st.query_params.get(name) for name in names}
    choices = {name for name in names if _LOOKS[name].options or (options or {}).get(name)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="filter_bar"):
        if "q" in names:
            _text("q", live="300ms", width=320, placeholder=search)
        rest = [name for name in names if name != "q"]
        count = sum(bool(st.session_state.get(name) or raw[name]) for name in rest)
        label = f"Filters ({count})" if count else "Filters"
        with st.popover(label, icon=":material/filter_list:", key="filters"):
            with st.grid(4, min_column_width=150, gap="small", key="filter_grid"):
                for name in rest:
                    _widget(name, (options or {}).get(name, ()))
            st.button("Clear all", on_click=_clear, args=(names, choices), disabled=not count)
    given = {name: str(st.session_state[name]) for name in names if st.session_state.get(name)}
    filters, given = _usable(given, raw)
    _chips(given, choices)
    if default_days and not ({"since", "until"} & given.keys()):
        # Ends with today: a browser's clock may be years ahead. Whole days, so that caches hold.
        today = datetime.now(settings().zone()).date()
        since = today - timedelta(days=default_days)
        given |= {"since": since.isoformat(), "until": today.isoformat()}
        return Chosen(Filters.parse(given), given, is_default_range=True)
    return Chosen(filters, given)


def _text(name: str, **how: Any) -> None:
    look = _LOOKS[name]
    st.text_input(
        look.label,
        key=name,
        bind="query-params",
        type="search" if name == "q" else "default",
        **({"placeholder": look.placeholder} | how),
    )


def _widget(name: str, known: Sequence[str]) -> None:
    look = _LOOKS[name]
    offered = look.options or tuple(known)
    if name in UTM and offered:
        offered = (NONE, *map(utm_word, offered))
    if not offered:
        _text(name)
        return
    st.selectbox(
        look.label,
        offered,
        index=None,
        key=name,
        bind="query-params",
        placeholder=(look.options and look.placeholder) or "Any",
        accept_new_options=not look.options,
    )


def _usable(given: dict[str, str], raw: Mapping[str, str | None]) -> tuple[Filters, dict[str, str]]:
    """The filters that can be used; a word on each that can't."""
    usable: dict[str, str] = {}
    refused = [
        f"{_LOOKS[name].label} has no such value" for name in raw if raw[name] and name not in given
    ]
    for name, text in given.items():
        try:
            Filters.parse({name: text})
        except FilterError as error:
            refused.append(str(error))
        else:
            usable[name] = text
    if refused:
        # Our own words only: what was given stands in the URL and the widget.
        st.caption(f"Left out: {'; '.join(refused)}.")
    return Filters.parse(usable), usable


def _chips(given: Mapping[str, str], choices: Collection[str]) -> None:
    """What is filtered, each with its own way out."""
    shown = [name for name in given if name != "q"]
    if not shown:
        return
    with st.container(horizontal=True, key="chips"):
        for name in shown:
            label, value = _LOOKS[name].label, given[name]
            cut = value if len(value) <= _CHIP_CHARS else f"{value[: _CHIP_CHARS - 1]}…"
            st.button(
                f"{label} {as_code(cut)}",
                key=f"chip_{name}",
                icon=":material/close:",
                icon_position="right",
                help=f"Take this filter off: {label} {as_code(value)}",
                type="tertiary",
                on_click=_clear,
                args=((name,), choices),
            )


def _clear(names: Sequence[str], choices: Collection[str]) -> None:
    for name in names:
        if name in st.session_state:
            st.session_state[name] = None if name in choices else ""
