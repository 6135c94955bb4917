// Edits one filter: how it compares, and its values, suggested by the server while typing.

const OPERATOR_WORDS = { is: "is", not: "is not", has: "contains" }
const MISSING_VALUE = "(none)"
const TYPING_MS = 150
const MOST_SHOWN = 60

function plainText(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim()
}

// What a value is called: a segment by its title.
function titled(filter, value) {
  return filter?.titles.find(([name]) => plainText(name) === plainText(value))?.[1] ?? value
}

function parameterOf(name, operator) {
  return operator === "is" ? name : `${name}.${operator}`
}

class Editor {
  // `given` returns the current { parameter: [values] }, `commit` takes the same. `address` is
  // where values are requested; its `atHand` gives [value, count] that the page already has.
  constructor(menu, filter, operator, given, address, commit) {
    this.menu = menu
    this.filter = filter
    this.before = operator
    this.operator = operator
    this.given = given
    this.values = [...(given()[parameterOf(filter.name, operator)] ?? [])]
    this.was = JSON.stringify([operator, this.values])
    this.address = address
    this.commit = commit
    this.atHand = address.atHand?.(filter.name) ?? []
    this.offered = this.withThoseAtHand(filter.words.map(word => [word, null]))
  }

  open(find) {
    this.menu.open(find, this.filter.label, box => this.fill(box), isGivenUp => {
      this.isOver = true
      clearTimeout(this.typing)
      if (!isGivenUp) this.finish()
    })
  }

  fill(box) {
    const { filter } = this
    const head = make("div", "menu-head", box)
    make("strong", "", head).textContent = filter.label
    make("span", "meaning", head).textContent = filter.meaning
    this.field = this.menu.combobox(box, filter.label, filter.example ? `such as ${filter.example}` : "Type to find")
    if (filter.kind === "number") this.field.inputMode = "numeric"
    if (filter.operators.length > 1) this.fillOperators(box)
    this.options = new Options(this.menu.listbox(box, `Values of ${filter.label}`), this.field, option => this.toggle(option.value))
    this.note = make("p", "note", box)
    this.note.role = "status"
    this.note.hidden = true
    const foot = make("div", "menu-foot", box)
    this.from = make("span", "meaning", foot)
    if (this.atHand.length) this.from.textContent = this.address.said
    const apply = make("button", "apply", foot)
    apply.type = "button"
    apply.textContent = "Apply"
    apply.onclick = () => this.menu.close()
    this.field.oninput = () => {
      this.draw()
      clearTimeout(this.typing)
      this.typing = setTimeout(() => this.ask(), TYPING_MS)
    }
    this.field.onkeydown = event => {
      if (this.options.key(event)) return
      if (event.key === "Enter") {
        // The pill's button has the focus next: the same key would press it.
        event.preventDefault()
        this.menu.close()
      }
      if (event.key === "Backspace" && !this.field.value && this.values.length) {
        this.values.pop()
        this.draw()
      }
    }
    this.draw()
    this.ask()
  }

  fillOperators(box) {
    const group = make("div", "operators", box)
    group.role = "radiogroup"
    group.ariaLabel = "How it compares"
    for (const operator of this.filter.operators) {
      const label = make("label", "operator", group)
      const radio = make("input", "", label)
      radio.type = "radio"
      radio.name = `${this.menu.id}-operator`
      radio.value = operator
      radio.checked = operator === this.operator
      radio.onchange = () => {
        this.operator = operator
        this.draw()
        this.field.focus()
      }
      make("span", "", label).textContent = OPERATOR_WORDS[operator]
    }
  }

  // Suggestions are requested once per text; an answer that comes late is not shown.
  async ask() {
    if (!this.filter.offers) return
    const text = this.field.value.trim()
    const query = new URLSearchParams({ ...this.address.parameters, name: this.filter.name, text })
    try {
      const answer = await fetch(`${this.address.url}?${query}`, { credentials: "same-origin" })
      if (this.isOver || text !== this.field.value.trim()) return
      if (!answer.ok) throw new Error(String(answer.status))
      const told = await answer.json()
      this.offered = this.withThoseAtHand(told.values)
      if (!this.atHand.length) this.from.textContent = told.among ?? ""
      this.note.hidden = true
    } catch {
      if (this.isOver) return
      this.note.textContent = "Values can't be suggested right now; type one."
      this.note.hidden = false
    }
    this.draw({ isKept: true })
    this.menu.place()
  }

  // Counts from different sources can't be compared: the server's values come after, without
  // counts.
  withThoseAtHand(others) {
    if (!this.atHand.length) return others
    const known = new Set(this.atHand.map(([value]) => plainText(value)))
    return [...this.atHand, ...others.filter(([value]) => !known.has(plainText(value))).map(([value]) => [value, null])]
  }

  // The server finds them by their names.
  withTitled(offered) {
    const known = new Set(offered.map(([value]) => value))
    return [...offered, ...this.filter.titles.filter(([name]) => !known.has(name)).map(([name]) => [name, null])]
  }

