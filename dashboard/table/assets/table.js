// The table: rows by place, of which only the visible ones are in the page. Python is told what is
// opened and selected; rows come from the server by `fetch`, with the page's own cookie.

const ROW_PX = 36
const AHEAD = 60 // rows loaded beyond it
const SETTLE_MS = 250
const NARROW_PX = 640

class Table {
  constructor(root) {
    this.root = root.querySelector(".table")
    const find = name => this.root.querySelector(name)
    this.grid = find(".grid")
    this.body = find(".body")
    this.lines = new Lines(this, find(".head .line"), this.body)
    this.whole = find(".whole")
    this.trouble = find(".trouble")
    this.spoken = find(".spoken")
    this.drop = find(".drop")
    this.reset = find(".reset")
    this.reset.onclick = () => resetColumns(this)
    this.active = { place: -1, column: 0 }
    this.opened = null
    this.ahead = null // the query whose first rows are shown, or awaited, before Python knows it
    this.columns = []
    this.ending = new AbortController()
    this.pages = new Pages(parameters => this.fetch(parameters))
    this.chosen = new Chosen(this, find(".bar"))
    find(".again").onclick = () => this.again()
    listenTo(this)
    this.watcher = new ResizeObserver(() => this.fit())
    this.watcher.observe(this.grid)
  }

  end() {
    this.ending.abort()
    this.watcher.disconnect()
    clearTimeout(this.settling)
    clearTimeout(this.chosen.telling)
  }

  // --- What Python says

  show(data) {
    const before = this.data
    this.data = data
    this.address = new Address(data.prefix)
    const isOther = before?.question !== data.question || this.ahead !== null
    if (isOther) {
      this.ahead = null
      this.root.classList.remove("waiting")
    }
    if (isOther) {
      this.sort = data.page.sort
      this.opened = before ? this.opened : data.opened
    }
    this.total = data.total
    this.grid.ariaLabel = data.label
    this.grid.ariaMultiSelectable = data.selects ? "true" : null
    this.root.classList.toggle("fills", data.fills)
    this.root.classList.toggle("fixed", !data.fills)
    this.root.classList.toggle("opens", data.opens !== null)
    this.root.classList.toggle("selects", data.selects)
    this.setColumns(data.columns)
    if (isOther || !data.url) {
      this.pages.take(structuredClone(data.page))
      if (!data.url && this.ownSort) this.sortHere()
      // With other filters the list starts at its beginning; the address still has the old place.
      if (isOther) this.settleAt(before ? null : data.row)
    } else if (JSON.stringify(before.page) !== JSON.stringify(data.page)) this.renew(data.page)
    const wanted = this.address.get("sort")
    const isSorted = data.sorts.includes(wanted) && wanted !== this.sort // while Python was busy
    if (isOther && before && data.url && (isSorted || data.page.first > 1)) {
      if (isSorted) this.sort = wanted
      this.reload()
    }
    // Rows of other filters are no longer selected, in Python neither.
    if (isOther && before && !this.chosen.isEmpty) this.chosen.clear()
    this.chosen.show()
    this.fit()
  }

  // Begin where the address says: at a row of the page that Python sent.
  settleAt(row) {
    const place = row === null ? null : this.pages.start + row
    this.active = { place: place ?? -1, column: this.lead() }
    this.grid.scrollTop = 0
    this.layOut()
    if (place !== null) this.grid.scrollTop = Math.max(0, (place - 3) * ROW_PX)
    else if (this.address.get("at")) this.address.write({ at: null })
    this.draw()
  }

  setColumns(columns) {
    const drawn = JSON.stringify([columns, this.data.selects])
    if (drawn === this.drawnColumns) return
    this.drawnColumns = drawn
    this.arranged = new Columns(this.data.name, columns)
    this.arrange()
    this.grid.ariaBusy = "false"
  }

  // The columns in their present order; the lines have to be drawn again.
  arrange() {
    this.columns = this.arranged.shown
    this.lines.begin(this.columns, this.data.selects)
  }

  // How many columns come before those of the data.
  lead() {
    return this.data.selects ? 1 : 0
  }

  // --- Sizes

  fit() {
    if (!this.data) return
    const top = this.root.getBoundingClientRect().top
    if (top >= 0) this.root.style.setProperty("--top", `${Math.round(top)}px`)
    this.layOut()
    this.draw()
  }

