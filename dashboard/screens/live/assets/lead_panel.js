// One lead at a glance, beside the feed. Python says what to show; all text is set as text.

function fillFact(place, fact, words) {
  place.dir = "auto"
  if (fact.ms != null) {
    const time = make("time", "", place)
    time.dateTime = new Date(fact.ms).toISOString()
    put(time, momentText(fact.ms), bothTimes(fact.ms))
    return
  }
  const url = fact.url && webAddress(fact.url)
  if (url) {
    const link = makeLink(place)
    link.href = url.href
    put(link, fact.text ?? fact.url.replace(/^https?:\/\/(www\.)?/i, ""), fact.url)
  } else if (fact.page) {
    const link = make("a", "link", place)
    link.target = "_self"
    link.href = fact.page.startsWith("/") ? fact.page : "" // ours alone
    put(link, fact.text)
  } else if (fact.copy) put(make("span", "", place), fact.text, "")
  else put(place, fact.text ?? fact.url, "")
  if (fact.copy) makeCopy(place, fact.label, fact.copy)
  if (fact.validity) {
    fillBadge(make("span", "badge", make("div", "verdict", place)), fact.validity, words.validity)
    make("div", "note", place).textContent = wordOf(words.validity, fact.validity)?.[1] ?? ""
  }
  if (fact.note) make("div", "note error", place).textContent = fact.note
}

// Who else came of their company, below how to reach them.
function fillColleagues(after, colleagues) {
  const section = make("section", "")
  after.after(section)
  make("h3", "", section).textContent = "Colleagues who visited"
  const list = make("ul", "colleagues", section)
  for (const person of colleagues) {
    const item = make("li", "", list)
    const link = make("a", "link", item)
    link.href = `/leads?lead=${encodeURIComponent(person.key)}`
    link.target = "_self"
    link.dir = "auto"
    put(link, person.who)
    const note = make("div", "note", item)
    note.dir = "auto"
    note.append(`${person.said} · `)
    const time = make("time", "", note)
    time.dateTime = new Date(person.ms).toISOString()
    put(time, momentText(person.ms), bothTimes(person.ms))
  }
}

export default function leadPanel({ data, parentElement, setTriggerValue }) {
  const find = name => parentElement.querySelector(name)
  find(".close").onclick = () => setTriggerValue("close", true)
  put(find("h2"), data.who)
  put(find(".role"), data.role)
  const why = find(".why")
  why.hidden = !data.why
  if (data.why) {
    const { grade, sentence } = data.why
    const mark = why.querySelector(".grade")
    mark.className = `grade grade-${gradeLetter(grade)}`
    put(mark, grade, "")
    put(why.querySelector(".sentence"), sentence, "")
  }
  const more = find(".whole")
  more.textContent = data.more
  more.href = data.href.startsWith("/") ? data.href : "" // ours alone
  fillWhose(find(".whose"), data)
  const drawn = JSON.stringify([data.key, data.sections, data.colleagues])
  const body = find(".sections")
  if (body.dataset.drawn === drawn) return
  body.dataset.drawn = drawn
  if (body.dataset.key !== data.key) find(".panel").scrollTop = 0
  body.dataset.key = data.key
  body.replaceChildren()
  for (const { title, facts } of data.sections) {
    const section = make("section", "", body)
    make("h3", "", section).textContent = title
    const list = make("dl", "", section)
    for (const fact of facts) {
      make("dt", "", list).textContent = fact.label
      fillFact(make("dd", "", list), fact, data)
    }
  }
  if (data.colleagues.length) fillColleagues(body.firstChild, data.colleagues)
}