  draw({ isKept = false } = {}) {
    const typed = this.field.value.trim(), wanted = plainText(typed)
    const chosen = this.values.map(value => this.option(value, this.offered.find(([text]) => text === value)?.[1], true))
    const others = this.withTitled(this.offered)
      .filter(([value]) => !this.values.includes(value))
      .filter(([value]) => [value, this.worded(value)].some(text => plainText(text).includes(wanted)))
      .slice(0, MOST_SHOWN)
      .map(([value, count]) => this.option(value, count, false))
    const isKnown = [...this.values, ...this.offered.map(([value]) => value)].some(value =>
      plainText(value) === wanted || plainText(this.worded(value)) === wanted)
    const own = typed && !isKnown && this.takesAny()
      ? [{ value: typed, label: `“${typed}”`, hint: "As typed" }] : []
    // While typing, matches come first, so that Enter takes one.
    this.options.draw(
      wanted ? [[null, others], [null, own], ["Chosen", chosen]] : [["Chosen", chosen], [null, others]],
      { isSeveral: this.filter.several, isKept },
    )
  }

  takesAny() {
    return this.filter.kind !== "word" || this.operator === "has"
  }

  option(value, count, isChosen) {
    return { value, label: this.worded(value), count, isChosen }
  }

  worded(value) {
    return value === MISSING_VALUE ? `no ${this.filter.label.toLowerCase()}` : titled(this.filter, value)
  }

  toggle(value) {
    if (!this.filter.several) {
      this.values = [value]
      this.field.value = ""
      this.menu.close()
      return
    }
    this.values = this.values.includes(value) ? this.values.filter(one => one !== value) : [...this.values, value]
    this.field.value = ""
    this.draw()
    this.ask()
  }

  finish() {
    const typed = this.field.value.trim()
    // The text in the field was meant, if it can be a value.
    if (typed && this.takesAny()) {
      const named = this.filter.titles.find(([, title]) => plainText(title) === plainText(typed))?.[0] ?? typed
      this.values = this.filter.several ? [...new Set([...this.values, named])] : [named]
    }
    if (JSON.stringify([this.operator, this.values]) === this.was) return
    const { name } = this.filter
    const change = { [parameterOf(name, this.operator)]: this.values }
    if (this.operator !== this.before) {
      const there = this.given()[parameterOf(name, this.operator)] ?? []
      change[parameterOf(name, this.operator)] = [...new Set([...there, ...this.values])]
      change[parameterOf(name, this.before)] = []
    }
    this.commit(change)
  }
}

// The range, and what it is compared with.
class RangeEditor {
  constructor(menu, range, against, commit) {
    this.menu = menu
    this.range = range
    this.against = against
    this.commit = commit
  }

  open(find) {
    this.menu.open(find, "Range", box => this.fill(box))
  }

  choose(change) {
    this.menu.close()
    this.commit(change)
  }

  fill(box) {
    const presets = make("div", "presets", box)
    presets.role = "group"
    presets.ariaLabel = "Ranges"
    for (const { label, since, until } of this.range.presets) {
      const button = make("button", "preset", presets)
      button.type = "button"
      button.textContent = label
      button.ariaPressed = String(label === this.range.label)
      button.onclick = () => this.choose({ since: since ? [since] : [], until: until ? [until] : [] })
    }
    const form = make("form", "dates", box)
    const fields = ["since", "until"].map(name => {
      const label = make("label", "date", form)
      make("span", "meaning", label).textContent = name === "since" ? "From" : "To"
      const field = make("input", "field", label)
      field.type = "date"
      field.name = name
      field.value = this.range.days[name] ?? ""
      return field
    })
    const apply = make("button", "apply", form)
    apply.type = "submit"
    apply.textContent = "Apply"
    form.onsubmit = event => {
      event.preventDefault()
      const days = fields.map(field => field.value)
      // The wrong way round, both days are meant all the same.
      if (days.every(Boolean)) days.sort()
      const [since, until] = days.map(day => (day ? [day] : []))
      this.choose({ since, until })
    }
    if (this.against) this.fillAgainst(box)
  }

  fillAgainst(box) {
    const group = make("div", "operators", box)
    group.role = "radiogroup"
    group.ariaLabel = "Against"
    make("span", "meaning", group).textContent = "Against"
    for (const [value, words] of this.against.choices) {
      const label = make("label", "operator", group)
      const radio = make("input", "", label)
      radio.type = "radio"
      radio.name = `${this.menu.id}-against`
      radio.checked = value === this.against.value
      radio.onchange = () => this.choose({ against: value === this.against.choices[0][0] ? [] : [value] })
      make("span", "", label).textContent = words
    }
  }
}

// The list of all filters, with a field to type into; `edit` opens the chosen one.
function chooseFilter(menu, filters, find, edit) {
  menu.open(find, "Add a filter", box => {
    const field = menu.combobox(box, "Filter by", "Filter by…")
    const options = new Options(menu.listbox(box, "Filters"), field, option =>
      edit(filters.find(filter => filter.name === option.value)))
    const note = make("p", "note", box)
    note.role = "status"
    const draw = () => {
      const wanted = plainText(field.value)
      const fits = filter => plainText(`${filter.label} ${filter.name} ${filter.meaning}`).includes(wanted)
      const groups = new Map()
      for (const filter of filters) {
        if (!filter.group || !fits(filter)) continue
        const option = { value: filter.name, label: filter.label, hint: filter.meaning }
        groups.set(filter.group, [...(groups.get(filter.group) ?? []), option])
      }
      // Beginnings of names first: "com" is company before it is "came from".
      const first = option => plainText(option.label).startsWith(wanted) ? 0 : 1
      if (wanted) for (const found of groups.values()) found.sort((one, other) => first(one) - first(other))
      options.draw([...groups])
      note.hidden = groups.size > 0
      note.textContent = groups.size ? "" : "No filter has that name. Delete some letters to see all."
    }
    field.oninput = draw
    // A handler that returns false would keep the key from the field.
    field.onkeydown = event => { options.key(event) }
    draw()
  })
}
