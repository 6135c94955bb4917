// Filters of the feed: the server applies them, those that a row tells act on the rows at hand
// meanwhile. They stand in the address, under the export's names, so that a link shows a colleague
// the same. What no pill here can say (segments, lists, several values, `.not`) has a mark of its own.

const SIZES = { 50: "50 or more people", 200: "200 or more people", 1000: "1,000 or more people" }
const OPERATORS = { not: " not", has: " has" }

// What a row has under each name.
const VALUES = {
  stage: (lead, stages) => stages[lead.stage - 1]?.toLowerCase(),
  company: lead => lead.company,
  industry: lead => lead.industry,
  utm_campaign: lead => lead.campaign,
  country: lead => lead.country,
  pid: lead => lead.pixel,
}

class Filters {
  constructor(root, words, changed) {
    this.root = root
    this.stages = words.stages
    this.labels = words.labels
    this.changed = changed
    this.chosen = new Map()
    this.others = [] // [parameter, value], in the address's order
    this.parts = [...root.querySelectorAll(".filter")].map(place => ({
      name: place.dataset.name,
      place,
      select: place.querySelector("select"),
      off: place.querySelector(".off"),
    }))
    this.read(location.search)
    for (const { name, select, off } of this.parts) {
      if (select) select.onchange = () => this.choose(name, select.value)
      if (select) select.onblur = () => this.draw()
      off.onclick = () => this.choose(name, off.classList.contains("toggle") && !this.chosen.has(name) ? "yes" : "")
    }
    root.querySelector(".show").onclick = () => this.add("bots", "show")
    this.startMenu(words)
    const more = root.querySelector(".more")
    more.onclick = () => more.setAttribute("aria-expanded", String(root.classList.toggle("open")))
    this.draw()
  }

  // "+ Filter": the same list and menus as above the lists, for all that no pill here can say.
  startMenu({ filters, offers }) {
    const menu = new Menu(this.root, "live-filters")
    const button = this.root.querySelector(".add")
    const address = { url: offers, parameters: { of: "leads" } }
    const find = () => button
    let isItsOwn = false
    const edit = filter => new Editor(
      menu, filter, filter.operators[0], this.given(), address, change => this.take(change),
    ).open(find)
    // A pointer that goes down on the open menu's own button closes it; the click must not open it.
    button.onpointerdown = () => { isItsOwn = menu.isOpen }
    button.onclick = () => {
      if (isItsOwn) menu.close()
      else chooseFilter(menu, filters, find, edit)
      isItsOwn = false
    }
    // Letters typed here are no keys of the feed.
    menu.box.addEventListener("keydown", event => event.stopPropagation())
  }

  // All that is set, as names with their values.
  given() {
    const found = {}
    for (const [parameter, value] of this.pairs()) (found[parameter] ??= []).push(value)
    return found
  }

  // Parameters with their new values, none to take one off.
  take(change) {
    for (const [parameter, values] of Object.entries(change)) {
      this.chosen.delete(parameter)
      this.others = this.others.filter(([name]) => name !== parameter)
      const [only, ...more] = values
      const isOurs = this.parts.some(({ name }) => name === parameter)
      if (isOurs && only !== undefined && !more.length && this.isSound(parameter, only)) this.chosen.set(parameter, only)
      else this.others.push(...values.map(value => [parameter, value]))
    }
    this.write()
  }

  // Whether anything is another than before.
  read(search) {
    const before = this.query()
    const given = new URLSearchParams(search)
    const ours = this.parts.map(({ name }) => name)
    this.chosen.clear()
    this.others = []
    for (const [parameter, text] of given) {
      const name = parameter.split(".")[0]
      const value = text.trim().slice(0, 500)
      if (!value || !Object.hasOwn(this.labels, name)) continue
      if (ours.includes(parameter) && given.getAll(parameter).length === 1) {
        if (this.isSound(name, value)) this.chosen.set(name, value)
      } else this.others.push([parameter, value])
    }
    return this.query() !== before
  }

  isSound(name, value) {
    if (name === "stage") return this.stages.some(stage => stage.toLowerCase() === value)
    if (name === "min_employees") return /^\d{1,9}$/.test(value)
    return (name !== "hot" && name !== "live") || value === "yes"
  }

  get isAny() {
    return this.chosen.size + this.others.length > 0
  }

  choose(name, value) {
    if (value) this.chosen.set(name, value)
    else this.chosen.delete(name)
    this.write()
  }

  add(parameter, value) {
    this.others.push([parameter, value])
    this.write()
  }

  drop(parameter, value) {
    this.others = this.others.filter(other => other[0] !== parameter || other[1] !== value)
    this.write()
  }

