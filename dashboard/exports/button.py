"""The Export button of a page: what matches the filters, as plain CSV or in another tool's
format.
"""

from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access import roles
from dashboard.access.account import here
from dashboard.data.reading import AWAY
from dashboard.data.settings import now
from dashboard.data.source import source
from dashboard.errors import answer_to
from dashboard.exports.order import Ask, Order, OrderError
from dashboard.exports.presets.presets import CONVERSIONS, PRESETS
from dashboard.filters.bar import Chosen
from dashboard.filters.from_url import Given, name_of
from models.annotations.export_memory import ITEMS, Memory, has_given
from models.exports.columns import EXPORTS
from models.payloads.vocabulary import STAGES
from models.segments.asking import asked as question
from models.storage.version import version as version_now

Options = Given

_PLAIN = "Plain CSV"


@st.fragment
def export_button(name: str, chosen: Chosen) -> None:
    """Show the button for one of the exports; the file has all rows that match the page's filters.

    Only people who may have it see it. A fragment: choices here do not run the page again. While
    closed it reads nothing.
    """
    if not may_export(name):
        return
    popover = st.popover(
        "Export", icon=":material/download:", key=f"export_{name}", on_change="rerun"
    )
    if popover.open:
        with popover:
            _choices(name, chosen.given, chosen.ask, chosen.asked.when.ms)


def may_export(name: str) -> bool:
    """Whether the current account may have an export."""
    return here().may(roles.EXPORTS[name])


def _choices(name: str, given: Given, ask: Ask, shown_ms: int) -> None:
    _again(name, given)
    options = _format(name) | _since(name)
    try:
        order = Order.parse(name, given | options, now(), ask)
    except OrderError as error:
        st.text(f"{error}.")
        return
    if order.preset:
        _say_what_qualifies(name, given | options)
    else:
        st.caption("All rows that match the filters, not only this page.")
    asked = {key: text for key, text in (given | options).items() if text}
    if name == "leads" and not order.preset:
        # Scores as of the moment the page shows: they fade while somebody looks at it.
        asked["at"] = _iso(shown_ms)
    st.link_button(
        "Download",
        f"/api/export/{name}.csv" + (f"?{urlencode(asked, doseq=True)}" if asked else ""),
        icon=":material/download:",
        width="stretch",
    )


def _iso(ms: int) -> str:
    """A moment as written in links."""
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def _again(name: str, given: Given) -> None:
    """Files in one click: for each format in which this person has downloaded one, what is new
    since; of leads, as long as none was for another tool, all in each tool's format.
    """
    if name not in ITEMS:
        return
    formats = {"csv": "", **{one: one for one, preset in PRESETS.items() if preset.table == name}}
    try:
        with source().read() as db:
            had = [
                preset
                for kind, preset in formats.items()
                if has_given(db, Memory(name, f"{kind} of {here().who}"))
            ]
    except SQLAlchemyError:
        return  # the rest of the dialog says that the database is away
    # What one takes to a mailing: the commonest filter of all, where none of its kind is set.
    is_free = name == "leads" and not any(name_of(one) == "validity" for one in given)
    ways: dict[str, Options] = {"only new since my last export": {}}
    if is_free:
        ways["only new and sendable"] = {"validity": "sendable"}
    for preset in had:
        for way, more in ways.items():
            _file(name, preset, way, given | more)
    if name == "leads" and not any(had):
        for preset in filter(None, formats.values()):
            if is_free:
                _file(name, preset, "all sendable", {**given, "validity": "sendable"})
            else:
                _file(name, preset, "all of these", given)


def _file(name: str, preset: str, way: str, given: Given) -> None:
    """A link to a file of what no file of this format had, to be remembered like these."""
    asked = {**given, "since_last": "new"} | ({"preset": preset} if preset else {})
    st.link_button(
        f"{PRESETS[preset].label if preset else _PLAIN}: {way}",
        f"/api/export/{name}.csv?{urlencode(asked, doseq=True)}",
        icon=":material/update:",
        width="stretch",
    )


def _since(name: str) -> Options:
    if name not in ITEMS:
        return {}
    chosen = st.selectbox(
        "Rows",
        list(_SINCE),
        format_func=lambda since: _SINCE[since],
        key=f"export_{name}_since",
        help="Visitor Desk remembers what each of your files contained. Nobody appears twice, "
        "even if what was learned about them since has changed their key.",
    )
    return {"since_last": chosen or ""}


_SINCE = {
    "all": "All",
    "new": "Only rows that are new since my last export of this kind",
    "changed": "Rows that are new or changed since my last export of this kind",
}


def _format(name: str) -> Options:
    fitting = [preset for preset, one in PRESETS.items() if one.table == name]
    chosen = st.selectbox(
        "Format",
        ["", *fitting],
        format_func=lambda preset: PRESETS[preset].label if preset else _PLAIN,
        key=f"export_{name}_format",
    )
    if not chosen:
        columns = st.multiselect(
            "Columns",
            [column.name for column in EXPORTS[name].columns],
            placeholder="All",
            key=f"export_{name}_columns",
        )
        return {"columns": ",".join(columns)}
    preset = PRESETS[chosen]
    st.caption(preset.about)
    options: Options = {"preset": chosen}
    if chosen == CONVERSIONS:
        options |= _conversion()
    if preset.has_template:
        options["header"] = st.text_input(
            "Header row of your own template",
            placeholder=",".join(cell.header for cell in preset.cells),
            key=f"export_{chosen}_header",
        )
    return options


def _conversion() -> Options:
    stage = st.selectbox(
        "Counts as a conversion from", list(STAGES), index=1, format_func=str.capitalize
    )
    name = st.text_input(
        "Name of the conversion action in Google Ads", placeholder=f"{stage.capitalize()} visit"
    )
    amount, currency = st.columns([2, 1])
    return {
        "conversion_stage": stage,
        "conversion_name": name,
        "conversion_value": amount.text_input("Value", placeholder="As set in Google Ads"),
        "conversion_currency": currency.text_input("Currency", placeholder="USD"),
    }


def _say_what_qualifies(name: str, asked: Given) -> None:
    try:
        with source().read() as db:
            version = version_now(db)
        with st.spinner("Counting rows"):
            summary, reasons, warnings = _preflight(name, asked, here().who, version)
    except SQLAlchemyError as error:
        st.warning(answer_to(error, AWAY).sentence, icon=":material/cloud_off:")
        return
    # Only our own words and counts: nothing here comes from the data.
    notes = [*reasons, *(f":material/info: {warning}" for warning in warnings)]
    with st.container(gap="xxsmall"):
        st.markdown(f"**{summary}**")
        if notes:
            st.caption("  \n".join(notes))


@st.cache_data(max_entries=8, show_spinner=False)
def _preflight(
    name: str,
    asked: Given,
    who: str,
    version: int,  # noqa: ARG001 - part of the cache's key: other data, another count
) -> tuple[str, list[str], list[str]]:
    with source().read() as db:
        ask = partial(question, db, who=who)
        counted = Order.parse(name, asked, now(), ask).preflight(db)
    assert counted is not None  # noqa: S101 - tells mypy that a preset is asked for
    return counted.summary(), counted.reasons(), counted.warnings()
