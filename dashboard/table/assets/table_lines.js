// The lines in the page: the head, and those of the visible rows.

const AROUND = 8 // rows drawn beyond the visible ones
const WIDEN_KEYS = "Shift+ArrowLeft Shift+ArrowRight", MOVE_KEYS = "Control+ArrowLeft Control+ArrowRight"

class Lines {
  constructor(table, head, body) {
    this.table = table
    this.head = head
    this.body = body
    this.drawn = new Map()
  }

  // The line of a row, or the head's for a place before the first.
  at(place) {
    return place < 0 ? this.head : this.drawn.get(place)
  }

  // All of them have to be written again: other rows are at their places.
  forget() {
    for (const line of this.drawn.values()) line.row = null
  }

  begin(columns, selects) {
    this.head.replaceChildren()
    this.head.role = "row"
    this.head.ariaRowIndex = "1"
    if (selects) {
      const tick = make("div", "cell tick stuck", this.head)
      tick.role = "columnheader"
      tick.ariaLabel = "Selected"
      tick.append(box("Select all rows that are loaded"))
    }
    for (const [at, column] of columns.entries()) {
      const name = make("div", "cell name", this.head)
      name.role = "columnheader"
      name.column = column
      name.title = [column.meaning, column.why, at ? "Drag it to move it." : ""].filter(Boolean).join("\n")
      name.setAttribute("aria-keyshortcuts", at ? `${WIDEN_KEYS} ${MOVE_KEYS}` : WIDEN_KEYS)
      name.classList.toggle("sorts", Boolean(column.sort))
      name.classList.toggle("right", RIGHT.has(column.kind))
      make("span", "label", name).textContent = column.label
      const arrow = make("span", "arrow", name)
      arrow.ariaHidden = "true"
      make("span", "grip", name).ariaHidden = "true"
    }
    for (const line of this.drawn.values()) line.remove()
    this.drawn.clear()
  }

  // Write the lines for the places `from` to `to`, and some around them.
  draw(from, to) {
    const { pages, active } = this.table
    const wanted = new Set()
    for (let place = Math.max(0, from - AROUND); place < to + AROUND; place++)
      if (pages.at(place)) wanted.add(place)
    // Whatever has focus stays, or focus would be lost.
    if (pages.at(active.place)) wanted.add(active.place)
    const spare = []
    for (const [place, line] of this.drawn) {
      if (wanted.has(place)) continue
      spare.push(line)
      this.drawn.delete(place)
    }
    for (const place of wanted) {
      let line = this.drawn.get(place)
      if (!line) {
        line = spare.pop() ?? this.make()
        this.drawn.set(place, line)
      }
      this.fill(line, place)
    }
    for (const line of spare) line.remove()
    this.drawHead()
  }

  make() {
    const { data, columns } = this.table
    const line = make("div", "line", this.body)
    line.role = "row"
    if (data.selects) {
      const tick = make("div", "cell tick stuck", line)
      tick.role = "gridcell"
      tick.append(box(""))
    }
    for (const column of columns) {
      const cell = make("div", "cell", line)
      cell.role = "gridcell"
      cell.column = column
    }
    ;[...line.children].forEach((cell, place) => { cell.ariaColIndex = String(place + 1) })
    this.stick(line)
    return line
  }

  fill(line, place) {
    const { data, columns, pages, chosen, active, opened } = this.table
    const row = pages.at(place)
    if (line.place !== place) {
      line.place = place
      line.style.transform = `translateY(${place * ROW_PX}px)`
      line.ariaRowIndex = String(place + 2)
    }
    const isChosen = chosen.has(row[0])
    if (data.selects) {
      line.ariaSelected = String(isChosen)
      const tick = line.firstChild.firstChild
      tick.checked = isChosen
    }
    line.classList.toggle("opened", opensOf(row) === opened)
    if (line.row !== row) {
      line.row = row
      line.dataset.key = row[0]
      columns.forEach((column, at) => {
        const cell = line.children[at + this.table.lead()]
        cell.value = row[column.at]
        if (at === 0 && data.opens) this.fillName(cell, column, row)
        else fillCell(cell, column, cell.value, data.words)
      })
      const name = textOf(columns[0], row[columns[0].at], data.words)
      if (data.selects) line.firstChild.firstChild.ariaLabel = `Select ${name || "this row"}`
    }
    const isHere = place === active.place
    ;[...line.children].forEach((cell, at) => { cell.tabIndex = isHere && at === active.column ? 0 : -1 })
  }

  // The first column leads to the whole page, also in a new tab.
  fillName(cell, column, row) {
    const { data } = this.table
    if (cell.holds === row[0] && cell.said === cell.value) return
    cell.holds = row[0]
    cell.said = cell.value
    cell.replaceChildren()
    cell.classList.toggle("right", false)
    const link = make("a", "opens-it", cell)
    link.tabIndex = -1
    link.dir = "auto"
    link.href = `${data.opens}${encodeURIComponent(opensOf(row))}`
    const shown = column.kind === "time" && cell.value != null ? shortMoment(cell.value) : textOf(column, cell.value, data.words)
    put(link, shown, textOf(column, cell.value, data.words))
  }

  drawHead() {
    const { chosen, active } = this.table
    const [name, way] = (this.table.sort ?? "").split(".")
    ;[...this.head.children].forEach((cell, at) => {
      cell.ariaColIndex = String(at + 1)
      cell.tabIndex = active.place < 0 && at === active.column ? 0 : -1
      if (!cell.column) {
        const tick = cell.firstChild
        tick.checked = !chosen.isEmpty
        tick.indeterminate = !chosen.isEmpty && !chosen.isAll
        return
      }
      const isSorted = cell.column.sort === name
      if (isSorted) cell.ariaSort = way === "desc" ? "descending" : "ascending"
      else cell.removeAttribute("aria-sort")
      cell.querySelector(".arrow").textContent = isSorted ? (way === "desc" ? "↓" : "↑") : ""
    })
  }

  stick(line) {
    const first = line.children[this.table.lead()]
    if (!first) return
    first.classList.add("stuck", "last")
    first.style.insetInlineStart = this.table.data.selects ? "38px" : "0"
  }
}

function box(label) {
  const input = make("input", "")
  input.type = "checkbox"
  input.tabIndex = -1
  if (label) input.ariaLabel = label
  return input
}
