// Companies as cards: a grid of links, or one card with everything. All text is set as text.

function fillTile(parent, tile) {
  const box = make("div", "tile", parent)
  const label = make("dt", "", box)
  label.textContent = tile.label
  label.title = tile.help
  put(make("dd", "value", box), tile.text, "")
  if (tile.deltas) {
    const deltas = make("dd", "deltas", box)
    for (const delta of tile.deltas) {
      const one = make("span", `delta ${["down", "flat", "up"][delta.sign + 1]}`, deltas)
      one.title = delta.help
      put(make("b", "", one), delta.text, "")
      make("span", "span", one).textContent = delta.span
    }
  } else if (tile.note) make("dd", "note", box).textContent = tile.note
}

function fillSources(parent, sources) {
  const box = make("div", "sources", parent)
  make("h2", "", box).textContent = "Traffic sources"
  if (!sources) {
    put(make("p", "none", box), null, "")
    return
  }
  const list = make("dl", "bars", box)
  for (const { label, percent } of sources) {
    make("dt", "", list).textContent = label
    const value = make("dd", "", list)
    const track = make("span", "track", value)
    const bar = make("i", "", track)
    bar.style.inlineSize = `${Math.min(Math.max(percent ?? 0, 0), 100)}%`
    put(make("span", "percent", value), percent == null ? null : `${percent}%`, "")
  }
}

function fillFact(list, fact) {
  const label = make("dt", "", list)
  label.textContent = fact.label
  label.title = fact.help
  const value = make("dd", "", list)
  value.dir = "auto"
  const url = fact.link && webAddress(fact.link)
  if (url) {
    const link = makeLink(value)
    link.href = url.href
    put(link, fact.link.replace(/^https?:\/\/(www\.)?/i, "").replace(/\/$/, ""), fact.link)
  } else put(value, fact.text ?? fact.link, "")
}

function fillHead(article, card, whole, open) {
  const head = make("header", "top", article)
  fillPicture(make("span", "mark", head), card.initials, card.logo, `Logo of ${card.name}`)
  const title = make("div", "title", head)
  const name = make(whole ? "h1" : "h2", "name", title)
  name.dir = "auto"
  if (whole) put(name, card.name)
  else {
    const link = make("a", "open", name)
    link.href = card.href
    put(link, card.name)
    link.onclick = event => {
      // New tabs and windows are left to the browser.
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
      event.preventDefault()
      open(card.key)
    }
  }
  const line = make("p", "line", title)
  line.dir = "auto"
  put(line, card.line)
  const visits = make("p", "visits", head)
  if (!card.visits) {
    visits.textContent = "No visits"
    return
  }
  visits.textContent = card.visits
  if (card.seen != null) {
    const time = make("time", "", visits)
    time.dateTime = new Date(card.seen).toISOString()
    put(time, agoText(card.seen), bothTimes(card.seen))
  }
}

export default function companyCards({ data, parentElement, setTriggerValue }) {
  const cards = parentElement.querySelector(".cards")
  const drawn = JSON.stringify(data)
  if (cards.dataset.drawn === drawn) return
  if (data.whole && !cards.dataset.drawn) toTop()
  cards.dataset.drawn = drawn
  cards.classList.toggle("whole", data.whole)
  cards.replaceChildren()
  for (const card of data.cards) {
    const article = make("article", "card", cards)
    fillHead(article, card, data.whole, key => setTriggerValue("open", key))
    const tiles = make("dl", "tiles", article)
    for (const tile of card.tiles) fillTile(tiles, tile)
    if (!data.whole) continue
    const sections = make("div", "sections", article)
    const [first, ...rest] = card.sections
    const about = make("section", "about", sections)
    make("h2", "", about).textContent = first.title
    const facts = make("dl", "facts", about)
    for (const fact of first.facts) fillFact(facts, fact)
    const traffic = make("section", "", sections)
    fillSources(traffic, card.sources)
    for (const { title, facts } of rest) {
      const section = make("section", "numbers", sections)
      make("h2", "", section).textContent = title
      const list = make("dl", "facts", section)
      for (const fact of facts) fillFact(list, fact)
    }
  }
}
