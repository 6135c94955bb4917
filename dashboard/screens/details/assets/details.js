// The building blocks of a lead's or session's page: facts, times, links, and the event behind each
// fact.

function makeText(tag, className, parent, text, title = "") {
  const node = make(tag, className, parent)
  put(node, text, title)
  node.dir = "auto"
  return node
}

function makeTime(parent, ms, className = "") {
  const time = make("time", className, parent)
  time.dateTime = new Date(ms).toISOString()
  put(time, momentText(ms), bothTimes(ms))
  return time
}

// An address as a link if it may be one, else as text; `shown` is its text.
function makeAddress(parent, url, shown) {
  const address = url && webAddress(url)
  if (!address) return makeText("span", "", parent, shown || url)
  const link = makeLink(parent)
  link.href = address.href
  link.dir = "auto"
  put(link, shown || url.replace(/^https?:\/\/(www\.)?/i, ""), url)
  return link
}

// The small braces after a fact; `ask` is called with what identifies its event.
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

// A number to call; Python ensures that it is only a plus sign and digits.
function makePhone(parent, number) {
  const link = make("a", "link", parent)
  link.href = `tel:${number}`
  link.textContent = number
}

// Facts as a list of terms, those with one label together; `tell` sends something to Python.
function makeFacts(parent, facts, tell, className = "facts") {
  const list = make("dl", className, parent)
  let before, pair
  for (const fact of facts) {
    const isAnother = fact.label === before
    if (!isAnother) {
      pair = make("div", "fact", list)
      put(make("dt", "", pair), fact.label, fact.meaning)
    }
    before = fact.label
    const place = make("dd", "", pair)
    if (fact.ms != null && fact.text == null) makeTime(place, fact.ms)
    else if (fact.url) makeAddress(place, fact.url)
    else if (fact.is_phone) makePhone(place, fact.text)
    else makeText("span", "value", place, fact.text == null ? null : String(fact.text))
    const label = isAnother ? `${fact.label} ${fact.text}` : fact.label
    if (fact.copy) makeCopy(place, fact.label, fact.copy)
    if (fact.delivery) makeSource(place, label, () => tell("source", fact.delivery))
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
