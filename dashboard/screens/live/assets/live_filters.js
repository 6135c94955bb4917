// Filters of the feed: on the rows at hand they act at once, and the server is asked for whoever else
// fits. They stand in the address, under the export's names
// where it has them, so that a link shows a colleague the same.

const BOTS = { 10: "score 10 or more", 30: "score 30 or more", 50: "score 50 or more" }

// What a row has under each name.
const VALUES = {
  stage: (lead, stages) => stages[lead.stage - 1]?.toLowerCase(),
  company: lead => lead.company,
  utm_campaign: lead => lead.campaign,
  country: lead => lead.country,
  pid: lead => lead.pixel,
}

class Filters {
  constructor(root, stages, changed) {
    this.root = root
    this.stages = stages
    this.changed = changed
    this.chosen = new Map()
    this.parts = [...root.querySelectorAll(".filter")].map(place => ({
      name: place.dataset.name,
      place,
      select: place.querySelector("select"),
      off: place.querySelector(".off"),
    }))
    this.read()
    for (const { name, select, off } of this.parts) {
      if (select) select.onchange = () => this.choose(name, select.value)
      if (select) select.onblur = () => this.draw()
      off.onclick = () => this.choose(name, off.classList.contains("toggle") && !this.chosen.has(name) ? "yes" : "")
    }
    const more = root.querySelector(".more")
    more.onclick = () => more.setAttribute("aria-expanded", String(root.classList.toggle("open")))
  }

  read() {
    const given = new URLSearchParams(location.search)
    for (const { name } of this.parts) {
      const value = given.get(name)?.slice(0, 250)
      if (value && this.isSound(name, value)) this.chosen.set(name, value)
    }
  }

  isSound(name, value) {
    if (name === "stage") return this.stages.some(stage => stage.toLowerCase() === value)
    if (name === "min_bot_score") return /^[1-9]\d?$/.test(value)
    return name !== "hot" || value === "yes"
  }

  choose(name, value) {
    if (value) this.chosen.set(name, value)
    else this.chosen.delete(name)
    this.write()
  }

  clear() {
    this.chosen.clear()
    this.write()
  }

  write() {
    const address = new URL(location)
    for (const { name } of this.parts) {
      if (this.chosen.has(name)) address.searchParams.set(name, this.chosen.get(name))
      else address.searchParams.delete(name)
    }
    history.replaceState(history.state, "", address)
    this.draw()
    this.changed()
  }

  passes(lead) {
    for (const [name, value] of this.chosen) {
      if (name === "hot" ? !lead.hot
        : name === "min_bot_score" ? lead.score < Number(value) // a row without a score stays
        : VALUES[name](lead, this.stages) !== value) return false
    }
    return true
  }

  // The same for the server, as the query of an address.
  query() {
    const query = new URLSearchParams([...this.chosen]).toString()
    return query && `?${query}`
  }

  // How many are shown, in words, of those among whom the server looks.
  count(leads, matching, limit) {
    if (this.chosen.size) return matching < limit ? `${matching} of ${leads} match` : `newest ${limit} that match`
    if (leads > limit) return `newest ${limit} visitors`
    return leads === 1 ? "1 visitor" : `${leads} visitors`
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
    const more = this.root.querySelector(".more")
    more.textContent = this.chosen.size ? `Filters (${this.chosen.size})` : "Filters"
  }

  drawOptions({ name, place, select }, value) {
    const label = place.dataset.label
    const offers = this.offers?.[name] ?? []
    const options = name === "min_bot_score"
      ? Object.entries(BOTS)
      : offers.map(([text, count]) => [text, `${this.worded(name, text)} (${count})`])
    if (value !== undefined && !options.some(([text]) => text === value))
      options.push([value, name === "min_bot_score" ? `score ${value} or more` : `${this.worded(name, value)} (0)`])
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
