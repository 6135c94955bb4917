// The bar has set other filters: their first rows come straight from the server, while Python is
// still busy with the rest of the page. Once Python has sent its rows, those count.

const FIRST_ROWS = 40

async function lookAhead(table, change) {
  const query = table.data?.url ? queryAfter(table.data.query, change) : null
  if (query === null) return
  table.ahead = query
  table.root.classList.add("waiting")
  const page = await table.fetch({ size: String(FIRST_ROWS) }, query).catch(() => null)
  if (table.ahead !== query) return // Python was faster, or somebody has made another change
  table.root.classList.remove("waiting")
  if (!page) {
    table.ahead = null
    return
  }
  table.total = page.rows.length
  table.pages.take(page)
  table.active.place = -1
  table.grid.scrollTop = 0
  table.changed()
}

// The list's query with a change from the bar; null if the page has a default that only Python
// knows, or if nothing changes.
function queryAfter(query, change) {
  const before = new URLSearchParams(query).toString()
  const after = new URLSearchParams(query)
  for (const [parameter, values] of Object.entries(change)) {
    if (parameter === "against") continue // what numbers are compared with
    after.delete(parameter)
    for (const value of values) after.append(parameter, value)
  }
  const isGone = (...names) => names.some(name => name in change) && !names.some(name => after.has(name))
  if (isGone("since", "until") || isGone("bots")) return null
  return after.toString() === before ? null : after.toString()
}
