// The loaded rows: consecutive pages of a list; those far from the visible ones are dropped again.

const PAGES_KEPT = 14
const KEPT_AROUND = 6

// A row is its key, what it opens if that has another key, and its values.
function opensOf(row) {
  return row[1] ?? row[0]
}

class Pages {
  // `ask` returns a promise of a page, given parameters of the address.
  constructor(ask) {
    this.ask = ask
    this.pages = []
    this.start = 0 // place of the first loaded row, from 0
    this.round = 0
    this.isBusy = false
    this.failed = ""
  }

  get end() {
    return this.start + this.pages.reduce((sum, page) => sum + page.rows.length, 0)
  }

  get hasEnd() {
    return this.pages.length > 0 && this.pages.at(-1).after === null
  }

  // The row at a place in the list; undefined if it is not loaded.
  at(place) {
    let from = this.start
    for (const page of this.pages) {
      if (place < from) return undefined
      if (place < from + page.rows.length) return page.rows[place - from]
      from += page.rows.length
    }
    return undefined
  }

  placeOf(key) {
    let from = this.start
    for (const page of this.pages) {
      const found = page.rows.findIndex(row => row[0] === key)
      if (found >= 0) return from + found
      from += page.rows.length
    }
    return -1
  }

  // A place as written in the address: the page's place, and how many rows into it. Null for a page
  // without one, unless it is the first.
  addressOf(place) {
    let from = this.start
    for (const page of this.pages) {
      if (place < from + page.rows.length)
        return page.at === null && page.before !== null ? null : [page.at ?? "", place - from]
      from += page.rows.length
    }
    return null
  }

  // The present content of rows, by their keys.
  renew(rows) {
    const now = new Map(rows.map(row => [row[0], row]))
    for (const page of this.pages) page.rows = page.rows.map(row => now.get(row[0]) ?? row)
  }

  take(page) {
    this.round++
    this.isBusy = false
    this.failed = ""
    this.pages = [page]
    this.start = page.first - 1
  }

  // Start over with a page for other parameters; loaded rows stay until it arrives.
  async begin(parameters) {
    const round = ++this.round
    this.isBusy = true
    const page = await this.asked(parameters, round)
    if (page) this.take(page)
    return page
  }

  async asked(parameters, round) {
    try {
      const page = await this.ask(parameters)
      if (round !== this.round) return null
      this.failed = ""
      return page
    } catch (error) {
      if (round === this.round) this.failed = error.message
      return null
    } finally {
      if (round === this.round) this.isBusy = false
    }
  }

  // Load what is missing around the places `from` to `to`; returns by how many rows everything has
  // moved, or null if there was nothing to do or it failed.
  async need(from, to) {
    if (this.isBusy || this.failed || !this.pages.length) return null
    const [first, last] = [this.pages[0], this.pages.at(-1)]
    const isBelow = to > this.end && last.after !== null
    const isAbove = from < this.start && first.before !== null
    if (!isBelow && !isAbove) return null
    this.isBusy = true
    const page = await this.asked({ at: isBelow ? last.after : first.before }, this.round)
    if (!page) return null
    if (!page.at && isBelow) page.at = last.after
    const known = new Set(this.pages.flatMap(one => one.rows.map(row => row[0])))
    // A row that has moved meanwhile must not appear twice.
    page.rows = page.rows.filter(row => !known.has(row[0]))
    if (isBelow) {
      this.pages.push(page)
      this.letGo(to)
      return 0
    }
    this.pages.unshift(page)
    this.start -= page.rows.length
    const moved = page.before === null ? -this.start : Math.max(0, -this.start)
    this.start += moved
    this.letGo(from)
    return moved
  }

  letGo(place) {
    while (this.pages.length > PAGES_KEPT) {
      const [first, last] = [this.pages[0], this.pages.at(-1)]
      const above = place - (this.start + first.rows.length)
      const below = this.end - last.rows.length - place
      if (above >= below) {
        this.start += first.rows.length
        this.pages.shift()
      } else this.pages.pop()
    }
  }
}
