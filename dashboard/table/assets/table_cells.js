// How a value of each kind is shown in its cell, and what is copied of it. Text is set as text.

const RIGHT = new Set(["whole", "decimal", "percent", "usd", "seconds", "dwell", "time"])
const halves = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 })

// `20:30` today, `19 Nov` earlier; the year only if it is not this year.
function shortMoment(ms, now = Date.now()) {
  const text = momentText(ms, now)
  return text.includes(", ") ? dayText(ms, now) : text
}

// The content of a cell as clean text: empty if nothing is known.
function textOf(column, value, words) {
  if (value == null || value === "") return ""
  switch (column.kind) {
    case "time": return bothTimes(value).split("  ·  ")[0]
    case "whole": return numberText(value)
    case "decimal": return halves.format(value)
    case "percent": return `${value.toFixed(1)}%`
    case "usd": return `$${numberText(value)}`
    case "seconds": return spanText(value * 1000)
    case "dwell": return dwellText(value * 1000)
    case "stage": return words.stages[value - 1] ?? String(value)
    case "validity": return wordOf(words.validity, value)?.[0] ?? value
    case "trend": return (value.now ?? value).join(", ")
    default: return String(value)
  }
}

function fillCell(cell, column, value, words) {
  if (cell.holds === value && cell.of === column.name) return
  cell.holds = value
  cell.of = column.name
  cell.classList.toggle("right", RIGHT.has(column.kind))
  cell.replaceChildren()
  cell.removeAttribute("title")
  const text = textOf(column, value, words)
  if (!text) {
    put(cell, "")
    return
  }
  cell.classList.remove("missing")
  if (column.kind === "time") put(cell, shortMoment(value), bothTimes(value))
  else if (column.kind === "stage") fillStage(cell, value, text, words.stages.length)
  else if (column.kind === "validity") fillBadge(make("span", "badge", cell), value, words.validity)
  else if (column.kind === "grade") put(make("span", `grade grade-${gradeLetter(text)}`, cell), text)
  else if (column.kind === "trend") fillTrend(cell, value, column.most)
  else if (column.kind === "link" && webAddress(value)) {
    const link = makeLink(cell)
    link.href = webAddress(value).href
    link.tabIndex = -1
    link.dir = "auto"
    put(link, text.replace(/^https?:\/\/(www\.)?/i, ""), text)
  } else {
    const span = make("span", "text", cell)
    span.dir = "auto"
    put(span, text)
  }
}

function fillStage(cell, stage, text, steps) {
  const mark = make("span", "steps", cell)
  mark.ariaHidden = "true"
  for (let step = 1; step <= steps; step++) make("i", step <= stage ? "step done" : "step", mark)
  put(make("span", "text", cell), text, `Step ${stage} of ${steps}`)
}

// Bars on one baseline, on one scale for the whole column, with those of the range before behind
// them; screen readers read the numbers themselves.
function fillTrend(cell, value, most) {
  const now = value.now ?? value, before = value.before ?? []
  const bars = make("span", "bars", cell)
  bars.role = "img"
  bars.ariaLabel = now.join(", ") + (before.length ? `; before: ${before.join(", ")}` : "")
  const height = count => `${Math.round((100 * (count ?? 0)) / (most || 1))}%`
  now.forEach((count, step) => {
    const place = make("span", "step-of", bars)
    if (before.length) make("i", "before", place).style.height = height(before[step])
    make("i", "", place).style.height = height(count)
  })
}
