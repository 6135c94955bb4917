// What of a table stands in the page's address; `prefix` tells two tables of a page apart.

class Address {
  constructor(prefix) {
    this.prefix = prefix
  }

  get(name) {
    return new URL(location.href).searchParams.get(`${this.prefix}${name}`)
  }

  // No step in the browser's history; what does not change is not written anew.
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
