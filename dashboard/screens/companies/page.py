"""Companies: who has shown interest recently, and one company with everything known about it."""

import json
from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from sqlalchemy import Connection

from dashboard.data.paging import MOST_COUNTED
from dashboard.data.reading import reading
from dashboard.data.with_company import Row
from dashboard.exports.button import export_button
from dashboard.filters.bar import filter_bar
from dashboard.filters.from_url import Given, address, say_ignored
from dashboard.screens.companies import queries
from dashboard.screens.companies.card import company_card, company_cards
from dashboard.screens.companies.interest import interest, with_scores
from dashboard.screens.companies.table import COMPANIES, EMPLOYERS
from dashboard.screens.details.queries import received_at
from dashboard.screens.details.raw_event import raw_event
from dashboard.screens.lead_actions import lead_actions, of_companies
from dashboard.table.definition import rows
from dashboard.table.table import Opens, list_table, table, wanted_here
from dashboard.widgets import words
from dashboard.widgets.choice import segments
from dashboard.widgets.pager import pager, place
from dashboard.widgets.style import heading
from dashboard.widgets.times import moment, utc_time
from models.facts.ranks import delivery_of
from models.filters.finding import with_few
from models.filters.query import Question
from models.payloads.vocabulary import UNCHECKED

_PEOPLE = (
    "who", "job_title", "email", "email_validity", "stage", "sessions", "pageviews", "last_seen",
    "landing_page", "last_page",
)  # fmt: skip
_PAGES = ("url", "title", "views", "people", "last_viewed")
_SIZE = 48
_SENT_CHARS = 100_000

# Where the list's address is kept while one company is shown, for the way back.
_LIST = "companies_list"


def _open(key: str) -> None:
    st.session_state[_LIST] = address()
    st.query_params.from_dict({"company": key})


def _back() -> None:
    st.query_params.from_dict(st.session_state.pop(_LIST, {}))


def _list(db: Connection) -> None:
    heading("Companies", "Where your visitors work, most recent interest first.")
    chosen = filter_bar("companies", search="Name or domain", own=("company",))
    asked = with_few(db, chosen.asked)
    with st.container(horizontal=True, vertical_alignment="center", key="companies_look"):
        look = segments("View", ("cards", "table"), key="view", is_labelled=False)
        silent = st.toggle(
            "Past employers",
            key="past",
            bind="query-params",
            help="Also show companies that nobody visited from, known only from people's profiles.",
        )
        found = queries.count(db, asked, silent=silent)
        total = words.at_least(found, MOST_COUNTED)
        st.caption(f"{total} {'company' if found == 1 else 'companies'}", width="content")
        # A last visit, whenever it was, is what past employers have none of.
        visited: Given = {} if silent else {"since": "1970-01-01"}
        st.space("stretch")
        with st.container(width="content"):
            export_button("companies", replace(chosen, given=visited | chosen.given))
    if not found:
        _say_empty(db, asked, silent=silent)
        return
    if look == "table":
        _table(db, asked, found, silent=silent)
        return
    start = place(queries.order(silent=silent), chosen.filters, silent)
    page = with_scores(db, queries.companies(db, asked, silent=silent, place=start, size=_SIZE))
    company_cards(page.rows, key="company_cards", on_open=_open)
    pager(page, chosen.filters, silent, total=total)


def _table(db: Connection, asked: Question, found: int, *, silent: bool) -> None:
    definition = EMPLOYERS if silent else COMPANIES
    wanted = wanted_here(definition, asked)
    list_table(
        definition,
        wanted,
        rows(db, definition, wanted),
        label="Companies",
        total=found,
        opens=Opens("/companies?company=", _go, _beside),
        export="companies",
        actions=lead_actions(of_companies),
    )


def _beside(key: str, close: Callable[[], None]) -> None:
    with reading() as db:
        row = queries.company(db, key)
    if row is None:
        st.info("This company has a different address now.")
    else:
        company_cards([row], key="company_beside", on_open=_open)
    st.button(
        "Close", icon=":material/close:", key="company_close", type="tertiary", on_click=close
    )


def _go(key: str) -> None:
    _open(key)
    st.rerun()


def _say_empty(db: Connection, asked: Question, *, silent: bool) -> None:
    hidden = 0 if silent else queries.count(db, asked, silent=True)
    if hidden:
        known = words.at_least(hidden, MOST_COUNTED)
        st.info(
            f"Nobody from a matching company has visited; {known} known only from people's "
            "profiles would match. Switch on *Past employers* to see them."
        )
    elif asked.filters.is_empty():
        st.info(
            "No companies yet. They come with enriched visitors: in Midbound, let the webhook "
            "send identity.enriched. To see made-up ones first, run `visitor-desk simulate`."
        )
    else:
        st.info("No company matches all of these filters. Remove one to see more.")


def _one(db: Connection, key: str) -> None:
    st.button("All companies", icon=":material/arrow_back:", type="tertiary", on_click=_back)
    row = queries.company(db, key)
    if row is None:
        heading("No such company")
        st.info(
            "No company is known under this address, or it has a different one now. *All "
            "companies* takes you back to the list."
        )
        return
    company_card(row, key="company_card")
    source = interest(db, key, delivery_of(row["rank"]))
    if source:
        raw_event(source)
    _visitors(db, row)
    _provenance(db, row)


def _visitors(db: Connection, row: Row) -> None:
    st.subheader("Who visited", anchor=False)
    people = queries.visitors(db, row["key"])
    if not people:
        st.info("Nobody who works there now has visited; it is known as a past employer.")
        return
    if row["leads"] > len(people):
        st.caption(f"The {len(people):,} seen most recently, of {row['leads']:,}.")
    table(
        [_person(person) for person in people],
        _PEOPLE,
        "company_people",
        label="Who visited",
        row_key="key",
        opens=Opens("/leads?lead="),
        sort="last_seen.desc",
    )
    st.subheader("What they looked at", anchor=False)
    pages = queries.pages(db, row["key"])
    if pages:
        table(pages, _PAGES, "company_pages", label="What they looked at", sort="views.desc")
    else:
        st.caption("Pages become known when a session is finalized; none of theirs is yet.")


def _person(lead: Row) -> Row:
    status = (lead["email_validity"] or UNCHECKED) if lead["email"] else None
    return lead | {"who": words.who(lead), "email_validity": status}


def _provenance(db: Connection, row: Row) -> None:
    st.subheader("Where this comes from", anchor=False)
    delivery = delivery_of(row["rank"])
    extent = "Full profile" if row["is_full"] else "Basic facts only, as for a past employer"
    # As text: an id is whatever the sender wrote.
    st.text(
        f"{extent}, as of {moment(row['enriched_at'])} ({utc_time(row['enriched_at'])})\n"
        f"Delivery {delivery}, received {moment(received_at(db, delivery))}"
    )
    with st.expander("Every field as sent"):
        sent = json.dumps(json.loads(row["profile"]), ensure_ascii=False, indent=2)
        st.code(sent[:_SENT_CHARS], language="json", wrap_lines=True)
        if len(sent) > _SENT_CHARS:
            st.caption(f"Only its first {_SENT_CHARS:,} characters are shown.")


with reading() as connection:
    if wanted := st.query_params.get("company"):
        say_ignored(own=("company",))
        _one(connection, wanted)
    else:
        _list(connection)
