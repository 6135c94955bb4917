// One visit: a head, and its pages as bars on one axis of time with what came in between them.

function makeVisit(parent, visit, words, tell) {
  const card = make("article", visit.rows.some(row => row.kind === "page") ? "visit" : "visit timeless", parent)
  const head = make("header", "visit-head", card)
  const summary = make("div", "summary", head)
  const title = make("h3", "", summary)
  makeTime(title, visit.ms)
  makeText("span", "tag", summary, visit.number)
  makeText("span", "via", summary, visit.source, "Source and campaign")
  for (const text of [visit.duration, visit.pages, visit.place, visit.device]) {
    if (text) makeText("span", "sum", summary, text)
  }
  const end = make("div", "end", head)
  makeSteps(end, visit.stage, words.stages)
  makeSource(end, "this visit", () => tell("source", visit.delivery))
  card.ariaLabel = `${visit.number}, ${title.textContent}`

  const axis = make("div", "page axis", card)
  axis.ariaHidden = "true"
  const ends = make("div", "ends", axis)
  make("span", "", ends).textContent = "0"
  make("span", "", ends).textContent = visit.length
  const rows = make("ol", "rows", card)
  if (visit.landing) fillLanding(make("li", "page", rows), visit)
  for (const row of visit.rows) {
    const item = make("li", row.kind, rows)
    const at = makeText("time", "at", item, row.at, bothTimes(row.ms))
    at.dateTime = new Date(row.ms).toISOString()
    if (row.kind === "page") fillPage(item, row)
    else fillEvent(item, row, words, tell)
  }
  if (visit.is_cut) make("p", "note", card).textContent = "The raw event has further page events."
  const more = makeMore(card, "About this visit")
  makeFacts(more, visit.facts, tell, "facts wide")
  return card
}

function fillLanding(item, visit) {
  make("span", "at", item).textContent = "0:00"
  const what = make("div", "what", item)
  fillNames(what, visit.landing)
  make("div", "lane", item)
  make("span", "dwell", item)
  const note = visit.finalized ? "No page events were sent." : "Landing page only; the others follow once the visit is over."
  make("div", "note", what).textContent = note
}

function fillNames(what, page) {
  const address = page.url && webAddress(page.url)
  const path = address ? address.pathname + address.search : page.url
  if (page.title) makeText("div", "title", what, page.title, page.title)
  makeAddress(make("div", page.title ? "path" : "title", what), page.url, path)
}

function fillPage(item, row) {
  const what = make("div", "what", item)
  if (row.signal) makeText("span", "signal", what, row.signal, "Signal: not a page view")
  fillNames(what, row)
  if (row.points) makeText("span", "points", what, `+${row.points}`, "Intent points this gave")
  if (row.props.length) {
    const list = make("dl", "props", what)
    for (const [name, value] of row.props) {
      const pair = make("div", "", list)
      makeText("dt", "", pair, name)
      makeText("dd", "", pair, value)
    }
  }
  if (row.outlink) {
    const out = make("div", "outlink", what)
    make("span", "", out).textContent = "left for "
    makeAddress(out, row.outlink)
  }
  const lane = make("div", "lane", item)
  const bar = make("i", row.signal ? "bar other" : "bar", lane)
  bar.style.left = `${row.left}%`
  bar.style.width = `${row.width}%`
  makeText("span", "dwell", item, row.dwell, "Time until the next event")
}

function fillEvent(item, row, words, tell) {
  const what = make("div", "what", item)
  make("span", "name", what).textContent = words.stages[row.stage - 1]
  makeSource(what, words.stages[row.stage - 1], () => tell("source", row.delivery))
  for (const note of row.notes) makeText("div", "note", what, note)
  const lane = make("div", "lane", item)
  const dot = make("i", row.is_after ? "dot after" : "dot", lane)
  dot.style.left = `${row.left}%`
  if (row.is_after) dot.title = "After the visit"
}
