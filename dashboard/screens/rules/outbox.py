"""The outbox: what is waiting, what was sent, the answers, and a way to send again."""

from functools import partial

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import DESTINATIONS
from dashboard.data.reading import reading
from dashboard.screens.rules.acts import act, nothing_to_check
from dashboard.widgets.times import moment
from models.rules import outbox
from models.rules.outbox import now_ms
from models.storage.rows import Row
from models.tables.rules import FAILED, ROLLED, SENT, WAITING

_STATES = {None: "All", WAITING: "Waiting", SENT: "Sent", FAILED: "Given up", ROLLED: "Rolled up"}
_PAGE = 50
_BEFORE = "outbox_before"


def outbox_box() -> None:
    """List messages, newest first."""
    state = st.segmented_control(
        "Messages",
        list(_STATES),
        format_func=lambda one: _STATES[one],
        default=None,
        key="outbox_state",
        label_visibility="collapsed",
        on_change=_from_the_top,
    )
    with reading() as db:
        rows = outbox.recent(db, state=state, before=st.session_state.get(_BEFORE), limit=_PAGE + 1)
        names = outbox.names(db, rows)
    if not rows:
        st.text("No messages yet." if state is None else "No messages in this state.")
    for row in rows[:_PAGE]:
        _message(row, names)
    with st.container(horizontal=True):
        if _BEFORE in st.session_state:
            st.button("Newest", key="outbox_top", on_click=_from_the_top)
        if len(rows) > _PAGE:
            st.button(
                "Older", key="outbox_older", on_click=_go_before, args=(rows[_PAGE - 1]["id"],)
            )


def _from_the_top() -> None:
    st.session_state.pop(_BEFORE, None)


def _go_before(number: int) -> None:
    st.session_state[_BEFORE] = number


def _message(row: Row, names: dict[str, str]) -> None:
    number = row["id"]
    with st.container(border=True, key=f"message_{number}"):
        about = names.get(row["lead"]) or row["lead"] or row["company"] or row["kind"]
        st.text(f"{_STATES[row['state']]} · {row['rule']} → {row['destination']} · {about}")
        st.text(_what_came_of_it(row))
        with st.container(horizontal=True):
            was_sent = row["sent_at"] is not None or row["attempts"]
            if was_sent and st.button(
                "What was sent", icon=":material/article:", key=f"body_{number}"
            ):
                _body(number)
            if row["state"] in {SENT, FAILED}:
                st.button(
                    "Send again",
                    icon=":material/replay:",
                    key=f"again_{number}",
                    on_click=_send_again,
                    args=(number,),
                )


def _what_came_of_it(row: Row) -> str:
    said = [f"made {moment(row['made_at'])}"]
    if row["sent_at"]:
        said.append(f"sent {moment(row['sent_at'])}")
    if row["state"] == WAITING and row["attempts"]:
        said.append(f"tried {row['attempts']} times, next try {moment(row['due_at'])}")
    elif row["state"] == WAITING and row["due_at"] > now_ms():
        said.append(f"waits until {moment(row['due_at'])}")
    if row["status"] or row["answer"]:
        status = f"{row['status']} " if row["status"] else ""
        said.append(f"answered {status}{row['answer'] or ''}".strip())
    return ", ".join(said)


def _send_again(number: int) -> None:
    act(
        DESTINATIONS,
        "message again",
        {"message": str(number)},
        nothing_to_check,
        partial(outbox.send_again, number=number, now=now_ms()),
        "It is on its way again, with what is known about its lead now.",
    )


@st.dialog("What was sent", width="large")
def _body(number: int) -> None:
    if not here().may(DESTINATIONS):
        return
    with reading() as db:
        body = outbox.body_of(db, number)
    if body is None:
        st.text("It is not kept: nothing was sent, or somebody in it was forgotten.")
    else:
        st.code(body, language="json", wrap_lines=True)
