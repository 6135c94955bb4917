"""The rules: each with what it does, and a form for another one."""

import secrets as random
import time
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.access.roles import RULES
from dashboard.data.reading import reading
from dashboard.screens.rules.acts import act
from dashboard.widgets.times import counted, moment
from models.rules import destinations, outbox, rules
from models.rules.preview import Preview, preview_of
from models.rules.rules import OCCASIONS, Rule, RuleError
from models.segments.segments import segments

_DAYS = 7
_SHOWN = 20


def rules_box() -> None:
    """List rules, and add one."""
    with reading() as db:
        found = rules.listed(db)
        shared = {one.name: one.title for one in segments(db) if one.owner is None}
        places = [one.name for one in destinations.listed(db)]
    if not found:
        st.info(
            "There are no rules yet. A rule tells a team in Slack, or one of your tools, when "
            "somebody in a segment is here."
        )
    for rule in found:
        _rule(rule, shared)
    with st.expander("New rule", icon=":material/add:", expanded=not found):
        _new(shared, places)


def _rule(rule: Rule, shared: dict[str, str]) -> None:
    with st.container(border=True, key=f"rule_{rule.name}"):
        st.subheader(rule.name, anchor=False)
        st.text(f"{rule.words()}.")
        told = ", ".join(rule.destinations)
        st.text(f"Segment “{shared.get(rule.segment, rule.segment)}”, sent to {told}.")
        if rule.paused:
            st.badge("Paused", icon=":material/pause:", color="orange")
        with st.container(horizontal=True):
            if st.button("Preview", icon=":material/history:", key=f"preview_{rule.name}"):
                _show(rule)
            name = "Resume" if rule.paused else "Pause"
            st.button(
                name,
                icon=":material/play_arrow:" if rule.paused else ":material/pause:",
                key=f"pause_{rule.name}",
                on_click=_pause,
                args=(rule.name, not rule.paused),
            )
            st.button(
                "Send a test",
                icon=":material/send:",
                key=f"rule_test_{rule.name}",
                on_click=_test,
                args=(rule,),
            )
            with st.popover("Remove", icon=":material/delete:", key=f"remove_{rule.name}"):
                st.text("Its waiting messages will not be sent. What was sent stays in the outbox.")
                st.button(
                    "Remove it",
                    type="primary",
                    key=f"remove_now_{rule.name}",
                    on_click=_remove,
                    args=(rule.name,),
                )


def _pause(name: str, paused: bool) -> None:  # noqa: FBT001 - a callback's argument
    what = "pause" if paused else "resume"
    act(
        RULES,
        f"rule {what}",
        {"name": name},
        partial(rules.named, name=name),
        partial(rules.pause, name=name, paused=paused),
        f"{name} {'is paused' if paused else 'is running again'}.",
    )


def _test(rule: Rule) -> None:
    def post(db: Connection) -> None:
        rows = [
            outbox.message(
                outbox.TEST, rule.name, one, random.token_hex(8), made_at=outbox.now_ms()
            )
            for one in rule.destinations
        ]
        outbox.post(db, rows)

    act(
        RULES,
        "rule test",
        {"name": rule.name},
        partial(rules.named, name=rule.name),
        post,
        f"A made-up lead is on its way to {', '.join(rule.destinations)}.",
    )


def _remove(name: str) -> None:
    act(
        RULES,
        "rule remove",
        {"name": name},
        partial(rules.named, name=name),
        partial(rules.remove, name=name),
        f"{name} has been removed.",
    )


def _new(shared: dict[str, str], places: list[str]) -> None:
    if not shared or not places:
        missing = "a shared segment (filter a list, then Save as segment)" if not shared else ""
        also = " and " if not shared and not places else ""
        needs = "a destination (the next tab)" if not places else ""
        st.text(f"It needs {missing}{also}{needs} first.")
        return
    given: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        given["name"] = st.text_input("Name", key="new_rule_name", max_chars=64)
        given["segment"] = st.selectbox(
            "Segment", list(shared), format_func=lambda name: shared[name], key="new_rule_segment"
        )
        given["occasion"] = st.selectbox(
            "When",
            list(OCCASIONS),
            format_func=lambda name: OCCASIONS[name],
            key="new_rule_occasion",
        )
        given["destinations"] = st.multiselect("Send to", places, key="new_rule_destinations")
    with right:
        given["cooldown_hours"] = int(
            st.number_input("Cooldown (hours)", 0, 8760, rules.COOLDOWN_HOURS, key="new_rule_cool")
        )
        given["cap_per_hour"] = int(
            st.number_input("At most per hour", 1, 10_000, rules.CAP_PER_HOUR, key="new_rule_cap")
        )
        given["quiet"] = st.text_input(
            "Quiet hours", placeholder="20:00-08:00@Europe/Lisbon", key="new_rule_quiet"
        )
        given["assign_to"] = st.text_input(
            "Assign to", placeholder="ann@acme.com, bob@acme.com", key="new_rule_assign"
        ).split(",")
    if given["occasion"] == "company":
        given["people"] = int(
            st.number_input("People of one company", 2, 100, rules.PEOPLE, key="new_rule_people")
        )
        given["days"] = int(
            st.number_input("Within (days)", 1, 365, rules.DAYS, key="new_rule_days")
        )
    if not given["name"]:
        st.text("Give it a name to see what it would have done.")
        return
    try:
        rule = rules.read(**given)
    except RuleError as error:
        st.warning(f"{error}.")
        return
    with st.container(horizontal=True):
        if st.button("Preview", icon=":material/history:", key="new_rule_preview"):
            _show(rule)
        st.button(
            "Add", type="primary", key="new_rule_add", on_click=_add, args=(rule,),
            icon=":material/add:",
        )  # fmt: skip


def _add(rule: Rule) -> None:
    said = {"name": rule.name, "segment": rule.segment, "to": ",".join(rule.destinations)}
    is_added = act(
        RULES,
        "rule add",
        said,
        partial(rules.check, rule=rule),
        partial(rules.add, rule=rule, owner=here().who),
        f"{rule.name} applies to everything that comes in from now on.",
    )
    if is_added:
        st.session_state["new_rule_name"] = ""


@st.dialog("What it would have done", width="large", icon=":material/history:")
def _show(rule: Rule) -> None:
    if not here().may(RULES):
        return
    now = time.time_ns() // 1_000_000
    try:
        with reading() as db:
            found = preview_of(db, rule, _DAYS, now)
    except RuleError as error:
        st.warning(f"{error}.")
        return
    _say(found)


def _say(found: Preview) -> None:
    rang = len(found.rang)
    st.subheader(f"{counted(rang, 'time')} in {found.days} days", anchor=False)
    if rang:
        st.text(
            "Judged at the start of each visit, with what is known about leads now. The newest:"
        )
    for one in found.rang[:_SHOWN]:
        company = f", {one.company}" if one.company else ""
        st.text(f"{moment(one.at)}  {one.name or one.lead}{company}")
    silent = {why: n for why, n in found.outcomes.items() if why not in {"rings", "rolled up"}}
    if silent:
        st.text("Also matched, but: " + "; ".join(f"{why} {n:,}" for why, n in silent.items()))
