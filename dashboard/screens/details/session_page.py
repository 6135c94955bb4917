"""One session, in full: whose it is, and the visit drawn to scale, as on a lead's page."""

from typing import Any

from sqlalchemy import Connection

from dashboard.screens.details import queries, timeline
from dashboard.screens.details.timeline import Shown, fact
from dashboard.widgets import words
from dashboard.widgets.component import bounded, component, key_of
from dashboard.widgets.times import counted

_MOUNT = component(
    "session_page",
    '<div class="one"><header class="top"></header><section class="visits"></section></div>',
    beside=__file__,
    scripts=("details.js", "timeline.js", "session_page.js"),
    style="details.css",
)


def show(data: Shown) -> Any:
    """Show a session's page; its result may have `source` (a delivery), for one run."""
    return _MOUNT(
        key=key_of("session_page", data["visit"]["sid"]),
        data=bounded(data),
        on_source_change=lambda: None,
    )


def page_data(db: Connection, sid: str) -> Shown | None:
    """The content of a session's page; None if there is no such session."""
    session = queries.session(db, sid)
    whose = queries.whose(db, sid)
    if session is None or whose is None:
        return None
    emails = [email["address"] for email in queries.emails(db, session["lead"])]
    (visit,) = timeline.visits(
        [session],
        queries.page_events(db, [sid]),
        queries.events(db, [sid]),
        queries.checks(db, emails),
        total=whose["visit"],
    )
    return {
        "lead": session["lead"],
        "who": words.who(whose),
        "role": " at ".join(filter(None, (whose["job_title"], whose["company"]))) or None,
        "link": f"This lead, {counted(whose['sessions'], 'visit')} in all",
        "marks": [
            fact("last_activity", None, ms=session["last_activity"]),
            fact("stage", words.STAGES[session["stage"] - 1]),
            fact("bot_score", session["bot_score"]),
        ],
        "visit": visit,
        "stages": words.STAGES,
    }
