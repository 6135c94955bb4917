// Pills: one for each filter that is set or kept ready; each opens its editor, and "+ Filter" a
// list of all. Whoever shows them keeps what is set: this only reports changes.

const PILL_CHARS = 44

class Pills {
  // `root` has `.pills`, `.add` and `.menu`; `commit` takes { parameter: [values] }, empty to
  // remove one.
  constructor(root, id, commit) {
    this.root = root
    this.menu = new Menu(root, id)
    this.place = root.querySelector(".pills")
    this.add = root.querySelector(".add")
    this.commit = commit
    this.given = {}
    this.add.onpointerdown = () => this.press(this.add)
    this.add.onclick = () => this.toggle(this.add, () => this.chooseFilter())
  }

  // `filters` as Python describes them; `address`: where values are requested, and those already
  // here.
  learn(filters, address) {
    this.filters = filters
    this.named = new Map(filters.map(filter => [filter.name, filter]))
    this.address = address
  }

  // `given`: { parameter: [values] }; `hidden` parameters are shown by something else here. `first`
  // draws what comes before all pills.
  draw(given, { ready = [], hidden = [], first = () => {} } = {}) {
    const focused = this.root.getRootNode().activeElement?.dataset?.pill
    this.given = given
    this.place.replaceChildren()
    first()
    const pills = Object.entries(given)
      .filter(([parameter]) => !hidden.includes(parameter))
      .map(([parameter, values]) => {
        const [name, operator = "is"] = parameter.split(".")
        return [name, operator, values]
      })
    // A filter that is kept ready keeps its place when it is set.
    for (const name of ready) {
      const its = pills.filter(pill => pill[0] === name)
      for (const pill of its.length ? its : [[name, "is", []]]) this.drawPill(...pill)
    }
    for (const pill of pills) if (!ready.includes(pill[0])) this.drawPill(...pill)
    if (focused) this.pill(focused)?.focus()
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

  pill(parameter) {
    return [...this.place.querySelectorAll(".open")].find(node => node.dataset.pill === parameter)
  }

  // An empty pill whose button opens a menu.
  makePill(parameter, isOn, open) {
    const pill = make("span", `pill${isOn ? " on" : ""}`, this.place)
    const button = make("button", "open", pill)
    button.type = "button"
    button.dataset.pill = parameter
    button.ariaHasPopup = "dialog"
    button.ariaExpanded = "false"
    button.onpointerdown = () => this.press(button)
    button.onclick = () => this.toggle(button, () => open(() => this.pill(parameter) ?? this.add))
    return [pill, button]
  }

  drawPill(name, operator, values) {
    const parameter = parameterOf(name, operator)
    const filter = this.named.get(name)
    const label = filter?.label ?? name
    const [pill, button] = this.makePill(parameter, values.length, find => this.edit(filter, operator, find))
    make("span", "name", button).textContent = label
    if (values.length) {
      const word = filter?.kind === "number" || filter?.kind === "time" ? "" : OPERATOR_WORDS[operator] ?? operator
      make("span", "operator-word", button).textContent = word
      const said = values.map(value => value === MISSING_VALUE ? "none" : titled(filter, value))
      const text = make("bdi", "values", button)
      text.textContent = short(said.slice(0, 2).join(", "))
      if (said.length > 2) make("span", "operator-word", button).textContent = `+${said.length - 2}`
      button.title = `${label} ${word} ${said.slice(0, 20).join(", ")}`
      this.drawOff(pill, `${label} ${word} ${short(said.join(", "))}`, { [parameter]: [] })
    }
    if (filter) return
    // A filter that this screen does not have can be removed, not changed.
    button.disabled = true
    button.ariaHasPopup = button.ariaExpanded = null
  }

  drawOff(pill, said, change) {
    const off = make("button", "off", pill)
    off.type = "button"
    off.textContent = "×"
    off.ariaLabel = `Remove: ${said}`
    off.title = "Remove this filter"
    off.onclick = () => {
      this.add.focus()
      this.commit(change)
    }
  }

  chooseFilter() {
    chooseFilter(this.menu, this.filters, () => this.add, filter =>
      this.edit(filter, filter.operators[0], () => this.pill(filter.name) ?? this.add))
  }

  edit(filter, operator, find) {
    new Editor(this.menu, filter, operator, () => this.given, this.address, change => this.commit(change)).open(find)
  }
}

function short(text) {
  return text.length > PILL_CHARS ? `${text.slice(0, PILL_CHARS - 1)}…` : text
}
