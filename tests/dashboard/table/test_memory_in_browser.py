"""What a browser holds that has scrolled through very many rows.

The server is played by a function, for it is the browser that is asked.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize

from dashboard.screens.leads.table import LEADS
from dashboard.table.definition import Wanted
from dashboard.table.table import data_of
from tests.browser import browsing, watching
from tests.dashboard.screens.test_odd_texts_in_browser import COMPONENTS
from tests.desk import question

MANY = 20_000
TALL = ViewportSize(width=1440, height=4000)
MOST_NODES = 5_000
MOST_GROWTH_BYTES = 20_000_000

_MOUNT = """
async ([{ html, css, js }, data, many]) => {
  const host = document.body.appendChild(document.createElement("div"))
  const root = host.attachShadow({ mode: "open" })
  root.innerHTML = `<style>${css}</style>${html}`
  const page = first => ({
    first, sort: data.page.sort,
    rows: Array.from({ length: Math.min(100, many + 1 - first) }, (_, at) => [
      `guest${first + at}`, null,
      ...data.fields.map(name => ({ who: `Guest ${first + at}`, stage: 1 })[name] ?? null),
    ]),
    before: first > 1 ? `W${first - 100}` : null,
    after: first + 100 <= many ? `W${first + 100}` : null,
    at: first > 1 ? `W${first}` : null,
  })
  window.fetch = async address => {
    const at = new URL(address, "https://x.example").searchParams.get("at")
    return { ok: true, json: async () => page(Number(at.slice(1))) }
  }
  const script = URL.createObjectURL(new Blob([js], { type: "text/javascript" }))
  const { default: mount } = await import(script)
  const told = { ...data, page: page(1), total: many }
  mount({ data: told, parentElement: root, setStateValue() {}, setTriggerValue() {} })
  window.grid = root.querySelector(".grid")
}
"""

_WALK = """
async many => {
  const met = new Set()
  let most = 0
  while (met.size < many) {
    for (const line of grid.querySelectorAll(".body .line")) met.add(line.dataset.key)
    most = Math.max(most, grid.querySelectorAll("*").length)
    const last = Math.min(many, Math.floor((grid.scrollTop + grid.clientHeight) / 36)) - 2
    const isThere = [...grid.querySelectorAll(".body .line")].some(line => line.place >= last)
    if (isThere) grid.scrollTop += grid.clientHeight
    await new Promise(requestAnimationFrame)
    await new Promise(done => setTimeout(done))
  }
  return most
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


def test_twenty_thousand_rows_scrolled_by_leave_a_browser_as_it_was(browser: Browser) -> None:
    wanted = Wanted(question(), LEADS.usual)
    page = {"rows": [], "first": 1, "before": None, "after": None, "at": None, "sort": "x.asc"}
    data = data_of(LEADS, wanted, page, label="Leads", total=MANY, names=LEADS.columns[:6])
    parts = {part: COMPONENTS["table"].get(part) or "" for part in ("html", "css", "js")}
    with watching(browser, size=TALL) as seen:
        tools = seen.page.context.new_cdp_session(seen.page)
        tools.send("Performance.enable")

        def heap() -> float:
            tools.send("HeapProfiler.collectGarbage")
            found = tools.send("Performance.getMetrics")["metrics"]
            return float(next(one["value"] for one in found if one["name"] == "JSHeapUsedSize"))

        seen.page.evaluate(_MOUNT, [parts, data | {"fields": LEADS.columns}, MANY])
        before = heap()
        most = seen.page.evaluate(_WALK, MANY)
        assert most < MOST_NODES
        assert heap() - before < MOST_GROWTH_BYTES
        assert seen.errors == []
