// Filters of the feed: the server applies them, those that a row tells act on the rows at hand
// meanwhile. They stand in the address, under the export's names, so that a link shows a colleague
// the same and Back takes back the last one. Pills and menus are those of the bar above the lists.

const READY = ["stage", "company", "utm_campaign", "country", "industry"]

class Filters {
  constructor(root, words, changed) {
    this.root = root
    this.stages = words.stages
    this.cannot = words.cannot // filters of other screens: name and label
    this.changed = changed
    this.given = new Map() // parameter: its values, in the address's order
    this.leftOut = []
    this.offers = {}
    this.path = location.pathname
    this.pills = new Pills(root, "live-filters", change => this.take(change))
    this.address = {
      url: words.offers,
      parameters: { of: "leads" },
      atHand: name => this.offers[name] ?? [],
      said: "Counted among visitors on Live",
    }
    this.learn(words.filters)
    // Letters typed in a menu are no keys of the feed.
    this.pills.menu.box.addEventListener("keydown", event => event.stopPropagation())
    this.toggles = [...root.querySelectorAll(".toggle")]
    for (const toggle of this.toggles) toggle.onclick = () => this.turn(toggle.dataset)
    root.querySelector(".show").onclick = () => this.take({ bots: ["show"] })
    const more = root.querySelector(".more")
    more.onclick = () => more.setAttribute("aria-expanded", String(root.classList.toggle("unfolded")))
    this.read(location.search)
    this.draw()
  }

  // The filters there are; a segment may have got its title since.
  learn(filters) {
    const told = JSON.stringify(filters)
    if (told === this.told) return false
    this.told = told
    this.named = new Map(filters.map(filter => [filter.name, filter]))
    this.pills.learn(filters, this.address)
    return true
  }

  turn({ parameter, value }) {
    // The click may just have closed a menu: what was chosen there comes first.
    this.pills.menu.closed()
    this.take({ [parameter]: this.isOn({ parameter, value }) ? [] : [value] })
  }

  isOn({ parameter, value }) {
    const values = this.given.get(parameter)
    return values?.length === 1 && values[0] === value
  }

  // Parameters with their new values, none to take one off.
  take(change) {
    this.leftOut = []
    for (const [parameter, values] of Object.entries(change)) {
      // In its place when it was set before.
      if (values.length) this.given.set(parameter, [])
      else this.given.delete(parameter)
      for (const value of values) this.put(parameter, value)
    }
    this.write()
  }

  put(parameter, text) {
    const value = this.sound(parameter, text)
    const values = this.given.get(parameter) ?? []
    if (value === null) this.leftOut.push([parameter, text])
    else this.given.set(parameter, [...new Set([...values, value])])
    if (!this.given.get(parameter)?.length) this.given.delete(parameter)
  }

  // Whether anything is another than before.
  read(search) {
    const before = this.query()
    this.given.clear()
    this.leftOut = []
    for (const [parameter, text] of new URLSearchParams(search))
      if (this.isOne(parameter) && text.trim()) this.put(parameter, text.trim().slice(0, 500))
    return this.query() !== before
  }

  // Whether a parameter of the address is a filter, of whatever screen.
  isOne(parameter) {
    const [name] = parameter.split(".")
    return this.named.has(name) || Object.hasOwn(this.cannot, name)
  }

  // A value as it is asked for; null for one that can't be any.
  sound(parameter, value) {
    const [name, operator = "is"] = parameter.split(".")
    const filter = this.named.get(name)
    if (!filter?.operators.includes(operator)) return null
    if (filter.kind === "number") return /^-?\d{1,15}$/.test(value) ? value : null
    if (filter.kind !== "word" || operator === "has" || value === MISSING_VALUE) return value
    return filter.words.find(word => plainText(word) === plainText(value)) ?? null
  }

  get isAny() {
    return this.given.size > 0
  }

  clear() {
    this.given.clear()
    this.leftOut = []
    this.write()
  }

  // `isStep`: somebody changed something, which Back is to take back.
  write({ isStep = true } = {}) {
    const address = new URL(location)
    for (const parameter of [...address.searchParams.keys()])
      if (this.isOne(parameter)) address.searchParams.delete(parameter)
    for (const [name, value] of this.pairs()) address.searchParams.append(name, value)
    if (isStep) history.pushState(history.state, "", address)
    else history.replaceState(history.state, "", address)
    this.draw()
    this.changed()
  }