  layOut() {
    const isNarrow = this.root.clientWidth < NARROW_PX
    const tick = 38
    const px = this.columns.map((column, place) => {
      const width = this.arranged.width(column)
      return isNarrow && place === 0 ? Math.min(width, 150) : width
    })
    this.reset.hidden = !this.arranged.isOwn
    const roomy = this.columns.indexOf(this.arranged.roomy())
    const columns = px.map((width, place) => (place === roomy ? `minmax(${width}px, 1fr)` : `${width}px`))
    if (this.data.selects) columns.unshift(`${tick}px`)
    const stuck = this.data.selects ? tick : 0
    this.root.style.setProperty("--columns", columns.join(" "))
    this.root.style.setProperty("--width", `${stuck + px.reduce((sum, width) => sum + width, 0)}px`)
    this.root.style.setProperty("--stuck", `${stuck + (px[0] ?? 0)}px`)
    this.grid.ariaColCount = String(columns.length)
    this.grid.ariaRowCount = this.pages.hasEnd ? String(this.pages.end + 1) : "-1"
    this.body.style.height = `${this.length() * ROW_PX}px`
    this.lines.stick(this.lines.head)
  }

  resize(at, by) {
    const column = this.columns[at - this.lead()]
    if (!column) return
    // From what is seen: it may have room beyond its width.
    this.arranged.resize(column, this.lines.head.children[at].offsetWidth + by)
    this.layOut()
  }

  // How many rows the list is known to have: all, or those loaded and as many as were counted.
  length() {
    if (this.pages.hasEnd) return this.pages.end
    return Math.max(this.pages.end + (this.pages.pages.length ? 1 : 0), this.total)
  }

  totalText() {
    const count = this.pages.hasEnd ? this.pages.end : this.total
    return `${numberText(count)}${this.data.more && !this.pages.hasEnd ? "+" : ""}`
  }

  // --- Rows

  scrolled() {
    cancelAnimationFrame(this.frame)
    this.frame = requestAnimationFrame(() => this.draw())
    clearTimeout(this.settling)
    this.settling = setTimeout(() => this.noteAddress(), SETTLE_MS)
  }

  seen() {
    const from = Math.floor(this.grid.scrollTop / ROW_PX)
    return [from, from + Math.ceil(this.grid.clientHeight / ROW_PX)]
  }

  draw() {
    if (!this.data) return
    const [from, to] = this.seen()
    this.lines.draw(from, to)
    // The keyboard was sent to a row that had to be loaded first.
    if (this.grid.getRootNode().activeElement === this.grid && this.lines.at(this.active.place))
      this.lines.at(this.active.place).children[this.active.column]?.focus({ preventScroll: true })
    this.grid.tabIndex = this.lines.at(this.active.place) ? -1 : 0
    this.showTrouble()
    this.load(from, to)
  }

  async load(from, to) {
    const { pages } = this
    if (pages.isBusy || !pages.pages.length || !this.data.url || this.ahead !== null) return
    const isFar = (to < pages.start - AHEAD || from > pages.end + AHEAD) && from < 10_000
    if (isFar) {
      if (await pages.begin({ from: String(Math.max(1, from - AROUND)) })) this.changed()
      return
    }
    const moved = await pages.need(from - AHEAD, to + AHEAD)
    if (moved === null) return this.showTrouble()
    if (moved) {
      this.active.place += this.active.place < 0 ? 0 : moved
      this.grid.scrollTop += moved * ROW_PX
    }
    this.changed()
  }

  changed() {
    this.lines.forget()
    this.layOut()
    this.draw()
  }

  // --- The server

  async fetch(parameters, query = this.data.query) {
    const asked = new URLSearchParams(query)
    asked.set("sort", this.sort)
    for (const [name, value] of Object.entries(parameters)) asked.set(name, value)
    let answer
    try {
      answer = await fetch(`${this.data.url}?${asked}`, { headers: { accept: "application/json" } })
    } catch {
      throw new Error("The dashboard can't be reached.")
    }
    const said = await answer.json().catch(() => ({}))
    if (!answer.ok) throw new Error(said.detail ?? "The rows could not be loaded.")
    return said
  }

  // The page was loaded again: rows may have changed, but their order stays until somebody sorts.
  async renew(page) {
    this.pages.renew(page.rows)
    this.changed()
    const [from] = this.seen()
    const [word] = this.pages.addressOf(from) ?? [""]
    const round = this.pages.round
    const where = /^[0-9]*$/.test(word) ? { from: word || "1" } : { at: word }
    const seen = word === (page.at ?? "") ? null : await this.fetch(where).catch(() => null)
    if (!seen || round !== this.pages.round) return
    this.pages.renew(seen.rows)
    this.changed()
  }

  showTrouble() {
    this.trouble.hidden = !this.pages.failed
    this.trouble.querySelector("span").textContent = this.pages.failed
  }

  again() {
    this.pages.failed = ""
    if (this.isStale) this.reload()
    else this.draw()
  }

