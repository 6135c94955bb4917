// One row of the live feed: made once a lead, then only its text changes.

const CELLS = ["who", "company", "page", "from", "mail", "stage", "heard"]
const PAGES = 2 // that fit with their dwell, one less beside the mark of a hot one

function pathOf(url) {
  const path = url.pathname + url.search
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

function initials(name) {
  const words = name.split(/\s+/).filter(word => /^\p{L}/u.test(word))
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words
  return ends.map(word => [...word][0].toUpperCase()).join("")
}

function makeRow(stages, take) {
  const row = make("div", "row")
  row.setAttribute("role", "row")
  row.setAttribute("aria-selected", "false")
  row.tabIndex = -1
  const cell = {}
  for (const name of CELLS) {
    cell[name] = make("div", `cell ${name}`, row)
    cell[name].setAttribute("role", "gridcell")
  }
  const face = make("span", "face", cell.who)
  face.setAttribute("aria-hidden", "true")
  const lines = {}
  for (const name of CELLS) {
    const column = make("span", "lines", cell[name])
    lines[name] = [make("span", "first", column), make("span", "second", column)]
    for (const line of lines[name]) line.dir = "auto"
  }
  const people = make("span", "tag", lines.company[1])
  const firm = make("span", "firm", lines.company[1])
  const where = make("span", "where", lines.company[1])
  const badge = make("span", "badge", lines.mail[1])
  const steps = make("span", "steps", lines.stage[1])
  steps.setAttribute("role", "img")
  for (let step = 0; step < stages.length; step++) make("i", "step", steps)
  const owner = makeOwner(cell.stage, () => take(row.dataset.key))
  const time = make("time", "", lines.heard[0])
  const visit = make("span", "", lines.heard[1])
  return { row, face, lines, people, firm, where, badge, steps, owner, time, visit, drawn: "", heardAt: 0, isOver: true }
}

// Write a lead into its row; whether anything was another before.
function fillRow(parts, lead, words) {
  const drawn = JSON.stringify(lead)
  if (parts.drawn === drawn) return false
  parts.drawn = drawn
  parts.heardAt = lead.heard_at
  parts.isOver = Boolean(lead.over)
  parts.row.dataset.key = lead.key
  parts.row.classList.toggle("anonymous", !lead.known)
  parts.face.textContent = lead.known ? initials(lead.who) : ""
  const { who, company, page, from, mail } = parts.lines
  put(who[0], lead.who)
  put(who[1], lead.title)
  put(company[0], lead.company)
  fillPeople(parts, lead)
  fillPages(page[0], lead)
  put(page[1], lead.source)
  put(from[0], lead.place)
  put(from[1], lead.device)
  put(mail[0], lead.email)
  fillBadge(parts.badge, lead.validity, words.validity)
  fillWhy(parts, lead, words.stages)
  fillOwner(parts.owner, lead.owner, words.me)
  parts.owner.button.ariaLabel = `Take ${lead.who}`
  put(parts.visit, lead.visit ?? "1st visit", lead.visit ? "Has been here before" : "")
  parts.visit.className = lead.visit ? "tag back" : ""
  parts.time.dateTime = new Date(lead.heard_at).toISOString()
  parts.time.title = exactTimes(lead)
  return true
}

// How large the company is, and in which business; how many of it came this week; beside a panel and on a phone also where from.
function fillPeople({ people, firm, where }, lead) {
  const size = lead.employees ? `${numberText(lead.employees)} people` : ""
  put(firm, [size, lead.industry].filter(Boolean).join(" · "))
  people.hidden = !(lead.people > 1)
  put(people, `${lead.people} this week`, `${lead.people} people of this company within 7 days`)
  put(where, [lead.place, lead.device].filter(Boolean).join(" · "))
}

// The landing page while the session runs; the pages with their dwell once Midbound has told them.
function fillPages(line, lead) {
  const pages = lead.pages ?? (lead.page ? [[lead.page, null]] : [])
  const title = lead.pages ? pages.map(([url, s]) => `${(s == null ? MISSING : dwellText(s * 1000)).padEnd(12)}${url}`) : [lead.page_title, lead.page]
  const all = Math.max(lead.pages ? lead.pageviews ?? 0 : 0, pages.length)
  const drawn = JSON.stringify([pages, all, lead.hot, title])
  if (line.dataset.drawn === drawn) return // its links may have the focus
  line.dataset.drawn = drawn
  put(line, "", title.filter(Boolean).join("\n"))
  if (!pages.length) return
  line.classList.remove("missing")
  line.replaceChildren()
  if (lead.hot) put(make("span", "tag hot", line), "Hot", `On your list of hot pages: ${lead.hot}`)
  const fit = Math.min(lead.hot ? PAGES - 1 : PAGES, pages.length)
  for (const [address, seconds] of pages.slice(0, fit)) {
    const url = address && webAddress(address)
    const page = make("span", "page-seen", line)
    const name = url ? makeLink(page) : make("span", "", page)
    name.dir = "auto"
    name.tabIndex = -1
    if (url) name.href = url.href
    put(name, url ? pathOf(url) : address, "")
    if (seconds != null) make("span", "dwell", page).textContent = dwellText(seconds * 1000)
  }
  // Where it is narrow the style shows one page: how many more there are depends on that.
  for (const [shown, name] of [[fit, "rest of-wide"], [1, "rest of-narrow"]]) {
    if (all > shown) make("span", name, line).textContent = `+${all - shown}`
  }
}

// The grade and its best reason; how far Midbound has come stands small below.
function fillWhy(parts, { grade, reason, asks, stage }, stages) {
  const line = parts.lines.stage[0]
  put(line, "", reason ? `${grade}: ${reason}` : grade)
  line.classList.remove("missing")
  line.replaceChildren()
  const letter = grade ? { A: "a", B: "b" }[grade[0]] ?? "other" : "other"
  if (grade) make("span", `grade grade-${letter}`, line).textContent = grade
  make("span", asks ? "reason asks" : "reason", line).textContent = reason ?? ""
  parts.steps.title = stages[stage - 1] ? `${stages[stage - 1]}: step ${stage} of ${stages.length}` : ""
  parts.steps.ariaLabel = parts.steps.title
  ;[...parts.steps.children].forEach((step, place) => {
    step.classList.toggle("done", place < stage)
    step.classList.toggle("last", place === stage - 1)
  })
}

function exactTimes(lead) {
  const begun = lead.started_at == null ? "" : `\nThis visit began ${bothTimes(lead.started_at)}`
  return `Last event ${bothTimes(lead.heard_at)}${begun}`
}

// How long ago, for two weeks; the day before that.
function ago(ms, now) {
  return now - ms < 14 * DAY_MS ? agoText(ms, now) : dayText(ms, now)
}
