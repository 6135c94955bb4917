"""Every component in Chromium with whatever texts the data may have: none breaks, none is markup.

A component is mounted as Streamlit does it, in a shadow root, but on an empty page: hundreds of
texts take seconds so. What it is told is what Python tells it of real payloads, each text of it
replaced, our own words as well as the visitors'.
"""

import json
import runpy
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from sqlalchemy import Connection

from dashboard.access.account import Account
from dashboard.access.roles import Role
from dashboard.annotations.story import whose
from dashboard.filters import bar
from dashboard.screens.companies import card, interest, queries
from dashboard.screens.details import lead_page, session_page
from dashboard.screens.details.score_breakdown import part_shown
from dashboard.screens.dictionary.component import table_data
from dashboard.screens.dictionary.sections import dictionary
from dashboard.screens.leads.table import LEADS
from dashboard.screens.live import queries as live
from dashboard.screens.live.lead_panel import panel_data
from dashboard.screens.live.looking import Looking
from dashboard.screens.live.wanted import EVERYBODY, NOT_OF_LIVE
from dashboard.table.definition import Wanted, rows
from dashboard.widgets import words
from models import migrations
from models.scoring.companies import scores_of
from models.scoring.definition import Criterion
from models.scoring.fit import Part
from models.scoring.reasons.breakdown import breakdowns
from models.storage.database import Database
from tests.browser import Watched, browsing, watching
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.screens.live.visitors import left
from tests.desk import question
from tests.processes import ROOT

PETER = "linkedin.com/in/ptrtht"

Data = Any

ODD = (
    ".", "@", ". @", " ", "\t\n", "\u200b", "\u202e", "\u0301", "\ufffd", "\U0001f468\u200d",
    "<img src=x onerror=window.caught=1>", "</style><script>window.caught=1</script>", "<!--",
    "]]>", "&lt;b&gt;", "javascript:window.caught=1", "https://", "http://[", "//x.example",
    "https://x.example/%", "data:text/html,<script>window.caught=1</script>", "a__b",
    "constructor", "__proto__", "toString", "hasOwnProperty", "null", "undefined", "NaN",
    "${window.caught=1}", "{{x}}", "`", "``", "'\"\\", "%00", "\u0130", "\u1e9e", "x" * 3_000,
    "\u0644\u0627" * 50,
)  # fmt: skip
"""Names without a letter, marks that stick to others, markup, schemes, words of JavaScript."""

texts = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)

_MOUNT = """
([{ html, css, js }, data, told]) => {
  document.body.replaceChildren()
  const host = document.body.appendChild(document.createElement("div"))
  const root = host.attachShadow({ mode: "open" })
  root.innerHTML = `<style>${css}</style>${html}`
  window.modules ??= new Map()
  if (!modules.has(js))
    modules.set(js, import(URL.createObjectURL(new Blob([js], { type: "text/javascript" }))))
  window.lines = []
  window.EventSource = class extends EventTarget {
    constructor() { super(); lines.push(this) }
    close() {}
  }
  return modules.get(js).then(({ default: mount }) => {
    const parts = { data, parentElement: root, setStateValue() {}, setTriggerValue() {} }
    const leave = mount(parts)
    if (told) lines[0].dispatchEvent(new MessageEvent("message", { data: told }))
    for (const more of root.querySelectorAll("details")) more.open = true
    const nodes = [...root.querySelectorAll("*")]
    const found = {
      markup: nodes
        .filter(node =>
          node.matches("script, iframe, object, embed, img, link, meta, form[action], base")
          || [...node.attributes].some(({ name }) => name.startsWith("on")))
        .map(node => node.outerHTML),
      schemes: nodes
        .filter(node => node.href)
        .map(node => new URL(node.href, "https://own.example").protocol),
      caught: window.caught ?? null,
      text: root.querySelector("h1, h2, .row .who .first, .body .opens-it, .pills button")
        ?.textContent ?? null,
      rows: root.querySelectorAll(".row .who .first").length,
    }
    leave?.()
    return found
  })
}
"""


