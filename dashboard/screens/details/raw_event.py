"""A delivery as it was signed, one click from each fact that came from it."""

import json
from urllib.parse import urlencode

import streamlit as st

from dashboard.access.account import here
from dashboard.access.dialog import dialog_for
from dashboard.access.roles import RAW_EVENTS
from dashboard.data.reading import reading
from dashboard.data.source import primary
from dashboard.data.with_company import Row
from dashboard.screens.details import queries
from dashboard.widgets import words
from dashboard.widgets.times import moment, utc_time
from models import audit
from models.ledger.deliveries import exact_body
from models.payloads.vocabulary import STAGE_OF

_SHOWN_CHARS = 100_000
_HEIGHT_PX = 460


@dialog_for(
    RAW_EVENTS,
    "Raw event",
    "Raw events need the role ops.",
    icon=":material/data_object:",
    large=True,
)
def raw_event(webhook_id: str | None) -> None:
    """Open a dialog with the event, its signature headers and its exact bytes to download.

    Nothing in the body is interpreted as markup: it is shown as code. People without the role see a
    refusal: a component can be made to ask anyway.
    """
    with reading() as db:
        found = queries.delivery(db, webhook_id) if webhook_id else None
    if found is None:
        st.info("No delivery that says so is kept.")
        return
    try:
        with audit.recorded(
            primary(), here().who, "raw view", said={"webhook_id": found["webhook_id"]}
        ) as entry:
            entry.rows = 1
    except audit.AuditError as error:
        st.warning(str(error), icon=":material/cloud_off:")
        return
    received = f"received {moment(found['received_at'])} ({utc_time(found['received_at'])})"
    stage = STAGE_OF.get(found["type"])
    caption = f"{words.STAGES[stage - 1]}, {received}" if stage else received
    # Not a caption: Streamlit's is too pale on a light page.
    st.markdown(f":gray[{caption}]")
    st.code(
        f"webhook-id: {found['webhook_id']}\n"
        f"webhook-timestamp: {found['webhook_timestamp']}\n"
        f"webhook-signature: {found['webhook_signature']}",
        language=None,
        wrap_lines=True,
    )
    body = exact_body(found["body"])
    if not body:
        st.info("The body was erased; only this stub is left.")
        return
    text = laid_out(body)
    # Without colours: Streamlit's own for JSON are too pale on a light page.
    st.code(
        text[:_SHOWN_CHARS],
        language=None,
        height=_HEIGHT_PX,
        wrap_lines=True,
    )
    is_cut = len(text) > _SHOWN_CHARS
    cut = f" Only its first {_SHOWN_CHARS:,} characters are shown." if is_cut else ""
    st.markdown(f":gray[Formatted for reading.{cut} The signature covers the exact bytes:]")
    st.link_button(
        f"Download {len(body):,} bytes",
        f"/api/event.json?{urlencode({'id': found['webhook_id']})}",
        icon=":material/download:",
    )


def laid_out(body: bytes) -> str:
    """A body as readable text: JSON in lines, anything else as it is."""
    text = body.decode("utf-8", "replace")
    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    # A lone surrogate, written as an escape, can't be sent to a browser.
    return text.encode("utf-8", "replace").decode()


def delivery_that_says(address: str, candidates: list[Row]) -> str | None:
    """The first delivery whose body contains an address; None if there is none."""
    wanted = address.encode()
    return next(
        (
            str(row["webhook_id"])
            for row in candidates
            if wanted in exact_body(row["body"]).decode("utf-8", "replace").lower().encode()
        ),
        None,
    )
