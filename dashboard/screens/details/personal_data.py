"""At the end of a lead's page, for ops: everything held on them as a file, and forgetting them."""

from urllib.parse import urlencode

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.dialog import dialog_for
from dashboard.access.roles import FORGET
from dashboard.data.reading import AWAY
from dashboard.data.settings import settings
from dashboard.data.source import primary
from dashboard.errors import answer_to
from dashboard.widgets import words
from dashboard.widgets.times import counted
from models import audit
from models.kept_out.erasing import Erased
from models.kept_out.names import KeyFileError
from models.personal_data.forgetting import Who, forget, preview

_SAID = "forgotten"
_WORD = "forget"
_TYPED = "forget_word"
_SHOWN = 10
"""How many leads the preview names."""

_TAKES = "Forgetting needs the role ops."
_STUCK = "Nothing was done: the receiver did not pause deriving. Try again in a moment."
_UNCLEAN = (
    "They are erased, but traces of deleted rows could not be cleaned out of the database's "
    "files. Run visitor-desk forget --again on the server."
)


def personal_data(key: str) -> None:
    """What can be done with what is held on a lead; hidden from lower roles."""
    if not here().may(FORGET):
        return
    with st.container(
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        key="personal_data",
    ):
        st.markdown(":small[:gray[Personal data]]", width="content")
        st.link_button(
            "Subject access file",
            f"/api/subject.json?{urlencode({'lead': key})}",
            icon=":material/download:",
            type="tertiary",
            help="Everything held on this person, as JSON for them to read.",
        )
        if st.button("Forget…", icon=":material/person_remove:", type="tertiary", key="forget"):
            _show_what_goes(key)


def say_what_was_done() -> bool:
    """After somebody was forgotten, say so once; False if nobody was just forgotten."""
    done = st.session_state.pop(_SAID, None)
    if done is None:
        return False
    st.success(done["said"], icon=":material/check:")
    if not done["is_clean"]:
        st.warning(_UNCLEAN)
    return True


def _show_what_goes(key: str) -> None:
    try:
        with st.spinner("Looking for everything that is held"):
            would_go = preview(primary(), Who.of_lead(key), settings().ignoring())
    except (SQLAlchemyError, TimeoutError, KeyFileError, OSError) as error:
        st.warning(_why(error))
        return
    _ask(key, would_go)


@dialog_for(FORGET, "Forget this person?", _TAKES, icon=":material/person_remove:")
def _ask(key: str, would_go: Erased) -> None:
    names = [words.who({"key": k, "full_name": n, "email": None}) for k, n in
             sorted(would_go.leads.items())]  # fmt: skip
    more = f"\nand {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    st.text(f"This will be erased for good: {_in_words(would_go)}.")
    st.code("\n".join(names[:_SHOWN]) + more, language=None, wrap_lines=True)
    st.text(
        "They are kept out from then on: whatever arrives about them later is dropped. What they "
        "share with others, such as a company's profile, is derived again from the others' "
        "events. This can't be undone."
    )
    st.text_input(f"Type {_WORD} to confirm", key=_TYPED, autocomplete="off")
    # In a callback, so that it is done before the page, which closes this dialog, is drawn again.
    if st.button("Erase for good", type="primary", key="forget_now", on_click=_forget, args=(key,)):
        if st.session_state.get(_SAID):
            st.rerun()
        st.warning(st.session_state.pop(_FAILED, f"To erase them, type {_WORD} above."))


_FAILED = "forget_failed"


def _forget(key: str) -> None:
    if st.session_state.get(_TYPED, "").strip().lower() != _WORD:
        return
    # A callback runs before the page checks the role again.
    if not here().may(FORGET):
        st.session_state[_FAILED] = _TAKES
        return
    who = Who.of_lead(key)
    try:
        with audit.recorded(primary(), here().who, "forget", names=who.named()) as entry:
            erased = forget(primary(), who, settings().ignoring())
            entry.rows = erased.deliveries.total()
    except (SQLAlchemyError, TimeoutError, KeyFileError, OSError, audit.AuditError) as error:
        st.session_state[_FAILED] = _why(error)
        return
    st.session_state[_SAID] = {"said": f"Forgotten: {_in_words(erased)}.", "is_clean": _is_clean()}


def _is_clean() -> bool:
    try:
        return primary().scrub()
    except SQLAlchemyError:
        return False


def _in_words(erased: Erased) -> str:
    return (
        f"{counted(len(erased.leads), 'lead')}, {counted(erased.sessions, 'visit')},"
        f" {erased.deliveries.total():,} deliveries"
    )


def _why(error: Exception) -> str:
    match error:
        case audit.AuditError():
            return str(error)
        case KeyFileError():
            return f"Nothing was done: {error}."
        case TimeoutError():
            return _STUCK
        case SQLAlchemyError():
            return answer_to(error, AWAY).sentence
        case _:
            return "Nothing was done: the file in FORGOTTEN_FILE can't be written."
