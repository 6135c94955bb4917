// What somebody missed: told when they come back, and in the tab's title while they are away.
// How they left Live is kept for when they come back to it without loading the page anew.

const AWAY_MS = 5 * 60_000 // whoever looked away for less has missed nothing worth a line
const POLL_MS = 30_000
const LOOKED = "visitor-desk-looked"

class Looked {
  // `address` gives the route's address with the filters; `now` is the server's clock.
  constructor(root, address, now) {
    this.find = name => root.querySelector(name)
    this.address = address
    this.now = now
    this.title = document.title
    this.silent = ""
    this.unseen = 0
    this.find(".missed .off").onclick = () => { this.find(".missed").hidden = true }
  }

  // The server's clock is known: say what came since they looked last.
  begin() {
    if (this.begun) return
    this.begun = true
    const at = this.kept()
    if (at && this.now() - at > AWAY_MS) this.say(at)
    if (document.hidden) this.leave()
    else this.note()
  }

  kept() {
    try {
      return Number(localStorage.getItem(LOOKED)) || 0
    } catch {
      return 0 // a browser that keeps nothing for us
    }
  }

  note() {
    if (!this.begun || document.hidden) return
    try {
      localStorage.setItem(LOOKED, String(Math.round(this.now())))
    } catch {
      return
    }
  }

  leave() {
    if (this.left) return
    this.left = this.now()
    this.poll = setInterval(() => this.ask(this.left), POLL_MS)
  }

  comeBack() {
    clearInterval(this.poll)
    const left = this.left
    this.left = null
    this.unseen = 0
    this.name()
    if (left && this.now() - left > AWAY_MS) this.say(left)
    this.note()
  }

  end() {
    clearInterval(this.poll)
    this.silent = ""
    this.unseen = 0
    this.name()
  }

  async fetch(since) {
    const query = this.address()
    const answer = await fetch(`${query}${query.includes("?") ? "&" : "?"}since=${Math.max(0, Math.round(since))}`)
    if (!answer.ok) throw new Error(String(answer.status))
    return answer.json()
  }

  async ask(since) {
    try {
      const missed = await this.fetch(since)
      if (!this.left) return
      this.unseen = missed.people
      this.silent = missed.silent ?? ""
      this.name()
    } catch {
      return // the next time tells
    }
  }

  async say(since) {
    try {
      const { people, hot, most } = await this.fetch(since)
      if (!people) return
      const count = people >= most ? `${numberText(most)}+ people` : people === 1 ? "1 person" : `${numberText(people)} people`
      put(this.find(".missed-said"), `Since you last looked, ${momentText(since, this.now())}: ${count}, ${numberText(hot)} hot`, "")
      this.find(".missed").hidden = false
    } catch {
      return // a line less
    }
  }

  // The tab's title: how many are new, or that nothing comes in any more.
  name() {
    const title = this.silent ? `⚠ Intake stopped · ${this.title}`
      : this.unseen ? `(${numberText(this.unseen)}) ${this.title}` : this.title
    if (document.title !== title) document.title = title
  }
}

// Whether somebody may still be on the site: heard of within half an hour, and not over.
function isHere(lead, now) {
  return !lead.over && now - lead.heard_at < 30 * 60_000
}
