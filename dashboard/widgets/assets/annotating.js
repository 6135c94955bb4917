// Annotating a lead: owner and status. Only a button or a key does it, with a POST.

const UNREACHED = "Visitor Desk does not answer right now. Try again in a moment."

// The result: whether it was done, and a sentence.
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

// Who has a lead, as the viewer reads it; `me` is the viewer's own name as an owner.
function ownerText(owner, me) {
  return owner === me ? "You" : owner.split("@")[0]
}

// A mark with the owner, or a button for taking the lead, which calls `take`.
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

// Owner and status of a lead, with ways to change them; `after` gets the result. A change shows at
// once, and the server's next message confirms it.
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
