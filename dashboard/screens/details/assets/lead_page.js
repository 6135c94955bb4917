// One lead's page. Python says what to show; all text of the data is set as text.

function initials(who) {
  const parts = who.split(/[\s@.]+/u).filter(Boolean)
  const ends = parts.length > 1 ? [parts[0], parts.at(-1)] : parts
  return ends.map(part => [...part][0]).join("").toUpperCase() || "?"
}

function fillTop(place, top, words, tell) {
  const face = make("div", top.known ? "face" : "face anonymous", place)
  fillPicture(face, top.known ? initials(top.who) : "?", top.photo, `Photo of ${top.who}`)
  const names = make("div", "names", place)
  const line = make("div", "name-line", names)
  makeText("h1", "", line, top.who)
  if (top.delivery) makeSource(line, "Name", () => tell("source", top.delivery))
  const known = top.role.filter(fact => fact.text)
  const role = known.map(fact => fact.text).join(" at ")
  if (role) {
    const line = make("p", "role", names)
    known.forEach((fact, place) => {
      if (place) line.append(" at ")
      makeText("span", "", line, fact.text)
      if (fact.delivery) makeSource(line, fact.label, () => tell("source", fact.delivery))
    })
  }
  fillWhose(make("p", "whose", names), words, () => tell("said", Date.now()))
  if (top.headline.text && top.headline.text !== role) {
    const line = make("p", "headline", names)
    makeText("span", "", line, top.headline.text)
    makeSource(line, top.headline.label, () => tell("source", top.headline.delivery))
  }
  fillGrade(make("p", "why", names), words.why)
  const marks = makeFacts(place, top.marks, tell, "marks")
  makeSteps(marks.querySelector(".fact:last-child dd"), top.stage, words.stages)
}

function fillContact(place, data, tell) {
  const section = makeSection(place, "Contact")
  const list = make("ul", "emails", section)
  for (const email of data.emails) {
    const item = make("li", email.why ? "email best" : "email", list)
    const line = make("div", "", item)
    makeText("span", "address", line, email.address)
    makeCopy(line, email.address, email.address)
    const ask = () => (email.delivery ? tell("source", email.delivery) : tell("address", email.address))
    makeSource(line, email.address, ask)
    const facts = make("div", "line", item)
    makeBadge(facts, email.validity, data.validity)
    if (email.kind) make("span", "note", facts).textContent = email.kind
    if (email.why) make("div", "note", item).textContent = email.why
    if (email.failed) makeText("div", "note error", item, `Newest check failed: ${email.failed}`)
    if (email.checks.length) fillChecks(item, email.checks, data.validity, tell)
  }
  makeFacts(section, data.emails.length ? data.contact : [{ label: "Email" }, ...data.contact], tell)
}

function fillChecks(place, checks, words, tell) {
  const more = makeMore(place, checks.length === 1 ? "1 check" : `${checks.length} checks`)
  const list = make("ol", "checks", more)
  more.ontoggle = () => {
    if (!list.childElementCount) for (const check of checks) fillCheck(make("li", "line", list), check, words, tell)
  }
}

function fillCheck(item, check, words, tell) {
  makeTime(item, check.ms, "note")
  if (check.failed) makeText("span", "note error", item, check.failed)
  else makeBadge(item, check.validity, words)
  if (check.provider) makeText("span", "note", item, check.provider)
  makeSource(item, "this check", () => tell("source", check.delivery))
}

function fillCompany(place, company, tell) {
  const section = makeSection(place, "Company", head => {
    if (company.delivery) makeSource(head, "the company", () => tell("source", company.delivery))
  })
  const line = make("div", "company", section)
  fillPicture(make("span", "logo", line), company.initials, company.logo, `Logo of ${company.name}`)
  const names = make("div", "names", line)
  const name = makeText(company.key ? "a" : "span", "link strong", names, company.name)
  if (company.key) name.href = `companies?company=${encodeURIComponent(company.key)}`
  if (company.industry) makeText("div", "note", names, company.industry)
  if (!company.key) {
    make("p", "note", section).textContent = "Known by name only; more follows once a visit is enriched."
    return
  }
  // The whole card has one source: the braces in its head.
  const plain = facts => facts.map(fact => ({ ...fact, delivery: null }))
  makeFacts(section, plain(company.numbers), tell, "facts numbers")
  makeFacts(section, plain(company.facts), tell)
  if (company.about) makeText("p", "about", section, company.about)
}

function fillTouches(place, touches, tell) {
  const section = makeSection(place, "Where they came from")
  for (const touch of touches) {
    const item = make("div", "touch", section)
    const line = make("div", "line", item)
    const label = make("span", "note", line)
    put(label, touch.label, touch.meaning)
    if (touch.ms != null) makeTime(line, touch.ms, "note")
    if (touch.delivery) makeSource(line, touch.label, () => tell("source", touch.delivery))
    makeText("div", touch.page ? "strong" : "note", item, touch.text)
    if (touch.page) makeAddress(make("div", "path", item), touch.page)
  }
}

