// Moving column heads to another place, by pointer or by keyboard.

const CARRY_PX = 6 // less does not move a column, because a click sorts
const HOLD_MS = 350 // a finger that rests this long moves the column, one that moves earlier scrolls
const EDGE_PX = 40 // near an edge the table scrolls with it

// The pointer goes down on a head and moves it elsewhere.
function carry(table, event) {
  const name = event.target.closest(".name")
  const heads = [...table.lines.head.children].filter(cell => cell.column)
  const from = heads.indexOf(name)
  if (from < 1 || event.button !== 0) return
  const isFinger = event.pointerType === "touch"
  const ending = new AbortController()
  const on = (kind, act) => addEventListener(kind, act, { signal: AbortSignal.any([ending.signal, table.ending.signal]), capture: true })
  let to = null
  const hold = isFinger && setTimeout(() => {
    table.isCarrying = true
    name.classList.add("moving")
  }, HOLD_MS)
  const end = () => {
    clearTimeout(hold)
    table.isCarrying = false
    ending.abort()
    name.classList.remove("moving")
    table.drop.hidden = true
  }
  on("pointermove", move => {
    if (to === null && Math.abs(move.clientX - event.clientX) < CARRY_PX) return
    if (isFinger && !table.isCarrying) return end()
    name.classList.add("moving")
    scrollAlong(table, move.clientX)
    to = placeUnder(heads, from, move.clientX)
    showDrop(table, heads[to], Math.sign(to - from))
  })
  on("pointerup", () => {
    end()
    if (to === null) return
    // The click that follows does not count.
    table.hasCarried = true
    setTimeout(() => { table.hasCarried = false })
    moveColumn(table, from, to)
  })
  on("pointercancel", end)
  if (isFinger) on("contextmenu", menu => menu.preventDefault())
  on("keydown", key => {
    if (key.key !== "Escape") return
    key.stopPropagation()
    end()
  })
}

// Where a head would go: after all those whose middle the pointer has passed.
function placeUnder(heads, from, x) {
  const isRightward = getComputedStyle(heads[0]).direction !== "rtl"
  const passed = heads.filter((head, place) => {
    const { left, width } = head.getBoundingClientRect()
    const middle = left + width / 2
    return place !== from && (isRightward ? middle < x : middle > x)
  })
  return Math.max(1, passed.length)
}

function scrollAlong(table, x) {
  const { left, right } = table.grid.getBoundingClientRect()
  if (x > right - EDGE_PX) table.grid.scrollLeft += EDGE_PX / 2
  else if (x < left + EDGE_PX) table.grid.scrollLeft -= EDGE_PX / 2
}

// A line where it would go, over the whole table; none at its present place.
function showDrop(table, head, by) {
  table.drop.hidden = !by
  if (!by) return
  const isRightward = getComputedStyle(head).direction !== "rtl"
  const box = head.getBoundingClientRect(), frame = table.grid.parentElement.getBoundingClientRect()
  const x = (by > 0) === isRightward ? box.right : box.left
  table.drop.style.left = `${Math.min(Math.max(x - frame.left - 1, 0), frame.width - 3)}px`
}

function moveColumn(table, from, to) {
  const column = table.columns[from]
  if (!table.arranged.mayMove(from, to)) {
    if (from === 0 || to === 0) table.speak(`${table.columns[0].label} stays first.`)
    return
  }
  table.arranged.move(from, to)
  table.arrange()
  table.layOut()
  table.goTo(-1, to + table.lead())
  table.speak(`${column.label} is column ${to + 1} of ${table.columns.length}`)
}

function resetColumns(table) {
  table.arranged.reset()
  table.arrange()
  table.layOut()
  table.goTo(-1, table.lead())
  table.speak("Columns are back in their original order")
}
