// What a company's fit and intent are made of, as on a lead's page.

export default function companyScores({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".details")
  const drawn = JSON.stringify(data)
  if (root.drawn === drawn) return
  root.drawn = drawn
  root.classList.toggle("sealed", !data.raw)
  root.replaceChildren()
  fillScores(root, data.why, setTriggerValue, "What it is based on")
}
