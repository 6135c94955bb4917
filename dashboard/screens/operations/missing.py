"""Why is somebody missing? A typed name is followed from receipt to the lists."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.roles import PAGES
from dashboard.data.reading import AWAY
from dashboard.data.settings import now, settings
from dashboard.data.source import primary
from dashboard.filters.from_url import name_of
from dashboard.widgets import words
from dashboard.widgets.times import counted, moment
from models import audit
from models.filters.names import FILTERS
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.kept_out.names import FORGOTTEN, KeyFileError, barred_names
from models.personal_data.missing import Sought, Trace, left_out, on_quiet_list, trace
from models.segments.asking import asked

_USUAL = ("bots", "hide")
"""What Leads hides by default."""

_FOUND = "missing_found"


class _Line(NamedTuple):
    """What became of the name, in a sentence; `lead` is the key of a lead that can be opened."""

    icon: str
    text: str
    lead: str | None = None


@st.fragment
def missing_box() -> None:
    """Ask for a name, and say what became of it. A fragment: it does not run the page again."""
    with st.form("missing_form", border=False):
        name, page, go = st.columns([4, 4, 1], gap="small", vertical_alignment="bottom")
        text = name.text_input(
            "Email address, LinkedIn profile, vid or sid",
            placeholder="ann@example.com",
            key="missing",
            autocomplete="off",
        )
        link = page.text_input(
            "Address of the list they are missing from",
            placeholder="/leads, as it opens",
            key="missing_in",
            autocomplete="off",
        )
        if go.form_submit_button("Look"):
            st.session_state[_FOUND] = _lines(text, link) if text.strip() else []
    _say(st.session_state.get(_FOUND, ()))


def missing_here(text: str, link: str) -> None:
    """For a list (at the address `link`) in which a search found nobody: a button that asks why, if
    the text names one person, for people who may look for them.
    """
    sought = Sought.parse(text)
    if not (sought.address or sought.url) or not here().may(PAGES["operations"]):
        return
    if st.button("Why is this person missing?", icon=":material/person_search:", key="why_missing"):
        _say(_lines(text, link))


def _say(lines: Iterable[_Line]) -> None:
    # As plain text: both the input and the data are whatever somebody wrote.
    for place, line in enumerate(lines):
        with st.container(horizontal=True, vertical_alignment="center", key=f"missing_{place}"):
            st.markdown(line.icon, width="content")
            st.text(line.text, width="content")
            if line.lead:
                href = f"/leads?lead={quote(line.lead, safe='')}"
                st.link_button("Open", href, type="tertiary")


def _lines(text: str, link: str) -> list[_Line]:
    if not here().may(PAGES["operations"]):
        return [_Line(_NO, "Looking for somebody needs the role ops.")]
    try:
        return _answer(text, link)
    except SQLAlchemyError:
        return [_Line(_NO, AWAY)]
    except audit.AuditError as error:
        return [_Line(_NO, str(error))]
    except (FilterError, KeyFileError) as error:
        return [_Line(_NO, f"{error}.")]


def _answer(text: str, link: str) -> list[_Line]:
    sought = Sought.parse(text)
    names = {"who": audit.name_in(text)}
    with audit.recorded(primary(), here().who, "look for somebody", names=names) as entry:
        with primary().read() as db:
            found = trace(db, barred_names(primary(), settings().ignoring()), sought)
            question = asked(db, _filters(link), now(), who=here().who)
            lines = [*_received(found), *_kept_out(found), *_leads(db, found, text, question)]
        entry.rows = found.deliveries
    return lines


def _filters(link: str) -> Filters:
    """The filters of a list, by its address. Raises `FilterError`."""
    query = urlsplit(link.strip()).query
    given = [pair for pair in parse_qsl(query) if name_of(pair[0]) in FILTERS]
    if not any(name == _USUAL[0] for name, _ in given):
        given.append(_USUAL)
    return Filters.parse(given)


def _received(found: Trace) -> list[_Line]:
    lines = []
    if found.first is not None and found.last is not None:
        when = f"the first {moment(found.first)}, the last {moment(found.last)}"
        lines.append(_Line(_YES, f"Received: {counted(found.deliveries, 'event')}, {when}."))
    elif not found.aside and not found.reason:
        lines.append(_Line(_NO, "Nothing that was received and kept names them."))
    for row in found.aside:
        said = (
            f"Set aside {moment(row['received_at'])}: {row['error']}. Delivery {row['webhook_id']}."
        )
        lines.append(_Line(_NO, said))
    if found.waiting:
        waits = counted(found.waiting, "event")
        lines.append(_Line(_WAITS, f"{waits} waiting to be derived; some may be theirs."))
    return lines


def _kept_out(found: Trace) -> list[_Line]:
    if found.reason is None:
        return []
    why = (
        "somebody with this name asked to be forgotten"
        if found.reason == FORGOTTEN
        else f"{found.reason} ignores somebody with this name"
    )
    return [_Line(_NO, f"Kept out: {why}. Whatever arrives about them is dropped.")]


def _leads(db: Connection, found: Trace, text: str, question: Question) -> list[_Line]:
    lines = []
    if found.is_shared:
        lines.append(_Line(_NO, "This is a role address: it names nobody and joins nobody."))
    for row in found.leads:
        who = words.who(row)
        is_other = row["key"] != text.strip()
        what = "Merged into" if is_other else "Is"
        lines.append(_Line(_YES, f"{what} {who}, {row['key']}.", row["key"]))
        out = left_out(db, row["key"], question)
        if out:
            lines.append(_Line(_NO, f"The list hides them because of {', '.join(out)}."))
        else:
            lines.append(_Line(_YES, "The list's filters include them."))
        if on_quiet_list(db, row["key"], question):
            lines.append(_Line(_NO, "On a quiet list: kept out of Live and of messages."))
    return lines


_YES, _NO, _WAITS = ":material/check_circle:", ":material/block:", ":material/hourglass_top:"
