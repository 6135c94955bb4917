// The line to the server: events come in, the clock is set, a dead line is noticed and made anew.

const SILENCE_MS = 40_000 // the server beats every 15 s
const RETRY_MS = 3_000
const LINE_WORDS = { connecting: "Connecting…", broken: "Reconnecting…" }

class Line {
  // `address` gives the feed's address as it is to be opened, with its filters.
  constructor(address, { receive, feel, offer, changed, refused }) {
    this.address = address
    this.receive = receive
    this.feel = feel
    this.offer = offer
    this.changed = changed
    this.refused = refused
    this.state = "connecting"
    this.away = null // in words, while the server can't read its database
    this.skew = 0
    this.follow()
  }

  // A hidden page needs no line, and a browser allows only six a site.
  follow() {
    if (document.hidden) this.close()
    else this.open()
  }

  open() {
    this.close()
    const source = new EventSource(this.address())
    const hear = (name, act) =>
      source.addEventListener(name, event => {
        this.heardAt = Date.now()
        this.state = "open"
        act(event.data)
        this.changed()
      })
    hear("beat", data => { this.skew = Date.now() - Number(data) })
    hear("pulse", data => this.feel(JSON.parse(data)))
    hear("offers", data => this.offer(JSON.parse(data)))
    hear("away", data => { this.away = data })
    hear("message", data => {
      this.away = null
      this.receive(JSON.parse(data))
    })
    source.onerror = () => {
      this.state = "broken"
      this.changed()
      // The browser tries again by itself unless it was refused.
      if (source.readyState !== EventSource.CLOSED) return
      this.retry = setTimeout(() => this.open(), RETRY_MS)
      this.refused()
    }
    this.source = source
    this.heardAt = Date.now()
  }

  close() {
    clearTimeout(this.retry)
    this.source?.close()
    this.source = null
  }

  check() {
    if (!this.source || Date.now() - this.heardAt < SILENCE_MS) return
    this.state = "broken"
    this.open()
  }

  // The server's clock, Unix ms.
  now() {
    return Date.now() - this.skew
  }
}