def _components() -> dict[str, dict[str, str]]:
    """Markup, style and script of each component there is, by name, as Streamlit gets them."""
    found = {}
    for file in sorted((ROOT / "dashboard").rglob("*.py")):
        if " = component(" not in file.read_text(encoding="utf-8"):
            continue
        with patch("streamlit.components.v2.component") as registered:
            runpy.run_path(str(file))
        (name,), parts = registered.call_args
        found[name.removeprefix("visitor_desk_")] = parts
    return found


COMPONENTS = _components()


def _company(db: Connection) -> Data:
    row = queries.company(db, "midbound.ai")
    assert row
    return {
        "cards": [card.card(row) | {"sections": card.sections(row), "logo": None}],
        "whole": True,
    }


def _scores(db: Connection) -> Data:
    now = int(time.time() * 1000)
    of = scores_of(db, ["midbound.ai"], now)["midbound.ai"]
    shown = interest.parts_shown(db, "midbound.ai", of, now, "evt_1")
    assert shown["given"]
    industry = Part(Criterion("industry", 10, words=("software",)), "Software", 1)
    return {"why": shown | {"parts": [part_shown(industry, "evt_1")]}, "raw": True}


def _lead(db: Connection) -> Data:
    found = lead_page.page_data(db, PETER, 20)
    assert found
    found |= whose(found["whose"], Account(Role.OPS, "ann@desk.example"))
    return found | {"top": found["top"] | {"photo": None}, "earlier": 3, "raw": True}


def _panel(db: Connection) -> Data:
    row = live.lead(db, PETER)
    assert row
    (why,) = breakdowns(db, [PETER], int(time.time() * 1000)).values()
    shown = panel_data(row, why=why, lists=["customers"])
    return shown | whose(row, Account(Role.OPS, "ann@desk.example"))


def _live(_db: Connection) -> Data:
    stages, validity = list(words.STAGES), dict(words.VALIDITY)
    told = {"stages": stages, "validity": validity, "selected": PETER, "closings": 0}
    own = {"url": "/api/feed", "missed": "/api/missed", "operations": True}
    bar_s = {"offers": "/api/offers", "filters": bar.described(NOT_OF_LIVE), "cannot": {}}
    return told | own | bar_s | {"search": "", "isFirst": True}


def _table(db: Connection) -> Data:
    page = rows(db, LEADS, Wanted(question(), LEADS.usual))
    column = {
        "label": "",
        "meaning": "",
        "width": 9,
        "sort": None,
        "way": "asc",
        "why": "",
        "most": 1,
    }
    kinds = {
        "who": "text", "linkedin_url": "link", "email_validity": "validity", "grade": "grade",
        "job_title": "text", "last_seen": "time", "sessions": "whole",
    }  # fmt: skip
    return {
        "name": "leads", "label": "Leads", "url": None, "query": "", "question": "", "prefix": "",
        "columns": [
            column | {"name": name, "kind": kind, "at": LEADS.columns.index(name) + 2}
            for name, kind in kinds.items()
        ],
        "sorts": [], "page": page, "row": 0, "total": 2, "more": False, "selects": True,
        "opens": "/leads?lead=", "beside": True, "opened": None, "export": None, "fills": True,
        "words": {"stages": list(words.STAGES), "validity": dict(words.VALIDITY)}, "closings": 0,
    }  # fmt: skip


def _bar(_db: Connection) -> Data:
    preset = {"label": "Yesterday", "since": "yesterday", "until": "yesterday"}
    return {
        "of": "sessions", "offers": "/api/offers",
        "filters": bar.described(titled=[("firms", "Our firms")]),
        "given": [
            ["segment", ["firms"]], ["utm_source", ["google"]], ["company.has", ["acme"]],
            ["page.not", ["/a", "b"]],
        ],
        "search": "Name", "ready": ["utm_source", "utm_medium"],
        "range": {
            "label": "Last 30 days", "isSet": True, "presets": [preset],
            "days": {"since": "2026-11-01", "until": None},
        },
        "against": None,
    }  # fmt: skip


