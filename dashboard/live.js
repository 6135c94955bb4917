// The live feed: rows by lead key, fed by server-sent events. Streamlit hears of the selection only.

const LEAVE_MS = 400 // a pointer that only crosses the list's edge does not set it moving
const SLIDE = { duration: 320, easing: "cubic-bezier(.2,.7,.2,1)" }
const stillness = matchMedia("(prefers-reduced-motion: reduce)")

class LiveFeed {
  constructor(root, words) {
    this.words = words
    this.find = name => root.querySelector(name)
    this.list = this.find(".list")
    this.body = this.find(".rows")
    this.rows = new Map()
    this.latest = null
    this.selected = null
    this.active = null
    this.hovers = false
    this.ending = new AbortController()
    this.line = new Line(words.url, message => this.receive(message), () => this.showState())
    this.listen()
    this.clock = setInterval(() => this.tick(), 1000)
  }

  end() {
    this.ending.abort()
    clearInterval(this.clock)
    this.line.close()
  }

  // --- Rows

  receive(message) {
    const isFirst = this.latest === null
    this.latest = message
    for (const lead of message.leads) {
      const parts = this.rows.get(lead.key)
      if (!parts || !fillRow(parts, lead, this.words)) continue
      parts.row.classList.add("changed")
      if (lead.key === this.selected) this.tell("seen", message.version)
    }
    if (isFirst || !this.holds()) this.arrange(!isFirst)
    this.refresh()
  }

  // Why rows must not move just now, in words; empty when they may.
  holds() {
    if (this.selected !== null) return "while a visitor is open"
    if (this.hovers) return "while you point at the list"
    if (this.body.contains(this.list.getRootNode().activeElement)) return "while a row has the focus"
    return this.list.scrollTop > 8 ? "while you read further down" : ""
  }

  // Bring the newest order on screen; rows that move slide from where they were.
  arrange(isSeen) {
    const slides = isSeen && !stillness.matches && !document.hidden
    const before = new Map()
    if (slides) for (const [key, { row }] of this.rows) before.set(key, row.offsetTop)
    const focused = this.list.getRootNode().activeElement
    const keep = new Set(this.latest.leads.map(lead => lead.key))
    for (const [key, { row }] of this.rows) {
      if (keep.has(key)) continue
      row.remove()
      this.rows.delete(key)
    }
    this.latest.leads.forEach((lead, place) => {
      let parts = this.rows.get(lead.key)
      if (!parts) {
        parts = makeRow(this.words.stages)
        fillRow(parts, lead, this.words)
        this.rows.set(lead.key, parts)
      }
      const there = this.body.children[place]
      if (there !== parts.row) this.body.insertBefore(parts.row, there ?? null)
    })
    if (focused && this.body.contains(focused)) focused.focus({ preventScroll: true })
    if (slides) this.slide(before)
    this.markSelected()
  }

  slide(before) {
    for (const [key, { row }] of this.rows) {
      const from = before.get(key)
      const by = from === undefined ? null : from - row.offsetTop
      if (by === null) row.animate([{ opacity: 0, transform: "translateY(-12px)" }, {}], SLIDE)
      else if (by) row.animate([{ transform: `translateY(${by}px)` }, {}], SLIDE)
      if (by === null) row.classList.add("changed")
    }
  }

  // --- Selection

  select(key) {
    this.selected = key
    this.active = key ?? this.active
    this.markSelected()
    this.tell("selected", key)
    if (key === null && !this.holds() && this.latest) this.arrange(true)
    this.refresh()
  }

  markSelected() {
    const tabStop = this.rows.has(this.active) ? this.active : null
    this.list.tabIndex = tabStop ? -1 : 0
    for (const [key, { row, link }] of this.rows) {
      row.setAttribute("aria-selected", String(key === this.selected))
      row.tabIndex = key === tabStop ? 0 : -1
      link.tabIndex = row.tabIndex
    }
  }

  move(by) {
    const keys = [...this.body.children].map(row => row.dataset.key)
    if (!keys.length) return
    const place = keys.indexOf(this.active)
    const next = place < 0 ? 0 : Math.min(keys.length - 1, Math.max(0, place + by))
    this.active = keys[next]
    if (this.selected !== null && this.selected !== this.active) this.select(this.active)
    this.markSelected()
    this.rows.get(this.active).row.focus()
    this.refresh()
  }

  leave() {
    this.list.focus({ preventScroll: true })
    this.select(null)
  }

  // --- Hands

