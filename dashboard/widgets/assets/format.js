// Times, spans and numbers in words: the same text as from `times.py` and `numbers.py`. `ZONE`, the
// desk's time zone, is defined before this file.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const SECOND_MS = 1000, MINUTE_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 86_400_000
const SPANS = [[DAY_MS, "d"], [HOUR_MS, "h"], [MINUTE_MS, "min"], [SECOND_MS, "s"]]

const clockOf = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn",
  year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
})
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })

// What the zone's clock and calendar show at a moment.
function shownAt(ms) {
  const parts = Object.fromEntries(clockOf.formatToParts(ms).map(part => [part.type, part.value]))
  const day = `${Number(parts.day)} ${MONTHS[parts.month - 1]}`
  return { day, year: parts.year, time: `${parts.hour}:${parts.minute}`, seconds: parts.second }
}

// A day: `19 Nov`; with the year if it differs from that of `now`.
function dayText(ms, now = Date.now()) {
  const [at, today] = [shownAt(ms), shownAt(now)]
  return at.year === today.year ? at.day : `${at.day} ${at.year}`
}

// A moment (Unix ms) in the desk's zone: `20:30` today, `19 Nov, 20:30` on another day.
function momentText(ms, now = Date.now()) {
  const [at, today] = [shownAt(ms), shownAt(now)]
  return at.year === today.year && at.day === today.day ? at.time : `${dayText(ms, now)}, ${at.time}`
}

// A moment in full, in the desk's zone and in UTC.
function bothTimes(ms) {
  const at = shownAt(ms)
  const utc = new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC")
  return `${at.day} ${at.year}, ${at.time}:${at.seconds} (${ZONE})  ·  ${utc}`
}

// A length of time in its largest unit: `53 s`, `12 min`, `3 h`, `6 d`.
function spanText(ms) {
  for (const [length, unit] of SPANS) {
    if (ms >= length) return `${grouped.format(Math.floor(ms / length))} ${unit}`
  }
  return "0 s"
}

// How long ago: `12 s ago`; `just now` also for the future.
function agoText(ms, now = Date.now()) {
  return now - ms < 2 * SECOND_MS ? "just now" : `${spanText(now - ms)} ago`
}

// A length of time as people compare them: `53 s`, `4 min 10 s`, `3 h 5 min`.
function dwellText(ms) {
  if (ms < 2 * MINUTE_MS) return `${Math.floor(Math.max(ms, 0) / SECOND_MS)} s`
  const place = ms < HOUR_MS ? 2 : ms < DAY_MS ? 1 : 0
  const [[large, unit], [small, smallUnit]] = [SPANS[place], SPANS[place + 1]]
  const text = `${grouped.format(Math.floor(ms / large))} ${unit}`
  const rest = Math.floor((ms % large) / small)
  return rest ? `${text} ${rest} ${smallUnit}` : text
}

// A count with thousands separators; an impossibly large one with an exponent.
function numberText(value) {
  return Math.abs(value) < 1e15 ? grouped.format(value) : value.toExponential(1)
}