OURS = {
    ("url", "/api/feed"),
    ("missed", "/api/missed"),
    ("opens", "/leads?lead="),
    ("kind", "page"),
    ("kind", "event"),
}

TOLD: dict[str, Callable[[Connection], Data]] = {
    "company_card": _company,
    "company_scores": _scores,
    "filter_bar": _bar,
    "dictionary": lambda _: table_data(dictionary("campaign")[:2], query="campaign", event=None),
    "lead_page": _lead,
    "lead_panel": _panel,
    "live": _live,
    "session_page": lambda db: session_page.page_data(db, "01KH5FW03R8XCZQ7PCYNV4ND1H"),
    "table": _table,
}
"""What each component is told of real payloads."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Data], str]:
    """By component's name; and a message of the feed."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('odd')}/desk.db")
    migrations.upgrade(database)
    again = visitor(1, first="Ana", company="Acme", page="https://x.example/pricing")
    put(database, *(payload(name) for name in PIPELINE), again, left(2, ("https://x.example/", 5)))
    with database.read() as db:
        found = {name: json.loads(json.dumps(make(db))) for name, make in TOLD.items()}
        message = Looking().feeds(db, {EVERYBODY}, set())[EVERYBODY]
    database.close()
    return found, message


@pytest.fixture(scope="module")
def blank() -> Iterator[Watched]:
    """An empty page."""
    browser: Browser
    with browsing() as browser, watching(browser) as seen:
        yield seen


def _replaced(data: Data, by: Iterator[str], key: str = "") -> Data:
    """The same with each text replaced, but for what Python vouches for: numbers to call, what a
    row of a visit is, which filters there are, and that a search has words.
    """
    if key in {"filters", "ready"} and isinstance(data, list):
        return data
    if key == "given" and data and isinstance(data[0], list):
        return [[name, [next(by) for _ in values]] for name, values in data]
    if isinstance(data, str):
        return data if (key, data) in OURS or key in {"kind", "way"} else next(by)
    if key == "words" and isinstance(data, list):
        return [word for _ in data for word in next(by).split()]
    if isinstance(data, list):
        return [_replaced(item, by) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("is_phone"):
        return data
    return {name: _replaced(value, by, name) for name, value in data.items()}


def _mounted(page: Page, name: str, data: Data, message: str | None) -> dict[str, Any]:
    parts = {part: COMPONENTS[name].get(part) or "" for part in ("html", "css", "js")}
    found: dict[str, Any] = page.evaluate(_MOUNT, [parts, data, message])
    return found


def test_each_component_is_tried() -> None:
    assert sorted(COMPONENTS) == sorted([*TOLD, "go_to"])  # which shows nothing


@pytest.mark.parametrize("name", sorted(TOLD))
@settings(max_examples=8, deadline=None)
@given(odd=st.lists(texts, min_size=1, max_size=12))
@example(odd=list(ODD))
@example(odd=list(reversed(ODD)))
def test_no_text_breaks_a_component_or_becomes_markup(
    blank: Watched, told: tuple[dict[str, Data], str], name: str, odd: list[str]
) -> None:
    by = cycle(odd)
    data = _replaced(told[0][name], by)
    message = json.dumps(_replaced(json.loads(told[1]), by)) if name == "live" else None
    found = _mounted(blank.page, name, data, message)
    assert blank.errors == []
    assert found["markup"] == []
    assert set(found["schemes"]) <= {"http:", "https:", "tel:"}
    assert found["caught"] is None
    assert name != "live" or found["rows"] >= 1
    assert found["text"] is not None
    blank.errors.clear()
