// The menu below a pill: a field to type in and a list below it, for pointer and keyboard. A native
// popover: it is on top of everything, and a click elsewhere or Escape closes it.

const MENU_GAP_PX = 4, MENU_EDGE_PX = 8, MENU_LEAST_PX = 240

// A list of options that the arrow keys move through while the focus stays in the field above it.
class Options {
  constructor(list, field, choose) {
    this.list = list
    this.field = field
    this.choose = choose
    this.active = -1
    field?.setAttribute("aria-controls", list.id)
  }

  // `groups`: [title or null, [{ label, count, value, isChosen, hint }]].
  draw(groups, { isSeveral = false, isKept = false } = {}) {
    const before = isKept ? this.all?.[this.active]?.dataset.value : undefined
    this.list.replaceChildren()
    this.list.ariaMultiSelectable = String(isSeveral)
    this.options = []
    for (const [title, options] of groups) {
      if (!options.length) continue
      const group = make("div", "group", this.list)
      group.role = "group"
      group.ariaLabel = title || "Values"
      if (title) {
        const head = make("div", "group-title", group)
        head.textContent = title
        head.ariaHidden = "true"
      }
      for (const option of options) this.drawOption(group, option, isSeveral)
    }
    this.all = [...this.list.querySelectorAll("[role=option]")]
    const kept = this.all.findIndex(node => before !== undefined && node.dataset.value === before)
    this.move(kept >= 0 ? kept : this.field?.value ? 0 : -1)
  }

  drawOption(group, option, isSeveral) {
    const node = make("div", "option", group)
    const place = this.options.push(option) - 1
    node.role = "option"
    node.id = `${this.list.id}-${place}`
    node.dataset.value = option.value
    node.ariaSelected = String(Boolean(option.isChosen))
    if (isSeveral) {
      const tick = make("span", "tick", node)
      tick.ariaHidden = "true"
      tick.textContent = option.isChosen ? "✓" : ""
    }
    const label = make("bdi", "label", node)
    label.textContent = option.label
    if (option.hint || option.label.length > 40) node.title = option.hint ?? option.label
    if (option.count !== undefined && option.count !== null) {
      make("span", "count", node).textContent = numberText(option.count)
    }
    // The field keeps the focus.
    node.onpointerdown = event => event.preventDefault()
    node.onclick = () => this.choose(option)
  }

  move(to) {
    this.all[this.active]?.classList.remove("active")
    this.active = Math.max(-1, Math.min(to, this.all.length - 1))
    const node = this.all[this.active]
    node?.classList.add("active")
    node?.scrollIntoView({ block: "nearest" })
    if (node) this.field?.setAttribute("aria-activedescendant", node.id)
    else this.field?.removeAttribute("aria-activedescendant")
  }

  // Whether the key was one of the list's own.
  key(event) {
    if (event.key === "ArrowDown") this.move(this.active + 1)
    else if (event.key === "ArrowUp") this.move(Math.max(0, this.active - 1))
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.options[this.active])
    else return false
    event.preventDefault()
    return true
  }
}

class Menu {
  constructor(root, id) {
    this.box = root.querySelector(".menu")
    this.id = id
    this.root = root
    this.place = this.place.bind(this)
    this.box.addEventListener("toggle", event => {
      if (event.newState === "closed") this.closed()
    })
    this.box.addEventListener("keydown", event => {
      if (event.key !== "Escape") return
      event.preventDefault()
      this.close({ isGivenUp: true })
    })
  }

  get isOpen() {
    return this.box.matches(":popover-open")
  }

  // `find` returns the button it belongs to, even after the bar was drawn again; `done` is called
  // at the end, with whether it was cancelled.
  open(find, label, fill, done = () => {}) {
    const isOpen = this.isOpen
    // One menu leads to the next: nothing closes in between, and no button gets the focus.
    if (isOpen) this.isGivenUp = true
    // Or the click that opens this one has just closed the other, which is reported only later.
    this.closed()
    this.find = find
    this.done = done
    this.isGivenUp = this.isByHand = false
    this.box.replaceChildren()
    this.box.ariaLabel = label
    fill(this.box)
    if (!isOpen) this.box.showPopover()
    find()?.setAttribute("aria-expanded", "true")
    this.place()
    addEventListener("scroll", this.place, true)
    addEventListener("resize", this.place)
    this.box.querySelector("input, button, [tabindex]")?.focus()
  }

  close({ isGivenUp = false } = {}) {
    if (!this.isOpen) return
    this.isGivenUp = isGivenUp
    this.isByHand = true
    this.box.hidePopover()
    this.closed()
  }

  closed() {
    const done = this.done
    if (!done) return
    this.done = null
    removeEventListener("scroll", this.place, true)
    removeEventListener("resize", this.place)
    const button = this.find()
    button?.setAttribute("aria-expanded", "false")
    // Closed by a click elsewhere, the focus is there.
    if (this.isByHand) button?.focus()
    done(this.isGivenUp)
  }

  place(event) {
    const anchor = this.find?.()
    if (!anchor || (event?.target instanceof Node && this.box.contains(event.target))) return
    const at = anchor.getBoundingClientRect()
    const below = innerHeight - at.bottom - MENU_GAP_PX - MENU_EDGE_PX
    const above = at.top - MENU_GAP_PX - MENU_EDGE_PX
    const isBelow = below >= MENU_LEAST_PX || below >= above
    this.box.style.maxHeight = `${Math.max(isBelow ? below : above, 120)}px`
    const left = Math.min(at.left, innerWidth - this.box.offsetWidth - MENU_EDGE_PX)
    this.box.style.left = `${Math.max(MENU_EDGE_PX, left)}px`
    this.box.style.top = isBelow ? `${at.bottom + MENU_GAP_PX}px` : "auto"
    this.box.style.bottom = isBelow ? "auto" : `${innerHeight - at.top + MENU_GAP_PX}px`
  }

  // A field with a list below it.
  combobox(box, label, placeholder) {
    const field = make("input", "field", box)
    field.type = "text"
    field.role = "combobox"
    field.ariaLabel = label
    field.ariaExpanded = "true"
    field.ariaAutoComplete = "list"
    field.placeholder = placeholder
    field.autocomplete = "off"
    field.spellcheck = false
    field.maxLength = 500
    return field
  }

  listbox(box, label) {
    const list = make("div", "choices", box)
    list.role = "listbox"
    list.ariaLabel = label
    list.id = `${this.id}-list`
    list.tabIndex = -1
    return list
  }
}
