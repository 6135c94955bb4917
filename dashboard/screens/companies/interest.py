"""A company's scores, as its page shows them: grade, parts, who its people are, and surge."""

from typing import Any

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.access.roles import RAW_EVENTS
from dashboard.data.paging import Page
from dashboard.data.settings import now
from dashboard.screens.details.score_breakdown import MOST_POINTS, given_shown, part_shown
from dashboard.widgets import words
from dashboard.widgets.component import bounded, component, key_of
from dashboard.widgets.numbers import decimal
from models.scoring.companies import (
    PEOPLE_DAYS,
    CompanyScore,
    committee,
    given_by_people,
    scores_of,
    surge,
)

Row = dict[str, Any]

_MOUNT = component(
    "company_scores",
    """
<div class="details"></div>
""",
    beside=__file__,
    scripts=(
        "../../details/assets/details.js",
        "../../details/assets/score_breakdown.js",
        "company_scores.js",
    ),
    style=("../../details/assets/details.css", "company_scores.css"),
)


def with_scores(db: Connection, page: Page) -> Page:
    """A page of companies, each with its scores."""
    found = scores_of(db, [row["key"] for row in page.rows], now().ms)
    rows = [
        row
        | {
            "grade": found[row["key"]].grade,
            "fit": found[row["key"]].fit.fit,
            "intent": found[row["key"]].intent,
            "people_30d": found[row["key"]].people_30d,
        }
        for row in page.rows
    ]
    return page._replace(rows=rows)


def interest(db: Connection, key: str, delivery: str) -> str | None:
    """Say how much a company is worth calling, and why; `delivery` is where what is known about it
    came from. Returns the delivery that was requested.
    """
    moment = now().ms
    found = scores_of(db, [key], moment).get(key)
    if found is None:
        return None
    st.subheader("Worth calling", anchor=False)
    week = surge(db, key, moment)
    grade, fit, intent, people, this_week = st.columns(5)
    grade.metric("Grade", found.grade, help=f"By scoring version {found.version}")
    known = found.fit.known
    fit.metric(
        "Fit",
        "–" if found.fit.fit is None else str(found.fit.fit),
        help=None if known is None else f"{known} % of the company's criteria are known",
    )
    intent.metric("Intent", str(found.intent), help="Of all its people together")
    people.metric("People", f"{found.people_30d:,}", help=f"Seen within {PEOPLE_DAYS} days")
    usual = decimal(week.a_week_before)
    this_week.metric(
        "Points this week",
        decimal(week.this_week),
        help=f"{usual} a week in the eight weeks before",
        delta=decimal(week.this_week - week.a_week_before),
    )
    who = committee(db, key)
    if who.seniorities:
        ranks = ", ".join(f"{word.replace('_', ' ')} {count}" for word, count in who.seniorities)
        desks = ", ".join(f"{word} {count}" for word, count in who.departments)
        st.text(f"Who came: {ranks}; {desks}")
    if who.missing:
        st.text(f"Nobody yet of: {', '.join(word.replace('_', ' ') for word in who.missing)}")
    return _parts(db, key, found, moment, delivery)


def _parts(db: Connection, key: str, of: CompanyScore, moment: int, delivery: str) -> str | None:
    """What the scores are made of, each part with a link to its event."""
    told = _MOUNT(
        key=key_of("company_scores", key),
        data=bounded(
            {"why": parts_shown(db, key, of, moment, delivery), "raw": here().may(RAW_EVENTS)}
        ),
        on_source_change=lambda: None,
    )
    return str(told.source) if told.source else None


def parts_shown(
    db: Connection, key: str, of: CompanyScore, moment: int, delivery: str
) -> dict[str, Any]:
    """The same as it is told; `moment` (ms) is that of looking, `delivery` told of the company."""
    given, people = given_by_people(db, key, moment)
    return {
        "fit": "not known" if of.fit.fit is None else str(of.fit.fit),
        "fit_known": "" if of.fit.known is None else f"{of.fit.known} % known",
        "intent": str(of.intent),
        "version": of.version,
        "parts": [part_shown(part, delivery) for part in of.fit.parts],
        "given": [
            given_shown(one) | {"who": words.who(people[lead])} for lead, one in given[:MOST_POINTS]
        ],
        "more": max(0, len(given) - MOST_POINTS),
    }
