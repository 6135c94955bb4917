// Which rows are selected: some by their keys, or all that match; shown above the table.

const MOST_CHOSEN = 5_000
const MOST_ASKED = 200 // rows of a page
const TELL_MS = 200

class Chosen {
  constructor(table, bar) {
    this.table = table
    this.bar = bar
    this.find = name => bar.querySelector(name)
    this.keys = new Set()
    this.isAll = false
    this.anchor = null
    this.round = 0 // of selections: a later one supersedes earlier requests
    this.find(".every").onclick = () => this.takeAll()
    this.find(".none").onclick = () => this.clear()
    this.find(".export").onclick = () => this.export()
  }

  has(key) {
    return this.isAll || this.keys.has(key)
  }

  get isEmpty() {
    return !this.isAll && this.keys.size === 0
  }

  // Tick or untick a row; with Shift, all rows from the one ticked last.
  toggle(place, isRange) {
    const { pages } = this.table
    const row = pages.at(place)
    if (!row) return
    if (this.isAll) {
      this.isAll = false
      this.keys = new Set(pages.pages.flatMap(page => page.rows.map(one => one[0])))
    }
    const on = !this.keys.has(row[0]) || (isRange && this.anchor !== null)
    const [from, to] = isRange && this.anchor !== null ? [Math.min(place, this.anchor), Math.max(place, this.anchor)] : [place, place]
    this.anchor = place
    const keys = []
    for (let at = from; at <= to; at++) keys.push(pages.at(at)?.[0])
    if (keys.includes(undefined) && this.table.data.url) this.askFor(from, to, on, row[0])
    else this.put(keys.filter(key => key !== undefined), on)
  }

  put(keys, on) {
    for (const key of keys) {
      if (!on) this.keys.delete(key)
      else if (this.keys.size < MOST_CHOSEN) this.keys.add(key)
    }
    this.changed()
  }

  // A range of which some rows are not loaded, because somebody scrolled far: the server has them.
  async askFor(from, to, on, clicked) {
    const round = ++this.round
    const keys = []
    this.find(".said").textContent = "Selecting…"
    try {
      while (from + keys.length <= to && keys.length < MOST_CHOSEN) {
        const place = from + keys.length
        const page = await this.table.fetch({ from: place + 1, size: Math.min(MOST_ASKED, to - place + 1) })
        if (round !== this.round) return
        if (!page.rows.length) break
        keys.push(...page.rows.map(row => row[0]))
      }
    } catch (error) {
      if (round === this.round) this.find(".said").textContent = `Not selected: ${error.message}`
      return
    }
    this.put([...keys, clicked], on) // which may have moved meanwhile
  }

  // The box in the head: all loaded rows, or none.
  toggleShown() {
    if (!this.isEmpty) return this.clear()
    for (const page of this.table.pages.pages)
      for (const row of page.rows) if (this.keys.size < MOST_CHOSEN) this.keys.add(row[0])
    this.changed()
  }

  takeAll() {
    this.isAll = true
    this.keys = new Set()
    this.changed()
  }

  clear() {
    this.isAll = false
    this.keys = new Set()
    this.anchor = null
    this.changed()
  }

  changed() {
    this.round++
    clearTimeout(this.telling)
    const said = { keys: [...this.keys], all: this.isAll }
    this.telling = setTimeout(() => this.table.tell("selected", said), TELL_MS)
    this.show()
    this.table.draw()
    this.table.speak(this.words())
  }

  words() {
    if (this.isAll) return `All ${this.table.totalText()} selected`
    return this.isEmpty ? "Nothing selected" : `${numberText(this.keys.size)} selected`
  }

  show() {
    const { data } = this.table
    this.find(".said").textContent = this.isEmpty ? "" : this.words()
    const every = this.find(".every")
    every.hidden = this.isEmpty || this.isAll || !data.url
    every.textContent = `all ${this.table.totalText()} that match`
    this.find(".none").hidden = this.isEmpty
    this.find(".export").hidden = this.isEmpty || !data.export
  }

  // Only these as a file: a form, because no address can hold that many keys.
  export() {
    const { data } = this.table
    const form = make("form", "", this.bar)
    form.method = this.isAll ? "get" : "post"
    form.action = data.export
    form.hidden = true
    const field = (name, value) => {
      const input = make("input", "", form)
      input.type = "hidden"
      input.name = name
      input.value = value
    }
    for (const [name, value] of new URLSearchParams(this.isAll ? data.query : "")) field(name, value)
    for (const [name, value] of data.options ?? []) field(name, value)
    if (!this.isAll) for (const key of this.keys) field("key", key)
    form.submit()
    form.remove()
  }
}