  listen() {
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.ending.signal })
    on(this.body, "click", event => {
      const row = event.target.closest(".row")
      if (!row || event.target.closest("a") || String(getSelection())) return
      this.select(row.dataset.key === this.selected ? null : row.dataset.key)
    })
    on(this.body, "animationend", event => event.target.classList.remove("changed"))
    on(this.body, "pointerenter", event => { if (event.pointerType === "mouse") this.point(true) })
    on(this.body, "pointerleave", () => this.point(false))
    on(this.list, "scroll", () => this.loosen())
    on(this.list, "focusout", () => setTimeout(() => this.loosen()))
    on(this.find(".newer"), "click", () => {
      this.list.scrollTo({ top: 0, behavior: stillness.matches ? "auto" : "smooth" })
      this.arrange(true)
      this.refresh()
    })
    on(document, "keydown", event => this.press(event))
    on(document, "visibilitychange", () => this.line.follow())
  }

  point(inside) {
    clearTimeout(this.leaving)
    if (inside) {
      this.hovers = true
      this.refresh()
    } else {
      this.leaving = setTimeout(() => {
        this.hovers = false
        this.loosen()
      }, LEAVE_MS)
    }
  }

  loosen() {
    if (this.latest && this.waiting() && !this.holds()) this.arrange(true)
    this.refresh()
  }

  press(event) {
    const from = event.composedPath()[0]
    const types = from.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(from.tagName ?? "")
    if (types || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const inside = this.list.contains(from)
    const step = { j: 1, k: -1, ...(inside && { ArrowDown: 1, ArrowUp: -1 }) }[event.key]
    if (step) this.move(step)
    else if (event.key === "Escape" && (this.selected !== null || inside)) this.leave()
    else if ((event.key === "Enter" || event.key === " ") && from.matches?.(".row"))
      this.select(from.dataset.key === this.selected ? null : from.dataset.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // --- Words around the rows

  // How many visitors wait to be shown; "some" when it is only the order that waits.
  waiting() {
    const unseen = this.latest.leads.filter(lead => !this.rows.has(lead.key)).length
    if (unseen) return unseen
    const order = [...this.body.children].map(row => row.dataset.key)
    return this.latest.leads.some((lead, place) => lead.key !== order[place]) ? "some" : 0
  }

  refresh() {
    const leads = this.latest?.leads.length ?? 0
    const waiting = this.latest && this.holds() ? this.waiting() : 0
    const newer = this.find(".newer")
    newer.hidden = !waiting
    newer.textContent = waiting === "some" ? "Newest first ↑" : `${waiting} new ↑`
    this.find(".skeleton").hidden = this.latest !== null
    this.find(".empty").hidden = this.latest === null || leads > 0
    this.list.hidden = leads === 0
    this.find(".count").textContent = leads === 0 ? "" : this.countText(leads)
    this.tick()
    this.showState()
  }

  countText(leads) {
    if (leads >= this.latest.limit) return `newest ${leads} visitors`
    return leads === 1 ? "1 visitor" : `${leads} visitors`
  }

  showState() {
    const why = this.holds()
    const [state, text] =
      this.line.state !== "open" ? ["reconnecting", LINE_WORDS[this.line.state]]
      : this.line.away ? ["away", "No database"]
      : why && this.latest?.leads.length ? ["paused", "Paused"]
      : ["live", "Live"]
    const mark = this.find(".state")
    mark.dataset.state = state
    this.find(".keys").hidden = !this.latest?.leads.length
    put(this.find(".state-word"), text, state === "paused" ? `Rows stand still ${why}.` : text)
    this.find(".why").textContent = state === "paused" ? why : ""
    const alarm = this.find(".alarm")
    alarm.hidden = !this.line.away
    if (alarm.textContent !== (this.line.away ?? "")) alarm.textContent = this.line.away ?? ""
    const said = state === "paused" ? "Live" : text // a pointer's pause is no news to a listener
    const spoken = this.find(".spoken")
    if (spoken.textContent !== said) spoken.textContent = said
  }

  tick() {
    if (document.hidden) return
    this.line.check()
    const now = this.line.now()
    let newest = 0
    for (const lead of this.latest?.leads ?? []) newest = Math.max(newest, lead.heard_at)
    const age = newest ? `last event ${ago(newest, now)}` : ""
    const ageMark = this.find(".age")
    if (ageMark.textContent !== age) ageMark.textContent = age
    for (const { time, heardAt } of this.rows.values()) {
      const text = ago(heardAt, now)
      if (time.textContent !== text) time.textContent = text
    }
  }
}

const mounted = new WeakMap()

export default function live({ data, parentElement, setStateValue }) {
  let feed = mounted.get(parentElement)
  if (!feed) {
    feed = new LiveFeed(parentElement, data)
    mounted.set(parentElement, feed)
    feed.selected = feed.active = data.selected
    feed.closings = data.closings
  }
  feed.tell = setStateValue
  if (feed.closings !== data.closings) {
    // Python closed the panel. Comparing selections instead would undo a click made meanwhile.
    feed.closings = data.closings
    feed.leave()
  }
  return () => {
    feed.end()
    mounted.delete(parentElement)
  }
}
