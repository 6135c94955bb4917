// How text that others wrote reaches the page, in every component: by textContent and title alone.

const MISSING = "–"

function make(tag, className, parent) {
  const node = document.createElement(tag)
  node.className = className
  parent?.append(node)
  return node
}

function put(node, text, title = text) {
  const shown = text || MISSING
  if (node.textContent !== shown) node.textContent = shown
  if (title) node.title = title
  else node.removeAttribute("title")
  node.classList.toggle("missing", !text)
}

// The URL if it may be linked, else null: `javascript:` and the like are text, not links.
function webAddress(text) {
  try {
    const url = new URL(text)
    return url.protocol === "https:" || url.protocol === "http:" ? url : null
  } catch {
    return null
  }
}

// A link to another site; its href is set only to what `webAddress` returned.
function makeLink(parent) {
  const link = make("a", "link", parent)
  link.target = "_blank"
  link.rel = "noopener noreferrer"
  return link
}

// Another screen of ours, in one step of the browser's history: Streamlit hears of it as of Forward.
// When Python switches the screen there are two, and Back stops at this one without its filters.
function goTo(href) {
  history.pushState({}, "", href)
  dispatchEvent(new PopStateEvent("popstate", { state: {} }))
}

// The top of the page: what is opened within a screen begins there, wherever the list was.
function toTop() {
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0)
}

// A small button that puts a text into the clipboard and says so for a moment.
function makeCopy(parent, label, text) {
  const button = make("button", "copy", parent)
  button.type = "button"
  button.title = button.ariaLabel = `Copy ${label}`
  const says = make("span", "copied", button)
  says.role = "status"
  let timer
  button.onclick = async event => {
    event.preventDefault()
    says.textContent = (await copied(text, button)) ? "Copied" : "Not copied"
    clearTimeout(timer)
    timer = setTimeout(() => (says.textContent = ""), 2000)
  }
  return button
}

// Browsers offer the clipboard on https and on this machine; elsewhere only for selected text.
async function copied(text, beside) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = make("textarea", "", beside.parentNode)
    field.value = text
    field.select()
    const done = document.execCommand("copy")
    field.remove()
    beside.focus()
    return done
  }
}

// Initials in a box, covered by a picture once it has loaded; without one, or if it is broken, they
// stay. Python gives its address only if it may be loaded (`pictures.py`).
function fillPicture(box, initials, url, text) {
  box.textContent = initials
  box.ariaHidden = "true"
  if (!url) return
  const picture = make("img", "picture", box)
  picture.alt = text
  picture.loading = "lazy"
  picture.referrerPolicy = "no-referrer"
  picture.onload = () => {
    picture.classList.add("there")
    box.replaceChildren(picture)
    box.ariaHidden = null
  }
  picture.onerror = () => picture.remove()
  picture.src = url
}

// The entry in our own words for a text from the data; undefined if there is none. `words[text]`
// would also find what every object has: `constructor`, `__proto__`.
function wordOf(words, text) {
  return Object.hasOwn(words, text) ? words[text] : undefined
}

function fillBadge(badge, validity, words) {
  badge.hidden = !validity
  if (!validity) return
  const known = wordOf(words, validity)
  const [label, meaning] = known ?? [validity, ""]
  badge.className = `badge ${known ? validity : "unchecked"}`
  put(badge, label, meaning)
}

// The letter that a grade is coloured by.
function gradeLetter(grade) {
  return /^[A-D]/.test(grade) ? grade[0].toLowerCase() : "unknown"
}
