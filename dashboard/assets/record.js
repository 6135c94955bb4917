// What a record page is made of: facts, times, links, and the way to the event behind each fact.

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })

function makeText(tag, className, parent, text, title = "") {
  const node = make(tag, className, parent)
  put(node, text, title)
  node.dir = "auto"
  return node
}

function makeTime(parent, ms, className = "") {
  const time = make("time", className, parent)
  time.dateTime = new Date(ms).toISOString()
  put(time, dayAndTime.format(ms), bothTimes(ms))
  return time
}

// An address as link if it may be one, else as text; `shown` stands for it.
function makeAddress(parent, url, shown) {
  const address = url && webAddress(url)
  if (!address) return makeText("span", "", parent, shown || url)
  const link = makeLink(parent)
  link.href = address.href
  link.dir = "auto"
  put(link, shown || url.replace(/^https?:\/\/(www\.)?/i, ""), url)
  return link
}

// The small braces after a fact; `ask` is called with what leads to its event.
function makeSource(parent, label, ask) {
  const button = make("button", "source", parent)
  button.type = "button"
  button.textContent = "{ }"
  button.title = `Signed event behind: ${label}`
  button.ariaLabel = button.title
  button.onclick = event => {
    event.preventDefault()
    ask()
  }
  return button
}

function makeSection(parent, title, source) {
  const section = make("section", "section", parent)
  const head = make("div", "section-head", section)
  make("h2", "", head).textContent = title
  if (source) source(head)
  return section
}

function makeBadge(parent, validity, words) {
  const badge = make("span", "badge", parent)
  fillBadge(badge, validity, words)
  return badge
}

// Facts as a list of terms; `tell` is the component's way to Python.
function makeFacts(parent, facts, tell, className = "facts") {
  const list = make("dl", className, parent)
  for (const fact of facts) {
    const pair = make("div", "fact", list)
    const term = make("dt", "", pair)
    put(term, fact.label, fact.meaning)
    const place = make("dd", "", pair)
    if (fact.ms != null && fact.text == null) makeTime(place, fact.ms)
    else if (fact.url) makeAddress(place, fact.url)
    else makeText("span", "value", place, fact.text == null ? null : String(fact.text))
    if (fact.delivery) makeSource(place, fact.label, () => tell("source", fact.delivery))
  }
  return list
}

function makeSteps(parent, stage, names) {
  const mark = make("span", "steps", parent)
  mark.role = "img"
  mark.ariaLabel = mark.title = `Stage ${stage} of ${names.length}: ${names[stage - 1]}`
  names.forEach((_, place) => make("i", place < stage ? "step done" : "step", mark))
}

function makeMore(parent, label, className = "more") {
  const more = make("details", className, parent)
  make("summary", "", more).textContent = label
  return more
}