  clear() {
    this.chosen.clear()
    this.others = []
    this.write()
  }

  write() {
    const address = new URL(location)
    for (const parameter of [...address.searchParams.keys()])
      if (Object.hasOwn(this.labels, parameter.split(".")[0])) address.searchParams.delete(parameter)
    for (const [name, value] of this.pairs()) address.searchParams.append(name, value)
    history.replaceState(history.state, "", address)
    this.draw()
    this.changed()
  }

  pairs() {
    return [...this.chosen, ...this.others]
  }

  // Whether a row may fit, as far as it tells.
  passes(lead, now) {
    for (const [name, value] of this.chosen) {
      if (name === "hot" ? !lead.hot
        : name === "live" ? !isHere(lead, now)
        : name === "min_employees" ? !(lead.employees >= Number(value))
        : VALUES[name](lead, this.stages) !== value) return false
    }
    return true
  }

  // The same for the server, as the query of an address.
  query() {
    const query = new URLSearchParams(this.pairs()).toString()
    return query && `?${query}`
  }

  // How many are shown, in words, of those among whom the server looks.
  count(leads, matching, limit) {
    if (this.isAny) return matching <= limit ? `${matching} of ${leads} match` : `newest ${limit} that match`
    if (matching > limit) return `newest ${limit} visitors`
    return matching === 1 ? "1 visitor" : `${matching} visitors`
  }

  // How many likely bots are hidden.
  sayBots(count) {
    this.root.querySelector(".bots").hidden = !count
    put(this.root.querySelector(".bots-said"), count === 1 ? "1 likely bot hidden" : `${numberText(count)} likely bots hidden`, "")
  }

  // Values with their counts for each filter, the most frequent first; stages in their order.
  offer(offers) {
    const names = this.stages.map(stage => stage.toLowerCase())
    offers.stage.sort(([one], [other]) => names.indexOf(one) - names.indexOf(other))
    this.offers = offers
    this.draw()
  }

  draw() {
    for (const part of this.parts) {
      const value = this.chosen.get(part.name)
      part.place.classList.toggle("on", value !== undefined)
      if (part.select) {
        this.drawOptions(part, value)
        part.off.hidden = value === undefined
      } else part.off.setAttribute("aria-pressed", String(value !== undefined))
    }
    this.drawOthers()
    this.root.querySelector(".save").hidden = !this.isAny
    const more = this.root.querySelector(".more")
    const count = this.chosen.size + this.others.length
    more.textContent = count ? `Filters (${count})` : "Filters"
  }

  drawOthers() {
    const place = this.root.querySelector(".others")
    const drawn = JSON.stringify(this.others)
    if (place.dataset.drawn === drawn) return
    place.dataset.drawn = drawn
    place.replaceChildren()
    for (const [parameter, value] of this.others) {
      const [name, operator] = parameter.split(".")
      const label = `${this.labels[name]}${OPERATORS[operator] ?? ""}: ${cut(value)}`
      const mark = make("span", "filter on", place)
      put(make("span", "said", mark), label, "")
      const off = make("button", "off", mark)
      off.type = "button"
      off.textContent = "×"
      off.setAttribute("aria-label", `Take off ${label}`)
      off.onclick = () => this.drop(parameter, value)
    }
  }

  drawOptions({ name, place, select }, value) {
    const label = place.dataset.label
    const offers = this.offers?.[name] ?? []
    const isSize = name === "min_employees"
    const options = isSize
      ? Object.entries(SIZES)
      : offers.map(([text, count]) => [text, `${this.worded(name, text)} (${count})`])
    if (value !== undefined && !options.some(([text]) => text === value))
      options.push([value, isSize ? `${numberText(Number(value))} or more people` : `${this.worded(name, value)} (0)`])
    const drawn = JSON.stringify([options, value])
    // A list that changes while it is open closes, or has another value under the finger.
    const isOpen = select.getRootNode().activeElement === select && value === (select.value || undefined)
    if (place.dataset.drawn === drawn || isOpen) return
    place.dataset.drawn = drawn
    place.hidden = name === "pid" && options.length < 2 && value === undefined
    select.replaceChildren(new Option(label, ""))
    for (const [text, shown] of options) {
      const isChosen = text === value
      select.add(new Option(isChosen ? `${label}: ${cut(shown.replace(/ \(\d+\)$/, ""))}` : cut(shown), text, false, isChosen))
    }
    select.options[0].text = value === undefined ? label : `${label}: any`
    select.disabled = !options.length
  }

  worded(name, value) {
    return name === "stage" ? this.stages.find(stage => stage.toLowerCase() === value) ?? value : value
  }
}

function cut(text) {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
