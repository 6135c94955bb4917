// The data dictionary: Python decides the content; this lays it out, and marks the searched words.

const COLUMNS = ["Field", "Meaning", "Example", "Shown at"]

// Text with `code` in it and the searched words marked, all as text nodes.
function fillText(place, text, words) {
  text.split("`").forEach((part, index) => {
    const home = index % 2 ? make("code", "", place) : place
    mark(home, part, words)
  })
}

function mark(place, text, words) {
  const lower = text.toLowerCase()
  // Some letters change length in lower case: then nothing is marked.
  const safe = lower.length === text.length ? words : []
  let at = 0
  while (at < text.length) {
    const next = safe
      .map(word => ({ word, found: lower.indexOf(word, at) }))
      .filter(({ found }) => found >= 0)
      .sort((a, b) => a.found - b.found || b.word.length - a.word.length)[0]
    if (!next) break
    place.append(text.slice(at, next.found))
    at = next.found + next.word.length
    make("mark", "", place).textContent = text.slice(next.found, at)
  }
  place.append(text.slice(at))
}

function cell(row, className) {
  const made = make("td", className, row)
  made.setAttribute("role", "cell")
  return made
}

function fillRow(row, entry, words) {
  row.setAttribute("role", "row")
  const field = make("th", "field", row)
  field.scope = "row"
  field.setAttribute("role", "rowheader")
  const name = make("code", "path", field)
  const parent = entry.path.lastIndexOf(".") + 1
  if (parent) {
    mark(make("span", "parent", name), entry.path.slice(0, parent), words)
    make("wbr", "", name)
  }
  mark(name, entry.path.slice(parent), words)
  const marks = make("span", "marks", field)
  const type = make("span", "badge type", marks)
  type.dataset.type = entry.type
  type.textContent = entry.type
  make("span", "null", marks).textContent = entry.nullable ? "may be null" : "always present"
  const carried = make("span", "events", marks)
  carried.append("in ")
  mark(carried, entry.events.join(", "), words)
  fillText(cell(row, "meaning"), entry.meaning, words)
  const example = cell(row, "example")
  if (entry.example == null) example.classList.add("none")
  mark(make("code", "", example), entry.example ?? MISSING, entry.example == null ? [] : words)
  const shown = cell(row, "shown")
  const isObject = entry.type === "object" || entry.type === "list"
  if (!entry.shown.length) {
    shown.classList.add("none")
    shown.textContent = isObject ? MISSING : "Raw event only"
    return
  }
  const list = make("ul", "", shown)
  for (const place of entry.shown) make("li", "", list).textContent = place
}

function fillSection(parent, section, words) {
  const made = make("section", "object", parent)
  const head = make("header", "", made)
  const title = make("h2", "", head)
  title.textContent = section.title
  title.tabIndex = -1
  fillText(make("p", "about", head), section.meaning, [])
  if (section.places.length) {
    const places = make("p", "places", head)
    places.append("At ")
    for (const place of section.places) mark(make("code", "", places), place, words)
  }
  const carried = make("p", "places", head)
  carried.append("In ")
  for (const event of section.events) mark(make("code", "", carried), event, words)
  const table = make("table", "", made)
  table.setAttribute("role", "table")
  table.setAttribute("aria-label", `Fields of ${section.title}`)
  const groups = { thead: make("thead", "", table), tbody: make("tbody", "", table) }
  for (const group of Object.values(groups)) group.setAttribute("role", "rowgroup")
  const headings = make("tr", "", groups.thead)
  headings.setAttribute("role", "row")
  for (const label of COLUMNS) {
    const heading = make("th", "", headings)
    heading.scope = "col"
    heading.setAttribute("role", "columnheader")
    heading.textContent = label
  }
  for (const entry of section.entries) fillRow(make("tr", "", groups.tbody), entry, words)
  return title
}

export default function dictionary({ data, parentElement }) {
  const find = name => parentElement.querySelector(name)
  const drawn = JSON.stringify(data)
  const body = find(".sections")
  if (body.dataset.drawn === drawn) return
  body.dataset.drawn = drawn
  body.replaceChildren()
  find(".jump").replaceChildren()
  const words = data.words.map(word => word.toLowerCase())
  let count = 0
  for (const section of data.sections) {
    const title = fillSection(body, section, words)
    count += section.entries.length
    const jump = make("button", "to", find(".jump"))
    jump.type = "button"
    jump.append(section.title, " ")
    make("span", "number", jump).textContent = section.entries.length
    jump.onclick = () => {
      title.scrollIntoView({ block: "start" })
      title.focus({ preventScroll: true })
    }
  }
  find(".jump").hidden = data.sections.length < 2
  find(".count").textContent = count === 1 ? "1 field" : `${count} fields`
}
