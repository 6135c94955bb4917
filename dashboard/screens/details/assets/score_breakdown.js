// Why somebody is worth calling: the grade with its sentence, and what fit and intent are made of.

function fillGrade(line, why) {
  const mark = make("span", `grade grade-${gradeLetter(why.grade)}`, line)
  put(mark, why.grade, `Fit ${why.fit}${why.fit_known}; intent ${why.intent}; version ${why.version}`)
  makeText("span", "sentence", line, why.sentence)
}

function fillScores(place, why, tell, title = "Fit and intent") {
  const section = makeSection(place, title)
  const head = (title, score, more) => {
    const line = make("div", "line score", section)
    make("h3", "", line).textContent = title
    make("span", "strong", line).textContent = score
    if (more) make("span", "note", line).textContent = more
  }
  head("Fit", why.fit, why.parts.length ? why.fit_known.replace(/^, /, "") : "the definition has no criteria here")
  fillRows(section, why.parts.map(part => ({ ...part, name: part.label, value: part.points })), tell)
  head("Intent", why.intent, why.given.length ? "points now and originally" : "nothing recently")
  fillRows(section, why.given.map(one => ({ ...one, name: one.text, text: one.who ?? null, value: one.now === one.then ? one.now : `${one.now} of ${one.then}` })), tell)
  if (why.more) make("p", "note", section).textContent = `and ${numberText(why.more)} older`
  const foot = make("p", "note", section)
  foot.textContent = `Scored by version ${why.version}`
}

function fillRows(section, rows, tell) {
  if (!rows.length) return
  const list = make("ul", "parts", section)
  for (const row of rows) {
    const item = make("li", "part", list)
    const what = make("div", "", item)
    if (row.page) makeAddress(what, row.page, row.name)
    else makeText("span", "", what, row.name)
    if (row.text != null) makeText("span", "note", what, ` ${row.text}`)
    if (row.delivery) makeSource(what, row.name, () => tell("source", row.delivery))
    if (row.ms != null) makeTime(make("div", "note", what), row.ms)
    make("div", "worth", item).textContent = row.value
  }
}
