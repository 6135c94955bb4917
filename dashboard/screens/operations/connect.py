"""How to connect Midbound: the address, the events, the secret's setting (never the secret)."""

import streamlit as st

from dashboard.data.settings import settings

WEBHOOK_PATH = "/webhooks/midbound"
SECRET_SETTING = "MIDBOUND_CLOUD_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting, no secret

WHEN = {
    "identity.resolved": "the moment a visitor is recognised",
    "identity.qualified": "their professional data has been verified",
    "identity.enriched": "the full profile has been gathered",
    "identity.validated": "an email address has been checked",
    "identity.session.finalized": "the visit is over; lists every page",
}
"""When each event comes."""


def connect() -> None:
    """Explain it in three steps."""
    st.header("Connect Midbound", anchor=False)
    st.write("1. In Midbound, add a webhook endpoint: your public address, with this path.")
    st.code(f"https://your-receiver.example{WEBHOOK_PATH}", language=None, wrap_lines=True)
    config = settings()
    st.caption(
        "With these settings, the receiver listens on "
        f"{config.receiver_host}:{config.receiver_port}; put a proxy with TLS in front of it."
    )
    st.write("2. Choose these events, all of them if you can:")
    st.write("\n".join(f"- `{kind}`: {when}" for kind, when in WHEN.items()))
    st.write("3. Give the receiver the endpoint's signing secret, and restart it:")
    st.code(f"{SECRET_SETTING}=whsec_…", language=None, wrap_lines=True)
