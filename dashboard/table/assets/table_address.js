// What the page's address says about a table; `prefix` distinguishes two tables on a page.

class Address {
  constructor(prefix) {
    this.prefix = prefix
  }

  get(name) {
    return new URL(location.href).searchParams.get(`${this.prefix}${name}`)
  }

  // Not a step in the browser's history; nothing is written unless it changes.
  write(changes) {
    const url = new URL(location.href)
    let isOther = false
    for (const [name, value] of Object.entries(changes)) {
      const full = `${this.prefix}${name}`
      if (url.searchParams.get(full) === value) continue
      isOther = true
      if (value === null) url.searchParams.delete(full)
      else url.searchParams.set(full, value)
    }
    if (isOther) history.replaceState(history.state, "", url)
  }
}
