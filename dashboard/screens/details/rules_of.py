"""Why a rule rings for a lead, or does not, and what was sent about it."""

import time

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import RULES
from dashboard.data.reading import reading
from dashboard.widgets.times import moment
from models.rules import rules
from models.rules.explaining import Explanation, explained
from models.rules.rules import RuleError

_MARKS = {True: "✓", False: "✗", None: "·"}


def rules_of(key: str) -> None:
    """A box that explains one rule at a time; nothing if there are no rules, or for people who may
    not see rules. While closed it reads only their names.
    """
    if not here().may(RULES):
        return
    with reading() as db:
        names = [rule.name for rule in rules.listed(db)]
    if not names:
        return
    box = st.expander("Rules: why, and why not", icon=":material/notifications:", on_change="rerun")
    if not box.open:
        return
    with box:
        name = st.selectbox("Rule", names, key="why_rule")
        try:
            with reading() as db:
                found = explained(db, key, name, time.time_ns() // 1_000_000)
        except RuleError as error:
            st.text(f"{error}.")
            return
        _say(found)


def _say(found: Explanation) -> None:
    word = "would ring" if found.rings else "does not ring"
    st.text(f"Going by the newest visit, at this moment, it {word}.")
    lines = [
        f"{_MARKS[check.holds]} {check.asked}{f': {check.met}' if check.met else ''}"
        for check in found.checks
    ]
    # As plain text: a condition's values, and what it found, come from outside.
    st.text("\n".join(lines))
    for row in found.sent:
        answer = f", answered {row['status']} {row['answer'] or ''}" if row["status"] else ""
        st.text(f"{moment(row['made_at'])}: {row['state']} to {row['destination']}{answer}")
    if not found.sent:
        st.text("This rule has sent nothing about this lead.")
