// One session's page. Python says what to show; all text of the data is set as text.

export default function sessionPage({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".one")
  const drawn = JSON.stringify(data)
  if (root.drawn === drawn) return
  root.drawn = drawn
  root.classList.toggle("sealed", !data.raw)
  const [top, visits] = root.children
  top.replaceChildren()
  visits.replaceChildren()
  const names = make("div", "names", top)
  makeText("h1", "", names, data.who)
  if (data.role) makeText("p", "role", names, data.role)
  const link = makeText("a", "link strong", make("p", "outlink", names), data.link)
  link.href = `leads?lead=${encodeURIComponent(data.lead)}`
  link.onclick = event => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
    event.preventDefault()
    goTo(`/leads?lead=${encodeURIComponent(data.lead)}`)
  }
  makeFacts(top, data.marks, setTriggerValue, "marks")
  makeVisit(visits, data.visit, data, setTriggerValue).querySelector(":scope > details").open = true
}
