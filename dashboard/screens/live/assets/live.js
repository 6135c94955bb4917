// The live feed: rows by lead key, fed by server-sent events. Streamlit hears of the selection only.

const LEAVE_MS = 400 // a pointer that only crosses the list's edge does not set it moving
const SLIDE = { duration: 320, easing: "cubic-bezier(.2,.7,.2,1)" }
const stillness = matchMedia("(prefers-reduced-motion: reduce)")

class LiveFeed {
  constructor(root, words) {
    this.words = words
    this.find = name => root.querySelector(name)
    this.root = this.find(".live")
    this.list = this.find(".list")
    this.body = this.find(".rows")
    this.rows = new Map()
    this.latest = null
    this.selected = null
    this.active = null
    this.hovers = false
    this.ending = new AbortController()
    this.strip = new Strip(root)
    this.filters = new Filters(this.find(".filters"), words, () => this.sift())
    this.order = new Order(this.root, () => this.sift())
    this.looked = new Looked(root, () => `${words.missed}${this.filters.query()}`, () => this.line.now())
    this.line = new Line(() => `${words.url}${this.query()}`, {
      receive: message => this.receive(message),
      feel: pulse => this.feel(pulse),
      offer: offers => this.filters.offer(offers),
      changed: () => this.showState(),
      refused: () => this.askWhy(),
    })
    this.listen()
    this.clock = setInterval(() => this.tick(), 1000)
  }

  end() {
    window.visitorDeskLive = { search: this.query(), selected: this.selected, top: this.list.scrollTop }
    this.ending.abort()
    clearInterval(this.clock)
    this.looked.end()
    this.line.close()
  }

  // What the server is asked for: filters and order.
  query() {
    return this.order.query(this.filters.query())
  }

  // Somebody comes back from another screen: as they left, unless the address says otherwise.
  comeBack(left) {
    this.top = left.top
    if (new URLSearchParams(left.search).get("sort")) this.order.choose(true, { isStep: false })
    if (!this.filters.isAny && left.search && this.filters.read(left.search)) this.filters.write({ isStep: false })
    if (left.selected && this.selected === null) this.select(left.selected)
  }

  // --- Rows

  receive(message) {
    const isFirst = this.latest === null
    this.latest = message
    this.isStale = false
    this.refusal = message.refused ?? ""
    const focused = this.list.getRootNode().activeElement
    for (const lead of message.leads) {
      const parts = this.rows.get(lead.key)
      if (!parts || !fillRow(parts, lead, this.words)) continue
      parts.row.classList.add("changed")
      if (lead.key === this.selected) this.tell("seen", message.version)
      if (lead.key === this.active) this.markSelected()
      if (focused && !focused.isConnected && lead.key === this.active) parts.row.focus()
    }
    const isSifted = isFirst || this.sifts
    this.sifts = false
    if (isSifted || !this.holds()) this.arrange(!isSifted)
    if (isFirst && this.top) this.list.scrollTop = this.top
    this.refresh()
  }

  // The server refused the filters: it says why.
  async askWhy() {
    const answer = await fetch(`${this.words.missed}${this.filters.query() || "?"}&since=0`).catch(() => null)
    if (answer?.status !== 400) return
    this.refusal = (await answer.json()).detail
    this.latest ??= { leads: [], of: 0, matching: 0, bots: 0, limit: 0 }
    this.arrange(false)
    this.refresh()
  }

  feel(pulse) {
    this.looked.begin()
    this.strip.skew = this.line.skew
    this.strip.receive(pulse)
    this.tick()
  }

  // Who is to be shown: those at hand whom the filters let through.
  wanted() {
    if (this.refusal) return []
    const now = this.line.now()
    return this.isStale ? this.latest.leads.filter(lead => this.filters.passes(lead, now)) : this.latest.leads
  }

  // A filter has changed: that is no movement which a row that is held could forbid. Those at hand
  // are sifted at once; the server then tells who else matches.
  sift() {
    this.sifts = this.isStale = true
    this.refusal = ""
    this.line.follow()
    if (!this.latest) return
    this.arrange(false)
    this.refresh()
  }

  // Why rows must not move just now, in words; empty when they may.
  holds() {
    if (this.selected !== null) return "while a visitor is open"
    if (this.hovers) return "while you point at the list"
    if (this.body.contains(this.list.getRootNode().activeElement)) return "while a row has focus"
    return this.list.scrollTop > 8 ? "while you read further down" : ""
  }

