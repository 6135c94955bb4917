// The strip above the feed: how many, how busy, whether intake is well. Counts are the server's.

const SVG = "http://www.w3.org/2000/svg"
const LATE_MS = 15_000 // deriving takes some milliseconds, unless nobody does it

class Strip {
  constructor(root) {
    this.find = name => root.querySelector(name)
    this.latest = null
  }

  receive(pulse) {
    this.latest = pulse
    this.fill("now", pulse.now, pulse.minutes.slice(-30))
    this.fill("hour", pulse.hour, pulse.minutes)
    this.fill("today", this.today(), pulse.hours)
    const [state, text] = this.intake()
    const mark = this.find(".intake")
    mark.dataset.state = state
    put(this.find(".intake-word"), text)
    this.find(".stats").hidden = false
  }

  // People since the midnight of the desk's zone.
  today() {
    const { people, quarter, today } = this.latest
    const passed = Math.min(people.length, Math.max(1, quarter - today + 1))
    return people.slice(-passed).reduce((sum, count) => sum + count, 0)
  }

  fill(name, count, series) {
    const place = this.find(`.stat.${name}`)
    const shown = count >= this.latest.most && name !== "today" ? `${numberText(this.latest.most)}+` : numberText(count)
    const number = place.querySelector("b")
    if (number.textContent !== shown) number.textContent = shown
    const drawn = series.join()
    if (place.dataset.drawn === drawn) return
    place.dataset.drawn = drawn
    place.querySelector("svg").replaceWith(sparkline(series))
  }

  intake() {
    const { waiting, waiting_since: since, aside, last } = this.latest
    if (waiting && Date.now() - this.skew - since > LATE_MS)
      return ["away", `${this.upTo(waiting)} received, not derived yet`]
    if (aside) return ["paused", `${this.upTo(aside)} set aside`]
    return last === null ? ["none", "Nothing received yet"] : ["live", "Intake is fine"]
  }

  upTo(count) {
    return count >= this.latest.most ? `${numberText(count)}+` : numberText(count)
  }

  showState(line, why) {
    const [state, text] =
      line.state !== "open" ? ["reconnecting", LINE_WORDS[line.state]]
      : line.away ? ["away", "No database"]
      : why ? ["paused", "Paused"]
      : ["live", "Connected"]
    this.find(".title .state").dataset.state = state
    put(this.find(".state-word"), text, state === "paused" ? `Rows stay still ${why}.` : text)
    this.find(".why").textContent = state === "paused" ? why : ""
    const said = state === "paused" ? "Connected" : text // a pointer's pause is no news to a listener
    const spoken = this.find(".spoken")
    if (spoken.textContent !== said) spoken.textContent = said
  }

  showAge(newest, now) {
    const age = newest ? `last event ${ago(newest, now)}` : ""
    const mark = this.find(".age")
    if (mark.textContent !== age) mark.textContent = age
  }

  showAlarm(line, newest) {
    const alarm = this.find(".alarm")
    const text = line.away ?? this.silence(newest, line.now())
    alarm.hidden = !text
    if (alarm.textContent !== text) alarm.textContent = text
  }

  // An alarm in words when it has been silent for longer than is normal; else empty.
  silence(newest, now) {
    if (!this.latest || !newest) return ""
    const { usual_ms: usual, times, least_ms: least } = this.latest
    if (usual === null || now - newest <= Math.max(least, times * usual)) return ""
    return `Nothing has come in for ${spanText(now - newest)}. At this hour of the week, the longest ` +
      `silence is usually ${spanText(usual)}. Is the receiver running, and does Midbound's webhook still point to it?`
  }
}

function sparkline(series) {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("class", "spark")
  svg.setAttribute("viewBox", "0 0 100 24")
  svg.setAttribute("preserveAspectRatio", "none")
  svg.setAttribute("aria-hidden", "true")
  const most = Math.max(1, ...series)
  const points = series.map((count, place) =>
    `${((place / (series.length - 1)) * 100).toFixed(1)},${(22.5 - (count / most) * 21).toFixed(1)}`)
  for (const [name, path] of [["area", `M0,24 L${points.join(" ")} L100,24 Z`], ["line", `M${points.join(" ")}`]]) {
    const shape = document.createElementNS(SVG, "path")
    shape.setAttribute("class", name)
    shape.setAttribute("d", path)
    svg.append(shape)
  }
  return svg
}