  // Back and Forward: whether that made anything another than before.
  comeBack() {
    if (location.pathname !== this.path || !this.read(location.search)) return false
    this.draw()
    return true
  }

  pairs() {
    return [...this.given].flatMap(([parameter, values]) => values.map(value => [parameter, value]))
  }

  // Whether a row may match, as far as it tells.
  passes(lead, now) {
    for (const [parameter, values] of this.given) {
      const [name, operator = "is"] = parameter.split(".")
      if (name === "min_employees" && !(lead.employees >= Number(values[0]))) return false
      if (name === "max_employees" && !(lead.employees <= Number(values[0]))) return false
      if (!Object.hasOwn(TOLD, name)) continue
      const told = plainText(TOLD[name](lead, this.stages, now) ?? "")
      const asked = values.map(value => value === MISSING_VALUE ? "" : plainText(value))
      if (!isPlain(told, asked)) continue
      // A company is also asked for by its domain, which no row tells.
      if (name === "company" && (operator === "has" || asked.some(text => text.includes(".")))) continue
      const matches = operator === "has" ? asked.some(text => told.includes(text)) : asked.includes(told)
      if (operator === "not" ? matches : !matches) return false
    }
    return true
  }

  // The same for the server, as the query of an address.
  query() {
    const query = new URLSearchParams(this.pairs()).toString()
    return query && `?${query}`
  }

  // How many are shown, in words, of those among whom the server looks.
  count(leads, matching, limit, first) {
    if (this.isAny) return matching <= limit ? `${numberText(matching)} of ${numberText(leads)} match` : `${first} ${limit} that match`
    if (matching > limit) return `${first} ${limit} visitors`
    return matching === 1 ? "1 visitor" : `${numberText(matching)} visitors`
  }

  // How many likely bots are hidden.
  sayBots(count) {
    this.root.querySelector(".bots").hidden = !count
    put(this.root.querySelector(".bots-said"), count === 1 ? "1 likely bot hidden" : `${numberText(count)} likely bots hidden`, "")
  }

  // Values with their counts for each filter, the most frequent first.
  offer(offers) {
    const before = this.ready().length
    this.offers = offers
    if (this.ready().length !== before) this.draw()
  }

  // Whoever has no segment yet may keep the filters as their first one in one click.
  suggest(isFirst) {
    if (this.isFirst === isFirst) return
    this.isFirst = isFirst
    this.draw()
  }

  // A pixel is worth a pill where there are several.
  ready() {
    return (this.offers.pid ?? []).length > 1 ? [...READY, "pid"] : READY
  }

  draw() {
    const on = this.toggles.filter(toggle => this.isOn(toggle.dataset))
    for (const toggle of this.toggles) {
      toggle.setAttribute("aria-pressed", String(on.includes(toggle)))
      toggle.classList.toggle("on", on.includes(toggle))
    }
    this.pills.draw(Object.fromEntries(this.given), {
      ready: this.ready(),
      hidden: on.map(toggle => toggle.dataset.parameter),
    })
    const left = this.leftOut.map(([parameter, value]) => {
      const [name, operator] = parameter.split(".")
      const label = this.named.get(name)?.label ?? this.cannot[name]
      return `${label}${operator ? ` ${operator}` : ""} “${short(value)}”`
    })
    this.root.querySelector(".left-out").textContent = left.length ? `Ignored: ${left.join(", ")}.` : ""
    this.root.querySelector(".save:not(.as-mine)").hidden = !this.isAny
    this.root.querySelector(".save.as-mine").hidden = !this.isAny || !this.isFirst
    this.root.querySelector(".more").textContent = this.given.size ? `Filters (${this.given.size})` : "Filters"
  }
}

// What a row has under each name; the rest only the server knows.
const TOLD = {
  stage: (lead, stages) => stages[lead.stage - 1],
  company: lead => lead.company,
  industry: lead => lead.industry,
  utm_campaign: lead => lead.campaign,
  country: lead => lead.country,
  pid: lead => lead.pixel,
  hot: lead => lead.hot ? "yes" : "no",
  live: (lead, _stages, now) => isHere(lead, now) ? "yes" : "no",
}

// Whether texts compare here as on the server, which knows more letters that are alike.
function isPlain(...texts) {
  return texts.flat().every(text => /^[ -~]*$/.test(text))
}
