// Goes once to where a button that was pressed leads.

export default function goToScreen({ data, parentElement }) {
  const here = parentElement.querySelector("span")
  if (here.dataset.went) return
  here.dataset.went = "yes"
  goTo(data.href)
}
