// Input on the table: keyboard, pointer, copying, widths. `table` is its `Table`.

const STEP_PX = 16

function listenTo(table) {
  const { grid, ending } = table
  const on = (target, name, act) => target.addEventListener(name, act, { signal: ending.signal })
  on(grid, "scroll", () => table.scrolled())
  on(grid, "keydown", event => press(table, event))
  on(grid, "click", event => click(table, event))
  on(grid, "dblclick", event => {
    const place = placeOf(event.target)
    if (place !== null && !event.target.closest("input, .link")) table.openWhole(place)
  })
  on(grid, "focusin", event => table.focused(event.target.closest(".cell")))
  on(grid, "focusout", () => showWhole(table, null))
  on(grid, "pointerdown", event => {
    if (event.target.matches(".grip")) widen(table, event)
    else if (event.target.closest(".name")) carry(table, event)
    // Otherwise the browser selects text from the previously clicked place.
    if (event.shiftKey && event.target.closest(".tick")) event.preventDefault()
  })
  // It has to be in place before a finger goes down, or the browser scrolls without asking.
  const holds = { signal: ending.signal, passive: false }
  table.lines.head.addEventListener("touchmove", event => { if (table.isCarrying) event.preventDefault() }, holds)
  on(document, "copy", event => copy(table, event))
  on(window, "resize", () => table.fit())
  on(window, "visitor-desk-asks", event => lookAhead(table, event.detail))
}

function placeOf(node) {
  const line = node.closest?.(".body .line")
  return line ? line.place : null
}

function click(table, event) {
  if (table.hasCarried) return
  const name = event.target.closest(".name")
  if (name && !event.target.matches(".grip")) return table.sortBy(name.column)
  const place = placeOf(event.target)
  if (place === null) {
    if (event.target.matches("input")) table.chosen.toggleShown()
    return
  }
  if (event.target.closest(".tick")) {
    table.chosen.toggle(place, event.shiftKey)
    return
  }
  if (event.target.closest(".link") || event.ctrlKey || event.metaKey) return
  if (event.target.closest(".opens-it")) event.preventDefault()
  else if (String(getSelection())) return
  if (event.shiftKey && table.data.selects) table.chosen.toggle(place, true)
  else table.open(place)
}

function press(table, event) {
  if (event.altKey) return
  const { active } = table
  const isCommand = event.ctrlKey || event.metaKey
  const last = table.length() - 1
  const page = Math.max(1, Math.floor(table.grid.clientHeight / ROW_PX) - 2)
  const rightward = getComputedStyle(table.grid).direction === "rtl" ? -1 : 1
  const steps = {
    ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [page, 0], PageUp: [-page, 0],
    ArrowRight: [0, rightward], ArrowLeft: [0, -rightward],
  }
  const isHead = active.place < 0 && active.column >= table.lead()
  if (isCommand && isHead && steps[event.key]?.[1]) {
    const from = active.column - table.lead()
    moveColumn(table, from, from + steps[event.key][1])
  } else if (isCommand && !["Home", "End", "a"].includes(event.key)) return
  else if (event.shiftKey && active.place < 0 && steps[event.key]?.[1]) table.resize(active.column, steps[event.key][1] * STEP_PX)
  else if (steps[event.key]) {
    const [down, along] = steps[event.key]
    const to = active.place < 0 && down > 1 ? 0 : Math.min(last, Math.max(-1, active.place + down))
    if (event.shiftKey && down && table.data.selects && active.place >= 0) {
      table.chosen.anchor ??= active.place
      if (!table.chosen.has(table.pages.at(active.place)?.[0])) table.chosen.toggle(active.place, false)
      table.chosen.toggle(Math.max(0, to), true)
    }
    table.goTo(to, active.column + along)
  } else if (event.key === "Home") table.goTo(isCommand ? 0 : active.place, isCommand ? active.column : 0)
  else if (event.key === "End") table.goTo(isCommand ? last : active.place, isCommand ? active.column : Infinity)
  else if (event.key === "a" && isCommand && table.data.selects) table.chosen.toggleShown()
  else if (event.key === " " && table.data.selects) {
    if (active.place < 0) table.chosen.toggleShown()
    else table.chosen.toggle(active.place, event.shiftKey)
  } else if (event.key === "Enter") {
    if (active.place >= 0) table.enter(active.place)
    else if (event.target.closest(".name")) table.sortBy(event.target.closest(".name").column)
    else table.chosen.toggleShown()
  } else if (event.key === "Escape") {
    if (table.opened !== null) table.close()
    else if (!table.chosen.isEmpty) table.chosen.clear()
    else return
  } else return
  event.preventDefault()
  event.stopPropagation()
}

// The selection, as lines of tab-separated cells; without one, the focused cell.
function copy(table, event) {
  const root = table.grid.getRootNode()
  if (!table.grid.contains(root.activeElement) && !event.composedPath().includes(table.grid)) return
  const marked = (root.getSelection?.() ?? getSelection())
  const range = marked && !marked.isCollapsed && marked.rangeCount ? marked.getRangeAt(0) : null
  const lines = [...table.body.querySelectorAll(".line")].sort((one, other) => one.place - other.place)
  const cells = line => [...line.children].filter(cell => cell.column && (!range || range.intersectsNode(cell)))
  const taken = range
    ? lines.map(cells).filter(found => found.length)
    : [[root.activeElement.closest?.(".body .cell")].filter(cell => cell?.column)]
  if (range && taken.flat().length < 2) return // part of one text: left to the browser
  const text = taken.map(found => found.map(cell => clean(textOf(cell.column, cell.value, table.data.words))).join("\t")).join("\n")
  if (!text) return
  event.clipboardData.setData("text/plain", text)
  event.preventDefault()
}

function clean(text) {
  return text.replace(/\s+/g, " ").trim()
}

function widen(table, event) {
  const { column } = event.target.closest(".name")
  const place = table.columns.indexOf(column)
  const sign = getComputedStyle(table.grid).direction === "rtl" ? -1 : 1
  let from = event.clientX
  event.target.setPointerCapture(event.pointerId)
  event.target.onpointermove = move => {
    table.resize(place + table.lead(), sign * (move.clientX - from))
    from = move.clientX
  }
  event.target.onpointerup = () => { event.target.onpointermove = null }
  event.preventDefault()
}

// The whole text of the focused cell, if it does not fit.
function showWhole(table, cell) {
  const inner = cell?.querySelector(".text, .link, .opens-it, .label") ?? cell
  const isCut = cell && cell.column && inner.scrollWidth > inner.clientWidth + 1
  table.whole.hidden = !isCut
  if (!isCut) return
  table.whole.textContent = cell.value === undefined ? cell.column.label : textOf(cell.column, cell.value, table.data.words)
  const [box, frame] = [cell.getBoundingClientRect(), table.grid.parentElement.getBoundingClientRect()]
  const isLow = box.bottom - frame.top > frame.height - 60
  table.whole.style.insetInlineStart = `${Math.max(4, Math.min(box.left - frame.left, frame.width - 240))}px`
  table.whole.style.top = isLow ? "auto" : `${box.bottom - frame.top + 2}px`
  table.whole.style.bottom = isLow ? `${frame.bottom - box.top + 2}px` : "auto"
}
