// One row of the live feed: made once a lead, then only its text changes.

const CELLS = ["who", "company", "page", "mail", "stage", "heard"]

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

function makeRow(stages) {
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
  const link = makeLink()
  link.tabIndex = -1
  const badge = make("span", "badge", lines.mail[1])
  const steps = make("span", "steps", lines.stage[1])
  steps.setAttribute("aria-hidden", "true")
  for (let step = 0; step < stages.length; step++) make("i", "step", steps)
  const time = make("time", "", lines.heard[0])
  return { row, face, lines, link, badge, steps, time, told: "", heardAt: 0 }
}

// Write a lead into its row; whether anything was another before.
function fillRow(parts, lead, words) {
  const told = JSON.stringify(lead)
  if (parts.told === told) return false
  parts.told = told
  parts.heardAt = lead.heard_at
  parts.row.dataset.key = lead.key
  parts.row.classList.toggle("anonymous", !lead.known)
  parts.face.textContent = lead.known ? initials(lead.who) : ""
  const { who, company, page, mail, heard } = parts.lines
  put(who[0], lead.who)
  put(who[1], lead.title)
  put(company[0], lead.company)
  put(company[1], lead.place)
  fillPage(page[0], parts.link, lead)
  put(page[1], lead.source)
  put(mail[0], lead.email)
  fillBadge(parts.badge, lead.validity, words.validity)
  fillStage(parts, lead.stage, words.stages)
  heard[1].textContent = lead.visit ?? ""
  parts.time.dateTime = new Date(lead.heard_at).toISOString()
  parts.time.title = exactTimes(lead)
  return true
}

function fillPage(line, link, lead) {
  const url = lead.page && webAddress(lead.page)
  const title = [lead.page_title, lead.page].filter(Boolean).join("\n")
  if (!url) {
    put(line, lead.page, title)
    return
  }
  if (line.firstChild !== link) line.replaceChildren(link)
  line.classList.remove("missing")
  line.removeAttribute("title")
  link.href = url.href
  put(link, pathOf(url), title)
}

function fillStage(parts, stage, stages) {
  put(parts.lines.stage[0], stages[stage - 1], stage ? `Step ${stage} of ${stages.length}` : "")
  ;[...parts.steps.children].forEach((step, place) => {
    step.classList.toggle("done", place < stage)
    step.classList.toggle("last", place === stage - 1)
  })
}

function exactTimes(lead) {
  const begun = lead.started_at == null ? "" : `\nThis visit began ${bothTimes(lead.started_at)}`
  return `Heard of ${bothTimes(lead.heard_at)}${begun}`
}

const dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" })

function ago(ms, now) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000))
  if (seconds < 2) return "now"
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 86400 * 14) return `${Math.floor(seconds / 86400)} d ago`
  return dayOf.format(ms)
}
