"""Destinations: how each fares, a test, and a form for another one."""

import secrets as random
from functools import partial

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.access.roles import DESTINATIONS
from dashboard.data.reading import reading
from dashboard.data.settings import settings
from dashboard.screens.rules.acts import act, nothing_to_check
from models.exports.columns import EXPORTS
from models.rules import destinations, outbox
from models.rules.destinations import ASKS, KINDS, LEFT_OUT, SECRETS, Destination
from models.rules.outbox import now_ms


def destinations_box() -> None:
    """List destinations, and add one."""
    with reading() as db:
        found = destinations.listed(db)
    if not found:
        st.info("There are no destinations yet: nothing is sent anywhere.")
    for one in found:
        _destination(one)
    with st.expander("New destination", icon=":material/add:", expanded=not found):
        _new()


def _destination(one: Destination) -> None:
    with st.container(border=True, key=f"destination_{one.name}"):
        st.subheader(one.name, anchor=False)
        st.text(f"{one.kind}, added by {one.owner}")
        if one.leaves_out:
            st.text(f"Leaves out: {', '.join(one.leaves_out)}")
        if one.off_since is not None:
            st.warning(f"Switched off: {one.off_reason}.", icon=":material/cloud_off:")
        elif one.failing_since is not None:
            st.warning("The last message was not accepted.", icon=":material/warning:")
        with st.container(horizontal=True):
            st.button(
                "Send a test",
                icon=":material/send:",
                key=f"test_{one.name}",
                on_click=_test,
                args=(one.name,),
            )
            if one.off_since is not None:
                st.button("Switch on", key=f"on_{one.name}", on_click=_switch_on, args=(one.name,))
            with st.popover("Remove", icon=":material/delete:", key=f"drop_{one.name}"):
                st.text("Messages waiting for it will not be sent.")
                st.button(
                    "Remove it",
                    type="primary",
                    key=f"drop_now_{one.name}",
                    on_click=_remove,
                    args=(one.name,),
                )


def _test(name: str) -> None:
    def post(db: Connection) -> None:
        about = random.token_hex(8)
        made = outbox.message(outbox.TEST, "test", name, about, made_at=now_ms())
        outbox.post(db, [made])

    said = {"name": name}
    done = "A made-up lead is on its way; the outbox shows the answer."
    act(DESTINATIONS, "destination test", said, nothing_to_check, post, done)


def _switch_on(name: str) -> None:
    act(
        DESTINATIONS,
        "destination on",
        {"name": name},
        nothing_to_check,
        partial(destinations.switch_on, name=name),
        f"{name} is on again; waiting messages are being sent.",
    )


def _remove(name: str) -> None:
    act(
        DESTINATIONS,
        "destination remove",
        {"name": name},
        partial(destinations.refuse_used, name=name),
        partial(destinations.remove, name=name),
        f"{name} has been removed.",
    )


def _new() -> None:
    kind = st.selectbox("Kind", KINDS, format_func=str.capitalize, key="new_destination_kind")
    name = st.text_input("Name", key="new_destination_name", max_chars=64)
    secrets = [
        st.text_input(ASKS[secret], type="password", key=f"new_destination_{kind}_{secret}")
        for secret in SECRETS[kind]
    ]
    leaves_out = st.multiselect(
        "Columns to leave out",
        [column.name for column in EXPORTS["leads"].columns],
        default=list(LEFT_OUT[kind]),
        key=f"new_destination_{kind}_left_out",
    )
    st.text("Secrets are sealed and never shown again.")
    st.button(
        "Add",
        type="primary",
        icon=":material/add:",
        key="new_destination_add",
        on_click=_add,
        args=(name, kind, secrets, leaves_out),
    )


def _add(name: str, kind: str, secrets: list[str], leaves_out: list[str]) -> None:
    chosen = settings()
    secrets = [secret.strip() for secret in secrets]

    def check(db: Connection) -> None:
        destinations.check(
            db, name, kind, secrets,
            leaves_out=leaves_out, allow_private=chosen.sender_allow_private,
        )  # fmt: skip

    def add(db: Connection) -> None:
        destinations.add(
            db,
            chosen.sealing_key(),
            name=name,
            kind=kind,
            secrets=secrets,
            owner=here().who,
            leaves_out=leaves_out,
            allow_private=chosen.sender_allow_private,
        )

    said = {"name": name, "kind": kind}
    if act(
        DESTINATIONS, "destination add", said, check, add, f"{name} has been added; send it a test."
    ):
        for secret in SECRETS[kind]:
            st.session_state[f"new_destination_{kind}_{secret}"] = ""
        st.session_state["new_destination_name"] = ""