  // Bring the newest order on screen; rows that move slide from where they were.
  arrange(isSeen) {
    const slides = isSeen && !stillness.matches && !document.hidden
    const before = new Map()
    if (slides) for (const [key, { row }] of this.rows) before.set(key, row.offsetTop)
    const focused = this.list.getRootNode().activeElement
    const leads = this.wanted()
    const keep = new Set(leads.map(lead => lead.key))
    for (const [key, { row }] of this.rows) {
      if (keep.has(key)) continue
      row.remove()
      this.rows.delete(key)
    }
    leads.forEach((lead, place) => {
      let parts = this.rows.get(lead.key)
      if (!parts) {
        parts = makeRow(this.words.stages, key => this.take(key))
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
    for (const [key, { row }] of this.rows) {
      row.setAttribute("aria-selected", String(key === this.selected))
      row.tabIndex = key === tabStop ? 0 : -1
      for (const link of row.querySelectorAll("a, .take")) link.tabIndex = row.tabIndex
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

  // The one that is marked becomes the asker's; the feed then says so to everybody.
  async take(key) {
    const { isSaid, detail } = await sayOf(key, "take")
    this.find(".spoken").textContent = isSaid ? "Taken: this lead is yours." : detail
    this.find(".told").textContent = isSaid ? "" : detail
    this.find(".told").hidden = isSaid
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
      if (!row || event.target.closest("a, button") || String(getSelection())) return
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
    on(this.find(".clear"), "click", () => {
      this.filters.clear()
      this.list.focus({ preventScroll: true })
    })
    on(window, "resize", () => this.fit())
    on(window, "popstate", () => {
      const isOther = location.pathname === this.filters.path && this.order.read(location.search)
      if (this.filters.comeBack() || isOther) this.sift()
    })
    on(document, "keydown", event => this.press(event))
    for (const [button, name] of [[".save.as-mine", "territory"], [".save:not(.as-mine)", "save"]])
      on(this.find(button), "click", () => this.trigger(name, this.filters.query().slice(1)))
    on(document, "visibilitychange", () => {
      if (document.hidden) this.looked.leave()
      else this.looked.comeBack()
      this.line.follow()
    })
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
    else if (event.key === "t" && this.active !== null) this.take(this.active)
    else if (event.key === "g") this.order.choose(!this.order.isByGrade)
    else if ((event.key === "Enter" || event.key === " ") && from.matches?.(".row"))
      this.select(from.dataset.key === this.selected ? null : from.dataset.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // The feed ends where the window ends, whatever Streamlit has put above it.
  fit() {
    const top = this.root.getBoundingClientRect().top
    if (top >= 0) this.root.style.setProperty("--top", `${Math.round(top)}px`)
  }

  // --- Words around the rows

  // How many visitors wait to be shown; "some" when it is only the order that waits.
  waiting() {
    const leads = this.wanted()
    const unseen = leads.filter(lead => !this.rows.has(lead.key)).length
    if (unseen) return unseen
    const order = [...this.body.children].map(row => row.dataset.key)
    return leads.some((lead, place) => lead.key !== order[place]) ? "some" : 0
  }

  refresh() {
    const leads = this.latest?.of ?? 0
    const waiting = this.latest && this.holds() ? this.waiting() : 0
    const newer = this.find(".newer")
    newer.hidden = !waiting
    newer.textContent = waiting !== "some" ? `${waiting} new ↑` : this.order.isByGrade ? "Best first ↑" : "Newest first ↑"
    const shown = leads ? this.wanted().length : 0
    const matching = this.isStale || !leads ? shown : this.latest.matching
    const isNone = (leads > 0 && matching === 0 && this.rows.size === 0) || Boolean(this.refusal)
    this.find(".skeleton").hidden = this.latest !== null
    this.find(".empty").hidden = this.latest === null || leads > 0 || isNone
    this.find(".none").hidden = !isNone
    this.find(".none h2").textContent = this.refusal || `0 of ${numberText(leads)} match`
    this.list.hidden = leads === 0 || isNone
    this.find(".filters").hidden = leads === 0 && !this.filters.isAny
    this.filters.sayBots(this.isStale ? 0 : this.latest?.bots ?? 0)
    this.find(".matching").textContent = leads === 0 ? "" : this.filters.count(leads, matching, this.latest.limit, this.order.first)
    this.tick()
    this.showState()
  }

  showState() {
    const why = this.latest?.leads.length ? this.holds() : ""
    this.strip.showState(this.line, why)
    this.strip.showAlarm(this.line, this.newest())
  }

  // When the newest delivery came in: the feed is quicker than the pulse. 0 when none ever did.
  newest() {
    return Math.max(this.strip.latest?.last ?? 0, ...(this.latest?.leads ?? []).map(lead => lead.heard_at))
  }

  tick() {
    if (document.hidden) return
    this.line.check()
    this.fit()
    const now = this.line.now()
    this.strip.showAge(this.newest(), now)
    this.strip.showAlarm(this.line, this.newest())
    for (const { row, time, heardAt, isOver } of this.rows.values()) {
      const text = ago(heardAt, now)
      if (time.textContent !== text) time.textContent = text
      row.classList.toggle("here", isHere({ heard_at: heardAt, over: isOver }, now))
    }
    this.looked.note()
    this.looked.silent = this.strip.silence(this.newest(), now)
    this.looked.name()
  }
}

const mounted = new WeakMap()

export default function live({ data, parentElement, setStateValue, setTriggerValue }) {
  let feed = mounted.get(parentElement)
  if (!feed) {
    feed = new LiveFeed(parentElement, data)
    mounted.set(parentElement, feed)
    feed.selected = feed.active = data.selected
    feed.closings = data.closings
    feed.search = data.search
    if (!data.operations) feed.find(".intake").removeAttribute("href")
  }
  if (feed.filters.learn(data.filters)) feed.filters.draw()
  feed.filters.suggest(data.isFirst)
  feed.tell = setStateValue
  feed.trigger = setTriggerValue
  if (window.visitorDeskLive) {
    feed.comeBack(window.visitorDeskLive)
    window.visitorDeskLive = null
  }
  if (feed.search !== data.search) {
    // Python set the address: a segment of the side bar, say. Of a run that began before the last
    // change here it is older than the address itself, so that is what counts.
    feed.search = data.search
    const isOther = feed.order.read(location.search)
    if (feed.filters.read(location.search) || isOther) {
      feed.filters.draw()
      feed.sift()
    }
  }
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