  // --- Order

  sortBy(column) {
    if (!column.sort) return this.speak(column.why || "This column can't be sorted.")
    const [name, way] = (this.sort ?? "").split(".")
    const next = column.sort === name ? (way === "desc" ? "asc" : "desc") : column.way
    this.sort = `${column.sort}.${next}`
    this.speak(`Sorted by ${column.label}, ${next === "desc" ? "largest or newest" : "smallest or A"} first`)
    if (!this.data.url) {
      this.ownSort = this.sort
      this.sortHere()
      this.grid.scrollTop = 0
      return this.changed()
    }
    this.address.write({ sort: this.sort, at: null })
    this.reload()
  }

  sortHere() {
    const rows = inOrder(this.pages.pages.flatMap(page => page.rows), this.columns, this.sort, this.data.last)
    this.pages.take({ rows, first: 1, before: null, after: null, at: null })
  }

  // What is shown stays, dimmed, until the new rows are there.
  async reload() {
    this.isStale = true
    this.root.classList.add("waiting")
    this.grid.ariaBusy = "true"
    this.lines.drawHead()
    const page = await this.pages.begin({})
    this.root.classList.remove("waiting")
    this.grid.ariaBusy = "false"
    if (!page) return this.showTrouble()
    this.isStale = false
    this.sort = page.sort
    this.active.place = Math.min(this.active.place, 0)
    this.grid.scrollTop = 0
    this.changed()
  }

  // The row to come back to: the focused one if it is visible, else the first visible one.
  noteAddress() {
    if (!this.data?.url || !this.root.isConnected || this.ahead !== null) return
    const [from, to] = this.seen()
    const { place } = this.active
    const row = place >= from && place < to ? place : from
    const at = row > 0 ? this.pages.addressOf(row) : null
    this.address.write({ at: at && at.join(".") })
  }

  // --- Going about, opening

  goTo(place, column) {
    const columns = this.lines.head.children.length
    this.active = { place, column: Math.min(columns - 1, Math.max(0, column)) }
    if (place >= 0) {
      const top = place * ROW_PX
      const room = this.grid.clientHeight - ROW_PX
      if (top < this.grid.scrollTop) this.grid.scrollTop = top
      else if (top + ROW_PX > this.grid.scrollTop + room) this.grid.scrollTop = top + ROW_PX - room
    }
    this.draw()
    const cell = this.lines.at(place)?.children[this.active.column]
    if (!cell) return this.grid.focus({ preventScroll: true })
    cell.focus({ preventScroll: true })
    cell.scrollIntoView({ block: "nearest", inline: "nearest" })
    showWhole(this, cell)
  }

  focused(cell) {
    if (!cell) return
    const line = cell.parentElement
    const place = line === this.lines.head ? -1 : line.place
    const column = [...line.children].indexOf(cell)
    if (place === this.active.place && column === this.active.column) return
    this.active = { place, column }
    this.draw()
  }

  open(place) {
    const row = this.pages.at(place)
    if (!row) return
    this.active = { place, column: Math.max(this.active.column, 0) }
    if (this.data.opens === null) return this.draw()
    if (this.data.opens && (!this.data.beside || innerWidth < NARROW_PX)) return this.openWhole(place)
    this.opened = opensOf(row)
    this.tell("opened", this.opened)
    this.noteAddress()
    this.draw()
  }

  enter(place) {
    const row = this.pages.at(place)
    if (row && opensOf(row) === this.opened) this.openWhole(place)
    else this.open(place)
  }

  openWhole(place) {
    const row = this.pages.at(place)
    if (!row || !this.data.opens) return
    this.active.place = place
    this.noteAddress()
    const { opens } = this.data, key = opensOf(row)
    if (opens.startsWith(`${location.pathname}?`)) this.trigger("whole", key)
    else goTo(opens + encodeURIComponent(key))
  }

  close() {
    if (this.opened === null) return
    this.opened = null
    this.tell("opened", null)
    this.draw()
  }

  speak(text) {
    this.spoken.textContent = text
  }
}

const mounted = new WeakMap()

export default function table({ data, parentElement, setStateValue, setTriggerValue }) {
  let shown = mounted.get(parentElement)
  if (!shown) {
    shown = new Table(parentElement)
    mounted.set(parentElement, shown)
    shown.closings = data.closings
  }
  shown.tell = setStateValue
  shown.trigger = setTriggerValue
  shown.show(data)
  if (shown.closings !== data.closings) {
    // Python closed what was open. Comparing keys instead would undo a click made meanwhile.
    shown.closings = data.closings
    shown.close()
  }
  return () => {
    shown.end()
    mounted.delete(parentElement)
  }
}
