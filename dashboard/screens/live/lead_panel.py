"""One lead at a glance, as a component: its content is decided here, its look in the files beside
it."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from dashboard.access.account import here
from dashboard.annotations.story import whose
from dashboard.widgets import words
from dashboard.widgets.component import bounded, component
from dashboard.widgets.times import counted
from models.scoring.reasons.breakdown import Breakdown
from models.scoring.reasons.words import sentence

_MOUNT = component(
    "lead_panel",
    """
<article class="panel" aria-labelledby="lead-name">
  <header class="top">
    <h2 id="lead-name" dir="auto"></h2>
    <p class="role" dir="auto"></p>
    <p class="why" dir="auto" hidden><span class="grade"></span> <span class="sentence"></span></p>
    <p class="whose"></p>
    <a class="link whole" target="_self"></a>
    <button class="close" type="button" aria-label="Close" title="Close (Esc)">×</button>
  </header>
  <div class="sections"></div>
</article>
""",
    beside=__file__,
    scripts=("lead_panel.js",),
    style="lead_panel.css",
)

Fact = dict[str, Any]


def lead_panel(
    lead: dict[str, Any],
    colleagues: Sequence[dict[str, Any]] = (),
    *,
    on_close: Callable[[], None],
    why: Breakdown | None = None,
    lists: Sequence[str] = (),
    sid: str | None = None,
) -> None:
    """Show a lead (a row of `queries.lead`), why they are worth calling, on which `lists` they are,
    and who else came from their company; for one visit (`sid`), it links to that visit.
    """
    data = panel_data(lead, colleagues, why, lists) | whose(lead, here())
    if sid is not None:
        data |= {"href": f"/sessions?sid={quote(sid, safe='')}", "more": "Full visit →"}
    _MOUNT(key="lead_panel", data=bounded(data), on_close_change=on_close)


def panel_data(
    lead: dict[str, Any],
    colleagues: Sequence[dict[str, Any]] = (),
    why: Breakdown | None = None,
    lists: Sequence[str] = (),
) -> dict[str, Any]:
    """The panel's content. A fact has `text`, a `url` to link or `ms` (Unix); with none of these,
    it is missing.

    `copy` is what a click puts on the clipboard, `page` a page of ours that the text links to.
    """
    key = lead["company_key"]
    employer = f"/companies?company={quote(key, safe='')}" if key else None
    sections = {
        "Contact": [
            _email(lead),
            _fact("Phone", text=lead["phone"]),
            _fact("LinkedIn", url=lead["linkedin_url"], copy=lead["linkedin_url"]),
            _fact("Company", text=lead["company"], page=employer if lead["company"] else None),
            _fact("Domain", text=lead["company_domain"]),
            _fact("Lives in", text=words.place(lead["city"], lead["country"])),
            *([_fact("On lists", text=", ".join(lists))] if lists else []),
        ],
        "This visit": [
            _fact("Landing page", url=lead["landing_page"]),
            _fact("Page title", text=lead["landing_title"]),
            _fact("Referrer", url=lead["referrer"]),
            _fact("From", text=words.place(lead["visit_city"], lead["visit_country"])),
            _fact("Device", text=", ".join(filter(None, (lead["device"], lead["browser"])))),
            *(
                _fact(f"UTM {part}", text=lead[f"utm_{part}"])
                for part in ("source", "medium", "campaign", "term", "content")
            ),
        ],
        "All visits": [
            _fact("Visits", text=f"{lead['sessions']:,}"),
            _fact("Page views", text=f"{lead['pageviews']:,}"),
            _fact("First seen", ms=lead["first_seen"]),
            _fact("Last seen", ms=lead["last_seen"]),
            _fact("Furthest stage", text=words.STAGES[lead["stage"] - 1]),
        ],
    }
    return {
        "key": lead["key"],
        "href": f"/leads?lead={quote(lead['key'], safe='')}",
        "more": "Full lead page →",
        "who": words.who(lead),
        "role": " at ".join(filter(None, (lead["job_title"], lead["company"]))),
        "why": {"grade": why.grade, "sentence": sentence(why)} if why else None,
        "sections": [{"title": title, "facts": facts} for title, facts in sections.items()],
        "colleagues": [_colleague(row) for row in colleagues],
        "validity": words.VALIDITY,
    }


def _fact(label: str, **what: Any) -> Fact:
    return {"label": label} | {name: value for name, value in what.items() if value is not None}


def _colleague(row: dict[str, Any]) -> dict[str, Any]:
    visits = counted(row["sessions"], "visit")
    return {
        "key": row["key"],
        "who": words.who(row),
        "said": " · ".join(filter(None, (row["job_title"], visits))),
        "ms": row["last_seen"],
    }


def _email(lead: dict[str, Any]) -> Fact:
    if not lead["email"]:
        return _fact("Email")
    reason = lead["error_message"] or lead["error_code"]
    return _fact(
        "Email",
        text=lead["email"],
        copy=lead["email"],
        validity=lead["email_validity"] or "unchecked",
        note=f"Newest check failed: {reason}" if reason else None,
    )
