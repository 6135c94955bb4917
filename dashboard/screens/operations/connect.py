"""How to connect Midbound: the address, the events, the secret's setting (never the secret)."""

import streamlit as st

from dashboard.data.settings import settings

WEBHOOK_PATH = "/webhooks/midbound"
SECRET_SETTING = "MIDBOUND_CLOUD_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting, no secret

WHEN = {
    "identity.resolved": "the moment a visitor is recognised",
    "identity.qualified": "their professional data is verified",
    "identity.enriched": "the full profile is there",
    "identity.validated": "an email address was checked",
    "identity.session.finalized": "the visit is over, with every page",
}
"""When each event comes."""


def connect() -> None:
    """Say it in three steps."""
    st.header("Connect Midbound", anchor=False)
    st.write("1. In Midbound, add a webhook endpoint: your public address, with this path.")
    st.code(f"https://your-receiver.example{WEBHOOK_PATH}", language=None, wrap_lines=True)
    config = settings()
    st.caption(
        f"The receiver of these settings listens on {config.receiver_host}:{config.receiver_port};"
        " put a proxy with TLS before it."
    )
    st.write("2. Choose these events, all of them if you can:")
    st.write("\n".join(f"- `{kind}`: {when}" for kind, when in WHEN.items()))
    st.write("3. Give the receiver the endpoint's signing secret, and start it again:")
    st.code(f"{SECRET_SETTING}=whsec_…", language=None, wrap_lines=True)
