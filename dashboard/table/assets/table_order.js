// Rows that are all loaded, in the order of a column's values, those without a value last. The row
// with the key `last`, such as a total, stays below them.

function inOrder(rows, columns, sort, last) {
  const [name, way] = sort.split(".")
  const column = columns.find(one => one.sort === name)
  if (!column) return rows
  const sign = way === "desc" ? -1 : 1
  const value = row => (typeof row[column.at] === "string" ? row[column.at].toLowerCase() : row[column.at])
  const isLast = row => Number(row[0] === last)
  return [...rows].sort((one, other) => {
    if (isLast(one) !== isLast(other)) return isLast(one) - isLast(other)
    const [a, b] = [value(one), value(other)]
    if (a == null || b == null) return (a == null) - (b == null)
    return a < b ? -sign : a > b ? sign : 0
  })
}