function fillCareer(place, career, tell) {
  const section = makeSection(place, "Background", head =>
    makeSource(head, "the profile", () => tell("source", career.delivery)))
  if (career.summary) makeText("p", "about", section, career.summary)
  for (const [title, items] of [["Work", career.jobs], ["Education", career.education]]) {
    if (!items.length) continue
    make("h3", "", section).textContent = title
    const list = make("ul", "jobs", section)
    for (const job of items) {
      const item = make("li", "", list)
      makeText("div", "strong", item, job.title)
      makeText("div", "", item, job.where)
      if (job.when) makeText("div", "note", item, job.when)
      if (job.about) makeText("div", "note", item, job.about)
    }
  }
  for (const [title, items] of [["Skills", career.skills], ["Languages", career.languages]]) {
    if (!items.length) continue
    make("h3", "", section).textContent = title
    const list = make("ul", "chips", section)
    for (const text of items) makeText("li", "", list, text)
  }
  const read = make("p", "note", section)
  read.append("Profile as of ")
  makeTime(read, career.ms)
}

function fillColleagues(place, colleagues, tell) {
  const section = makeSection(place, "Colleagues who visited")
  const list = make("ul", "colleagues", section)
  for (const person of colleagues) {
    const item = make("li", "", list)
    const link = makeText("a", "link strong", item, person.who)
    link.href = `leads?lead=${encodeURIComponent(person.key)}`
    link.onclick = event => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
      event.preventDefault()
      tell("lead", person.key)
    }
    if (person.title) makeText("div", "note", item, person.title)
    const line = make("div", "note", item)
    line.append(`${person.visits}, last `)
    makeTime(line, person.ms)
    if (person.page) makeAddress(make("div", "path", item), person.page)
  }
}

function fillVisits(place, data, tell) {
  const head = make("div", "section-head", place)
  make("h2", "", head).textContent = "Visits"
  fillNoteForm(place, data, tell)
  for (const visit of data.visits) {
    for (const said of visit.said) fillSaid(make("p", "said", place), said)
    makeVisit(place, visit, data, tell)
    if (visit.gap) make("p", "gap", place).textContent = `↑ ${visit.gap}`
  }
  for (const said of data.said_before) fillSaid(make("p", "said", place), said)
  if (!data.earlier) return
  const more = make("button", "earlier", place)
  more.type = "button"
  more.textContent = `Show earlier visits (${numberText(data.earlier)} more)`
  more.onclick = () => tell("earlier", data.visits.length)
}

// What somebody said about the lead, between the visits; a note's text is on its own line.
function fillSaid(item, said) {
  makeTime(item, said.ms, "note")
  item.append(" ")
  makeText("span", "strong", item, said.who)
  item.append(" ")
  makeText("span", "", item, said.did)
  if (said.text) makeText("span", "text", item, said.text)
}

function fillNoteForm(place, data, tell) {
  const form = make("form", "note-form", place)
  const text = make("textarea", "", form)
  text.ariaLabel = "Note"
  text.placeholder = "Write a note…"
  text.maxLength = 4000
  text.rows = 1
  // The page may be drawn again while somebody is writing.
  text.value = place.draft ?? ""
  text.oninput = () => { place.draft = text.value }
  const button = make("button", "take", form)
  button.textContent = "Add note"
  const told = make("span", "note told", form)
  told.role = "status"
  form.onsubmit = async event => {
    event.preventDefault()
    const done = await sayOf(data.key, "note", text.value)
    told.textContent = done.isSaid ? "" : done.detail
    if (!done.isSaid) return
    text.value = place.draft = ""
    tell("said", Date.now())
  }
}

// The key `t` takes the lead, anywhere on the page, except while typing.
function listenForTake(root) {
  const act = event => {
    const from = event.composedPath()[0]
    const types = from.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(from.tagName ?? "")
    if (event.key !== "t" || types || event.ctrlKey || event.metaKey || event.altKey) return
    root.querySelector(".whose .take:not([hidden], .let-go)")?.click()
  }
  document.addEventListener("keydown", act)
  return () => document.removeEventListener("keydown", act)
}

// A link in a message opens the page with the button focused; only pressing it takes the lead,
// because link scanners open links, too.
function focusTake(root) {
  if (new URLSearchParams(location.search).get("take") !== "1" || root.dataset.focused) return
  root.dataset.focused = "yes"
  root.querySelector(".whose .take:not([hidden], .let-go)")?.focus()
}

export default function leadPage({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".details")
  const drawn = JSON.stringify(data)
  const end = listenForTake(root)
  if (root.drawn === drawn) return end
  if (!root.drawn) toTop()
  root.drawn = drawn
  root.classList.toggle("sealed", !data.raw)
  const place = name => {
    const found = root.querySelector(`:scope > .${name}`)
    found.replaceChildren()
    return found
  }
  fillTop(place("top"), data.top, data, setTriggerValue)
  fillContact(place("contact"), data, setTriggerValue)
  const side = place("side")
  fillScores(side, data.why, setTriggerValue)
  if (data.company) fillCompany(side, data.company, setTriggerValue)
  fillTouches(side, data.touches, setTriggerValue)
  if (data.colleagues.length) fillColleagues(side, data.colleagues, setTriggerValue)
  if (data.career) fillCareer(side, data.career, setTriggerValue)
  fillVisits(place("visits"), data, setTriggerValue)
  focusTake(root)
  return end
}
