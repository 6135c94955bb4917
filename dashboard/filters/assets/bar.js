// The bar: search, range, a pill for each filter that is set, and "+ Filter" for more. All state is
// in the address, which Python keeps: this only reports changes and draws what comes back.

const SEARCH_MS = 350

class Bar {
  constructor(root, id) {
    this.root = root
    this.pills = new Pills(root, id, change => this.commit(change))
    this.search = root.querySelector(".search")
    this.field = this.search.querySelector("input")
    this.clear = root.querySelector(".clear")
    this.clear.onclick = () => this.clearAll()
    this.field.oninput = () => {
      clearTimeout(this.typing)
      this.typing = setTimeout(() => this.searchNow(), SEARCH_MS)
    }
    this.field.onkeydown = event => {
      if (event.key === "Enter") this.searchNow()
    }
  }

  show(data) {
    this.data = data
    const drawn = JSON.stringify(data)
    if (drawn === this.drawn) return
    this.drawn = drawn
    this.given = Object.fromEntries(data.given)
    this.search.hidden = data.search === null
    this.field.placeholder = data.search ?? ""
    const asked = this.given.q?.[0] ?? ""
    // What somebody is typing is newer than what comes back.
    if (this.root.getRootNode().activeElement !== this.field || !this.isAsking) this.field.value = asked
    this.isAsking = false
    this.pills.learn(data.filters, { url: data.offers, parameters: { of: data.of } })
    this.pills.draw(this.given, {
      ready: data.ready,
      hidden: ["q", ...(data.range ? ["since", "until"] : [])],
      first: () => { if (data.range) this.drawRange(data) },
    })
    this.clear.hidden = !data.given.length
  }

  searchNow() {
    clearTimeout(this.typing)
    const text = this.field.value.trim()
    if (text === (this.given.q?.[0] ?? "")) return
    this.isAsking = true
    this.commit({ q: text ? [text] : [] })
  }

  drawRange({ range, against }) {
    const open = find =>
      new RangeEditor(this.pills.menu, this.data.range, this.data.against, change => this.commit(change)).open(find)
    const [pill, button] = this.pills.makePill("range", range.isSet, open)
    make("span", "name", button).textContent = range.label
    if (against) make("span", "operator-word", button).textContent = against.said
    if (range.isSet) this.pills.drawOff(pill, `Range ${range.label}`, { since: [], until: [] })
  }

  clearAll() {
    this.field.value = ""
    this.pills.add.focus()
    this.commit(Object.fromEntries(this.data.given.map(([parameter]) => [parameter, []])))
  }

  commit(change) {
    // A list on the page requests its first rows before Python is busy with the whole page.
    dispatchEvent(new CustomEvent("visitor-desk-asks", { detail: change }))
    this.tell("ask", change)
  }
}

const bars = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let bar = bars.get(parentElement)
  if (!bar) {
    bar = new Bar(parentElement.querySelector(".bar"), "filters")
    bars.set(parentElement, bar)
  }
  bar.tell = setTriggerValue
  bar.show(data)
}
