"""A company's scores, as its page says them: grade, parts, who its people are, and surge."""

from typing import Any

import streamlit as st
from sqlalchemy import Connection

from dashboard.data.paging import Page
from dashboard.widgets.numbers import decimal
from models.filters.times import When
from models.scoring.companies import PEOPLE_DAYS, committee, scores_of, surge
from models.scoring.fit import CRITERION_NAMES

Row = dict[str, Any]


def with_scores(db: Connection, page: Page) -> Page:
    """A page of companies, each with its scores."""
    found = scores_of(db, [row["key"] for row in page.rows], When.now().ms)
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


def interest(db: Connection, key: str) -> None:
    """Say how much a company is worth calling, and why."""
    moment = When.now().ms
    found = scores_of(db, [key], moment).get(key)
    if found is None:
        return
    st.subheader("Fit and intent", anchor=False)
    week = surge(db, key, moment)
    grade, fit, intent, people, this_week = st.columns(5)
    grade.metric("Grade", found.grade, help=f"By version {found.version} of the scoring")
    known = found.fit.known
    fit.metric(
        "Fit",
        "–" if found.fit.fit is None else str(found.fit.fit),
        help=None if known is None else f"Knows {known} % of what the company is asked for",
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
    for part in found.fit.parts:
        one = part.criterion
        points = None if part.share is None else f"{one.weight * part.share:,.3g}"
        met = "not known" if points is None else f"{points} of {one.weight:,.3g} points"
        told = f"{part.value:,.6g}" if isinstance(part.value, float) else part.value
        value = "" if told is None else f": {told}"
        # As text: industries and countries are whatever the data says.
        st.text(f"{CRITERION_NAMES[one.name]}{value}, {met}")
    who = committee(db, key)
    if who.seniorities:
        ranks = ", ".join(f"{word.replace('_', ' ')} {count}" for word, count in who.seniorities)
        desks = ", ".join(f"{word} {count}" for word, count in who.departments)
        st.text(f"Who came: {ranks}; {desks}")
    if who.missing:
        st.text(f"Nobody yet of: {', '.join(word.replace('_', ' ') for word in who.missing)}")
