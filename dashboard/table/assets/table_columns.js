// The order and width of columns: the default, or as the viewer has set them. The browser remembers
// that, by the table's name. The first column identifies the row: it stays first.

const LEAST_PX = 48
const REM_PX = 15

class Columns {
  constructor(name, given) {
    this.name = name
    this.given = given
    const widths = this.kept("widths")
    this.widths = widths && typeof widths === "object" ? widths : {}
    this.shown = this.inOrder(this.kept("order"))
  }

  // The remembered order. A new column goes after the one it follows by default. A request for an
  // order other than the one that was changed, for example by a link, gets what it asks for.
  inOrder(kept) {
    const names = this.given.map(column => column.name)
    if (!Array.isArray(kept?.given) || !Array.isArray(kept.order)) return this.given
    const both = list => list.filter(name => names.includes(name) && kept.given.includes(name)).join()
    if (both(names) !== both(kept.given)) return this.given
    const order = [names[0], ...kept.order.filter(name => names.indexOf(name) > 0)]
    names.forEach((name, place) => {
      if (!order.includes(name)) order.splice(order.indexOf(names[place - 1]) + 1, 0, name)
    })
    return [...new Set(order)].map(name => this.given[names.indexOf(name)])
  }

  // Whether a column may go there.
  mayMove(from, to) {
    return from > 0 && to > 0 && from < this.shown.length && to < this.shown.length && from !== to
  }

  move(from, to) {
    const shown = [...this.shown]
    shown.splice(to, 0, ...shown.splice(from, 1))
    this.shown = shown
    const names = columns => columns.map(column => column.name)
    const isOwn = names(shown).join() !== names(this.given).join()
    this.keep("order", isOwn ? { given: names(this.given), order: names(shown) } : null)
  }

  width(column) {
    const own = Number(this.widths[column.name])
    return own >= LEAST_PX ? own : column.width * REM_PX
  }

  // The column that takes the room that is left: the one for the longest texts, unless the viewer
  // set its width.
  roomy() {
    const free = this.shown.filter(column => !(column.name in this.widths))
    return free.reduce((one, other) => (other.width > one.width ? other : one), free[0] ?? this.shown.at(-1))
  }

  resize(column, px) {
    this.widths[column.name] = Math.round(Math.max(LEAST_PX, px))
    this.keep("widths", this.widths)
  }

  // Whether anything differs from the default.
  get isOwn() {
    return this.shown.some((column, place) => column !== this.given[place]) ||
      this.given.some(column => column.name in this.widths)
  }

  reset() {
    this.widths = {}
    this.shown = this.given
    this.keep("widths", null)
    this.keep("order", null)
  }

  kept(what) {
    try {
      return JSON.parse(localStorage.getItem(`visitor-desk.${what}.${this.name}`))
    } catch {
      return null // a browser that stores nothing, or something else
    }
  }

  keep(what, value) {
    try {
      if (value === null) localStorage.removeItem(`visitor-desk.${what}.${this.name}`)
      else localStorage.setItem(`visitor-desk.${what}.${this.name}`, JSON.stringify(value))
    } catch { /* it lasts as long as the page */ }
  }
}
