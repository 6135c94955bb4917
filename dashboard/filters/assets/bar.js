// The bar: search, range, a pill for each filter that is set, and "+ Filter" for more. All state is
// in the address, which Python keeps: here a change is told, and what comes back is drawn.

const SEARCH_MS = 350
const PILL_CHARS = 28

class Bar {
  constructor(root, id) {
    this.root = root
    this.menu = new Menu(root, id)
    this.search = root.querySelector(".search")
    this.field = this.search.querySelector("input")
    this.pills = root.querySelector(".pills")
    this.add = root.querySelector(".add")
    this.clear = root.querySelector(".clear")
    this.add.onpointerdown = () => this.press(this.add)
    this.add.onclick = () => this.toggle(this.add, () => this.chooseFilter())
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
    this.filters = new Map(data.filters.map(filter => [filter.name, filter]))
    this.given = Object.fromEntries(data.given)
    this.search.hidden = data.search === null
    this.field.placeholder = data.search ?? ""
    const asked = this.given.q?.[0] ?? ""
    // What somebody types just now is newer than what comes back.
    if (this.root.getRootNode().activeElement !== this.field || !this.isAsking) this.field.value = asked
    this.isAsking = false
    this.drawPills()
  }

  searchNow() {
    clearTimeout(this.typing)
    const text = this.field.value.trim()
    if (text === (this.given.q?.[0] ?? "")) return
    this.isAsking = true
    this.commit({ q: text ? [text] : [] })
  }

  // A pointer that goes down on the open menu's own button closes it; the click must not open it.
  press(button) {
    this.pressed = this.menu.isOpen && this.menu.find() === button ? button : null
  }

  toggle(button, open) {
    if (this.pressed === button) this.menu.close({ isGivenUp: false })
    else open()
    this.pressed = null
  }

  drawPills() {
    const focused = this.root.getRootNode().activeElement?.dataset?.pill
    this.pills.replaceChildren()
    const { data } = this
    if (data.range) this.drawRange(data)
    const elsewhere = new Set(["q", ...(data.range ? ["since", "until"] : [])])
    const pills = data.given
      .map(([parameter, values]) => [...parameter.split("."), values])
      .map(parts => (parts.length === 3 ? parts : [parts[0], "is", parts[1]]))
      .filter(([name]) => !elsewhere.has(name))
    // What stands ready keeps its place when it is set.
    for (const name of data.ready) {
      const its = pills.filter(pill => pill[0] === name)
      for (const pill of its.length ? its : [[name, "is", []]]) this.drawPill(...pill)
    }
    for (const pill of pills) if (!data.ready.includes(pill[0])) this.drawPill(...pill)
    this.clear.hidden = !data.given.length
    if (focused) this.pill(focused)?.focus()
  }

  pill(parameter) {
    return [...this.pills.querySelectorAll(".open")].find(node => node.dataset.pill === parameter)
  }

  drawRange({ range, against }) {
    const pill = make("span", `pill${range.isSet ? " on" : ""}`, this.pills)
    const button = make("button", "open", pill)
    button.type = "button"
    button.dataset.pill = "range"
    button.ariaHasPopup = "dialog"
    button.ariaExpanded = "false"
    make("span", "name", button).textContent = range.label
    if (against) make("span", "operator-word", button).textContent = against.said
    const find = () => this.pill("range")
    button.onpointerdown = () => this.press(button)
    button.onclick = () => this.toggle(button, () =>
      new RangeEditor(this.menu, this.data.range, this.data.against, change => this.commit(change)).open(find))
    if (range.isSet) this.drawOff(pill, `Range ${range.label}`, { since: [], until: [] })
  }

  drawPill(name, operator, values) {
    const parameter = parameterOf(name, operator)
    const filter = this.filters.get(name)
    const label = filter?.label ?? name
    const pill = make("span", `pill${values.length ? " on" : ""}`, this.pills)
    const button = make("button", "open", pill)
    button.type = "button"
    button.dataset.pill = parameter
    make("span", "name", button).textContent = label
    if (values.length) {
      const word = filter?.kind === "number" || filter?.kind === "time" ? "" : OPERATOR_WORDS[operator] ?? operator
      make("span", "operator-word", button).textContent = word
      const said = values.map(value => value === MISSING_VALUE ? "none" : value)
      const text = make("bdi", "values", button)
      text.textContent = short(said.slice(0, 2).join(", "))
      if (said.length > 2) make("span", "operator-word", button).textContent = `+${said.length - 2}`
      button.title = `${label} ${word} ${said.slice(0, 20).join(", ")}`
      this.drawOff(pill, `${label} ${word} ${short(said.join(", "))}`, { [parameter]: [] })
    }
    // A filter that this screen has not can be taken off, not changed.
    button.disabled = !filter
    if (!filter) return
    button.ariaHasPopup = "dialog"
    button.ariaExpanded = "false"
    button.onpointerdown = () => this.press(button)
    button.onclick = () => this.toggle(button, () => this.edit(filter, operator, () => this.pill(parameter)))
  }

  drawOff(pill, said, change) {
    const off = make("button", "off", pill)
    off.type = "button"
    off.textContent = "×"
    off.ariaLabel = `Take off: ${said}`
    off.title = "Take this filter off"
    off.onclick = () => {
      this.add.focus()
      this.commit(change)
    }
  }

  chooseFilter() {
    chooseFilter(this.menu, this.data.filters, () => this.add, filter =>
      this.edit(filter, filter.operators[0], () => this.pill(filter.name) ?? this.add))
  }

  edit(filter, operator, find) {
    const address = { url: this.data.offers, parameters: { of: this.data.of } }
    new Editor(this.menu, filter, operator, this.given, address, change => this.commit(change)).open(find)
  }

  clearAll() {
    this.field.value = ""
    this.add.focus()
    this.commit(Object.fromEntries(this.data.given.map(([parameter]) => [parameter, []])))
  }

  commit(change) {
    this.tell("ask", change)
  }
}

function short(text) {
  return text.length > PILL_CHARS ? `${text.slice(0, PILL_CHARS - 1)}…` : text
}

const bars = new WeakMap()

export default function ({ data, key, parentElement, setTriggerValue }) {
  let bar = bars.get(parentElement)
  if (!bar) {
    bar = new Bar(parentElement.querySelector(".bar"), "filters")
    bars.set(parentElement, bar)
  }
  bar.tell = setTriggerValue
  bar.show(data)
}
