"""Scoring: the definition as form and as text, what it would change, its versions, and the test
whether scores predict what happens.
"""

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

import streamlit as st
from sqlalchemy import func, select
from streamlit.delta_generator import DeltaGenerator

from dashboard.access.account import here
from dashboard.data.reading import reading
from dashboard.data.source import primary
from dashboard.filters.from_url import say_ignored
from dashboard.filters.offers import counted
from dashboard.screens.scoring.effect import say_effect, say_fits
from dashboard.screens.scoring.form import form
from dashboard.screens.scoring.proof import proof
from dashboard.widgets.going import go_to
from dashboard.widgets.style import heading
from dashboard.widgets.times import moment
from models.audit import AuditError, recorded
from models.facts.titles.meaning import DEPARTMENTS, SENIORITIES
from models.scoring import versions
from models.scoring.definition import Definition, DefinitionError
from models.scoring.intent import PAGEVIEW
from models.scoring.preview import Effect, Fits, Sample, effect, fits, sample_of
from models.scoring.versions import Version
from models.tables import PAGE_EVENT

_DRAFT, _EDITED = "scoring_draft", "scoring_text"
"""State keys: the text that the form begins with; the text's field."""

_SEEN = "scoring_seen"
"""What the text would change, as far as it was looked at."""

_LOOKED_MS = 300_000
"""How long that may be shown."""

_SIGNALS_OF = 50_000
"""Page events that are searched for signals."""

_MOST_OFFERED = 200
_WORDS = {"seniority": SENIORITIES, "department": DEPARTMENTS}
_OFFERED = {
    "seniority": "seniority", "department": "department", "industry": "industry",
    "country": "company_country", "funding": "funding", "page": "page",
}  # fmt: skip
"""The filter that suggests a criterion's values."""


def _page() -> None:
    heading("Scoring", "Who is worth calling: who they are (fit) and what they do (intent).")
    say_ignored()
    with reading() as db:
        history, in_force = versions.history(db), versions.in_force(db).version
    newest = history[0]
    if newest.number != in_force:
        st.info(
            f"Version {newest.number} is being prepared: leads are being scored in the "
            f"background. Until that is done, everything uses version {in_force}."
        )
    draft = st.session_state.setdefault(_DRAFT, newest.text)
    edit, look = st.columns([3, 2], gap="large")
    with edit:
        text = _edit(draft)
    with look:
        _say_and_save(text, newest)
    _versions(history, in_force)
    proof()


def _edit(draft: str) -> str:
    """The definition in the one way or the other: each begins with what the other said last."""
    way = st.segmented_control(
        "Edit as", ("Form", "Text"), default="Form", required=True, key="scoring_way"
    )
    try:
        definition = Definition.parse(draft)
    except DefinitionError as error:
        way = "Text"
        st.warning(f"The form can't show this text: {error}.")
    if way == "Text":
        return _as_text(draft)
    began = st.session_state.setdefault("scoring_form", draft)
    if draft != st.session_state.get("scoring_form_said", began):
        began = st.session_state["scoring_form"] = draft  # a text other than the form's own
        definition = Definition.parse(draft)
    else:
        definition = Definition.parse(began)
    text = form(definition, _offers(), f"scoring_{_sum(began)}")
    if text != draft and _means_more(text, draft):
        st.session_state[_DRAFT] = st.session_state["scoring_form_said"] = text
        return text
    return draft


def _as_text(draft: str) -> str:
    """The field of the text: the same one for as long as nobody else changes it, or the one before
    would stand below it, pale, until all is looked at.
    """
    field: _Field | None = st.session_state.get(_EDITED)
    is_there = field is not None and f"{_EDITED}_{field.number}" in st.session_state
    if field is None or not is_there or field.said != draft:
        field = _Field(0 if field is None else field.number + 1, draft, draft)
    key = f"{_EDITED}_{field.number}"
    text = st.text_area("Definition (TOML)", field.began, height=520, key=key)
    st.session_state[_EDITED] = field._replace(said=text)
    st.session_state[_DRAFT] = text
    return text


class _Field(NamedTuple):
    """A field of the text, what it began with, and what it said last."""

    number: int
    began: str
    said: str


def _means_more(text: str, draft: str) -> bool:
    """Whether a form's text differs from the draft in meaning, not only in spelling."""
    try:
        return Definition.parse(text) != Definition.parse(draft)
    except DefinitionError:
        return True


