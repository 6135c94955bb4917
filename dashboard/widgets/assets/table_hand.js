// Whether the pointer or the keyboard moves about in one of Streamlit's tables, which tell of the
// cell that is chosen but not by what. Enter on a cell is told, too.

const hands = new WeakMap()

export default function tableHand({ data, parentElement, setStateValue, setTriggerValue }) {
  const hand = hands.get(parentElement) ?? { by: null, ending: new AbortController() }
  hand.tell = by => {
    if (hand.by !== by) setStateValue("by", by)
    hand.by = by
  }
  hand.open = () => setTriggerValue("open", true)
  if (!hands.has(parentElement)) {
    hands.set(parentElement, hand)
    const isInside = event => event.composedPath().some(node => node.classList?.contains(`st-key-${data.table}`))
    const on = (name, act) =>
      document.addEventListener(name, event => { if (isInside(event)) act(event) }, { capture: true, signal: hand.ending.signal })
    on("pointerdown", () => hand.tell("pointer"))
    on("keydown", event => {
      hand.tell("keys")
      if (event.key === "Enter") hand.open()
    })
    // The Tab that leads here was pressed elsewhere.
    on("keyup", () => hand.tell("keys"))
  }
  return () => {
    hand.ending.abort()
    hands.delete(parentElement)
  }
}
