// In which order visitors stand: newest heard of first, or best first. The server sorts; the choice
// stands in the address beside the filters, so that a link shows a colleague the same and Back takes
// it back.

class Order {
  constructor(root, changed) {
    this.list = root.querySelector(".list")
    this.buttons = [...root.querySelectorAll(".order button")]
    this.changed = changed
    this.isByGrade = false
    for (const button of this.buttons) button.onclick = () => this.choose(button.value === "grade")
    this.read(location.search)
    this.draw()
  }

  // Whether it is another than before.
  read(search) {
    const isByGrade = new URLSearchParams(search).get("sort") === "grade"
    const isOther = isByGrade !== this.isByGrade
    this.isByGrade = isByGrade
    if (isOther) this.draw()
    return isOther
  }

  // `isStep`: somebody chose it, which Back is to take back.
  choose(isByGrade, { isStep = true } = {}) {
    if (isByGrade === this.isByGrade) return
    this.isByGrade = isByGrade
    const address = new URL(location)
    if (isByGrade) address.searchParams.set("sort", "grade")
    else address.searchParams.delete("sort")
    if (isStep) history.pushState(history.state, "", address)
    else history.replaceState(history.state, "", address)
    this.draw()
    this.changed()
  }

  // The query of the filters with what the server has to know besides.
  query(filters) {
    return this.isByGrade ? `${filters || "?"}${filters && "&"}sort=grade` : filters
  }

  // Who comes first, in words.
  get first() {
    return this.isByGrade ? "best" : "newest"
  }

  draw() {
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String((button.value === "grade") === this.isByGrade))
    this.list.ariaLabel = this.isByGrade ? "Visitors, best first" : "Visitors, most recent event first"
  }
}