def _sum(text: str) -> int:
    return zlib.crc32(text.encode())


@st.cache_data(ttl=300, show_spinner=False, max_entries=1)
def _offers() -> dict[str, dict[str, int]]:
    """Values from the data for the form, with counts, most frequent first."""
    found: dict[str, dict[str, int]] = {}
    with reading() as db:
        for name, of in _OFFERED.items():
            counts, _ = counted(db, of, "leads")
            some = [(value, count) for value, count in counts.most_common(_MOST_OFFERED) if value]
            found[name] = dict(some) | {word: counts[word] for word in _WORDS.get(name, ())}
        some_events = select(PAGE_EVENT.c.signal).limit(_SIGNALS_OF).subquery()
        signal = some_events.c.signal
        query = select(signal, func.count()).where(signal.is_not(None), signal != PAGEVIEW)
        counted_signals = db.execute(query.group_by(signal).order_by(func.count().desc()))
        found["signal"] = {row[0]: row[1] for row in counted_signals}
    return found


def _say_and_save(text: str, newest: Version) -> None:
    st.subheader("What it changes", anchor=False)
    try:
        definition = Definition.parse(text)
    except DefinitionError as error:
        st.error(f"{error}.")
        return
    if text == newest.text:
        st.caption(
            f"This is version {newest.number}, unchanged. Edit it to see what a change would do."
        )
        return
    picture, whole, progress = st.empty(), st.empty(), st.empty()
    looks = _looks(definition, text, newest, progress)
    _draw(next(looks), picture, whole)
    note = st.text_input("Note", max_chars=versions.LONGEST_NOTE, placeholder="Why")
    with st.container(horizontal=True):
        if st.button("Save as a new version", type="primary"):
            _save(text, note)
        if st.button("Undo changes"):
            _begin_with(newest.text)
    # The first picture and the buttons are there; what takes longer comes in its place.
    for found in looks:
        _draw(found, picture, whole)


@dataclass
class _Seen:
    """Everything a text would change, cached so that writing a note does not mean waiting again."""

    of: tuple[str, int, int]
    effect: Effect
    fits: Fits


def _looks(
    definition: Definition, text: str, newest: Version, progress: DeltaGenerator
) -> Iterator[Effect | Fits]:
    """Work out what a text would change: for a sample, then for everybody."""
    moment = int(time.time() * 1000)
    of = (text, newest.number, moment // _LOOKED_MS)
    seen: _Seen | None = st.session_state.get(_SEEN)
    if seen and seen.of == of:
        yield from (seen.effect, seen.fits)
        return

    def on_part(done: float) -> None:
        # Also the moment at which a click ends this run.
        progress.progress(min(1.0, done), "Looking at the leads…")

    with reading() as db:
        found = effect(db, _sample(), definition, moment, on_part)
        yield found
        whole = fits(db, definition, on_part)
    progress.empty()
    st.session_state[_SEEN] = _Seen(of, found, whole)
    yield whole


@st.cache_data(ttl=300, show_spinner=False, max_entries=1)
def _sample() -> Sample:
    with reading() as db:
        return sample_of(db)


def _draw(found: Effect | Fits, picture: DeltaGenerator, whole: DeltaGenerator) -> None:
    if isinstance(found, Fits):
        with whole.container():
            say_fits(found)
        return
    with picture.container():
        opened = say_effect(found)
    if opened:
        go_to(f"/leads?lead={quote(opened, safe='')}")


def _save(text: str, note: str) -> None:
    who = here().who
    try:
        with recorded(primary(), who, "scoring set"):
            versions.save(primary(), text, who, note)
    except AuditError as error:
        st.error(str(error))
        return
    _begin_with(text)


def _begin_with(text: str) -> None:
    for name in ("scoring_form", "scoring_form_said"):
        st.session_state.pop(name, None)
    st.session_state[_DRAFT] = text
    st.rerun()


def _versions(history: list[Version], in_force: int) -> None:
    st.subheader("Versions", anchor=False)
    for one in history[:20]:
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"scoring_{one.number}"
        ):
            mark = " · in use" if one.number == in_force else ""
            st.markdown(f"**{one.number}**{mark}", width="content")
            st.text(f"{moment(one.at)} by {one.author}" + (f": {one.note}" if one.note else ""))
            if one.number != history[0].number and st.button(
                "Restore", key=f"scoring_back_{one.number}", type="tertiary"
            ):
                _save(one.text, f"As version {one.number}")


_page()
