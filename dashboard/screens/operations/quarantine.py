"""The quarantine box: what is set aside and why, as signed, and a way to try again."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.dialog import dialog_for
from dashboard.access.roles import REPLAY
from dashboard.data.reading import AWAY, reading
from dashboard.data.settings import now, settings
from dashboard.data.source import primary
from dashboard.errors import answer_to
from dashboard.screens.details.raw_event import raw_event
from dashboard.screens.operations import lists
from dashboard.screens.operations.tables import QUARANTINE
from dashboard.table.definition import rows
from dashboard.table.table import Opens, list_table, wanted_here
from models import audit
from models.filters.query import Filters, Question
from models.projector.deriving import replay_quarantined

_SAID = "replayed"

_TAKES = "Deriving again needs the role ops."


def quarantine_box() -> None:
    """List, raw view and replay."""
    _say_what_was_done()
    with reading() as db:
        total = lists.quarantined(db)
    if not total:
        st.caption("Nothing is set aside: every delivery could be understood.")
        return
    st.caption(
        "These deliveries are kept as signed but could not be understood. Select one to see it. "
        "After an update that can read them, derive them again; until then, nothing is lost."
    )
    if st.button("Derive all again", icon=":material/replay:", key="replay_all"):
        _confirm(None, total)
    wanted = wanted_here(QUARANTINE, Question(Filters(), now()))
    with reading() as db:
        page = rows(db, QUARANTINE, wanted)
    list_table(
        QUARANTINE,
        wanted,
        page,
        label="Quarantine",
        total=total,
        opens=Opens("", raw_event, _beside),
        fills=False,
    )


def _beside(webhook_id: str, close: Callable[[], None]) -> None:
    # As plain text: an id is whatever the sender wrote.
    st.text(webhook_id)
    if st.button("See the raw event", icon=":material/data_object:", key="quarantined_raw"):
        raw_event(webhook_id)
    if st.button("Derive this one again", icon=":material/replay:", key="replay_one"):
        _confirm(webhook_id, 1)
    st.button("Close", icon=":material/close:", key="quarantined_close", on_click=close)


@dialog_for(REPLAY, "Derive again?", _TAKES)
def _confirm(webhook_id: str | None, count: int) -> None:
    what = "This delivery" if webhook_id or count == 1 else f"All {count:,} quarantined deliveries"
    st.text(
        f"{what} will be read again from the ledger by this version. What it understands appears "
        "in the screens and exports; the rest stays here. The ledger does not change."
    )
    # In a callback, so that it is done before the page, which closes this dialog, is drawn again.
    if st.button(
        "Derive again", type="primary", key="replay_now", on_click=_replay, args=(webhook_id,)
    ):
        st.rerun()


def _replay(webhook_id: str | None) -> None:
    st.session_state[_SAID] = _done(webhook_id)


def _done(webhook_id: str | None) -> dict[str, Any]:
    """The result, for the next run to show."""
    # A callback runs before the page checks the role again.
    if not here().may(REPLAY):
        return {"failed": _TAKES}
    said = {"webhook_id": webhook_id} if webhook_id else {"quarantined": "yes"}
    try:
        with audit.recorded(primary(), here().who, "replay", said=said) as entry:
            tried, left = replay_quarantined(primary(), settings().ignoring(), webhook_id)
            entry.rows = tried - left
    except audit.AuditError as error:
        return {"failed": str(error)}
    except SQLAlchemyError as error:
        return {"failed": answer_to(error, AWAY).sentence}
    except TimeoutError:
        return {"failed": "The deliveries are waiting for the receiver, which seems to be stuck."}
    return {"tried": tried, "left": left}


def _say_what_was_done() -> None:
    done = st.session_state.pop(_SAID, None)
    if done is None:
        return
    if "failed" in done:
        st.warning(done["failed"])
    elif done["left"]:
        st.warning(
            f"{done['tried'] - done['left']:,} of {done['tried']:,} could be derived; this "
            f"version still can't read {done['left']:,}."
        )
    else:
        st.success(f"{done['tried']:,} derived. They are in the screens and exports now.")
