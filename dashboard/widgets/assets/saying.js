// Saying something of a lead: who has it, how far it is. Only a button or a key says it, by a POST.

const UNREACHED = "Visitor Desk does not answer right now. Try again in a moment."

// What came of it: whether it was said, and a sentence.
async function sayOf(key, say, value) {
  try {
    const answer = await fetch("/api/say", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ say, leads: [key], value }),
    })
    const told = await answer.json()
    return { isSaid: answer.ok && told.leads > 0, detail: told.detail, owner: told.owner }
  } catch {
    return { isSaid: false, detail: UNREACHED }
  }
}

// Who has a lead, for who reads it: `me` is how an owner is written who is that one.
function ownerText(owner, me) {
  return owner === me ? "You" : owner.split("@")[0]
}

// A mark of the owner, or a button that takes; `take` is called by it.
function makeOwner(parent, take) {
  const place = make("span", "owner", parent)
  const button = make("button", "take", place)
  button.type = "button"
  button.textContent = "Take"
  button.title = "Take this lead (t)"
  button.onclick = event => {
    event.stopPropagation()
    take()
  }
  const mark = make("span", "mine", place)
  return { place, button, mark }
}

function fillOwner({ button, mark }, owner, me) {
  button.hidden = Boolean(owner)
  mark.hidden = !owner
  if (!owner) return
  mark.className = owner === me ? "mine of-me" : "mine"
  put(mark, ownerText(owner, me), `Taken by ${owner === me ? "you" : owner}`)
}

// Who has a lead and how far it is, with ways to say so; `after` hears what came of it. What was
// said stands there at once: the next word of the server confirms it.
function fillWhose(place, data, after = () => {}) {
  const drawn = JSON.stringify([data.key, data.owner, data.status, data.me])
  if (place.dataset.drawn === drawn) return
  place.dataset.drawn = drawn
  place.replaceChildren()
  const told = make("span", "note told", null)
  told.role = "status"
  const say = async (what, value) => {
    const done = await sayOf(data.key, what, value)
    told.textContent = done.isSaid ? "" : done.detail
    if (done.isSaid && what === "take") fillOwner(owner, data.me, data.me)
    if (done.isSaid && what === "let_go") fillOwner(owner, null, data.me)
    letGo.hidden = !(done.isSaid ? what === "take" : data.owner)
    after(done)
  }
  const owner = makeOwner(place, () => say("take"))
  owner.button.textContent = "Take this lead"
  fillOwner(owner, data.owner, data.me)
  const letGo = make("button", "take let-go", place)
  letGo.type = "button"
  letGo.textContent = "Release"
  letGo.hidden = !data.owner || !(data.owner === data.me || data.takes_away)
  letGo.onclick = () => say("let_go")
  const status = make("select", "status", place)
  status.ariaLabel = "Status"
  for (const [word, label] of Object.entries(data.statuses)) {
    const option = make("option", "", status)
    option.value = word
    option.textContent = label
  }
  status.value = data.status
  status.onchange = () => say("status", status.value)
  place.append(told)
}
