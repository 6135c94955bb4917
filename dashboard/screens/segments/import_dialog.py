"""Importing a list: first what in the file matches, what does not and why, then the list."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.dialog import dialog_for
from dashboard.access.roles import SEGMENTS
from dashboard.data.reading import AWAY
from dashboard.data.settings import now, settings
from dashboard.data.source import primary, source
from dashboard.widgets.words import as_code
from models.audit import AuditError, changing
from models.kept_out.names import KeyFileError, barred_names
from models.kept_out.sweeping import barred_among
from models.segments import lists
from models.segments.list_files import ListFile, read_list
from models.segments.naming import LONGEST_NAME, NotSavedError
from models.storage.transient import is_lost

_SHOWN = 20
_NOUNS = {"domain": "domains", "address": "addresses", "profile": "LinkedIn profiles"}


@dialog_for(
    SEGMENTS, "Import a list", "This needs the role ops.", icon=":material/upload:", large=True
)
def import_list() -> None:
    """Ask for a file and a name, show the result, and save it."""
    given = st.file_uploader(
        "CSV of domains, email addresses or LinkedIn URLs",
        type=["csv", "txt", "tsv"],
        help="Further columns may be named date, owner and label.",
    )
    if given is None:
        return
    try:
        found = read_list(given.getvalue(), now())
    except NotSavedError as error:
        st.text(f"{str(error).capitalize()}.")
        return
    if not _preview(found):
        return
    with st.form("list", border=False):
        stem = given.name.rpartition(".")[0] or given.name
        name = st.text_input("Name", value=stem[:LONGEST_NAME], max_chars=LONGEST_NAME)
        quiet = st.toggle("Quiet", value=True, help="Its people stay out of Live and of messages.")
        if st.form_submit_button("Import", type="primary", width="stretch"):
            _keep(name, found, quiet=quiet)


def _preview(found: ListFile) -> bool:
    """Say what in a file matches, what does not and why; returns whether anything can be used."""
    if not found.entries:
        for line in found.lines():
            st.text(f"{line}.")
        st.text("Nothing in the file can be used.")
        return False
    try:
        with source().read() as db:
            pairs = list(lists.matched(db, found.entries))
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        st.warning(AWAY, icon=":material/cloud_off:")
        return False
    leads, met = {lead for _, lead in pairs}, {value for value, _ in pairs}
    kinds = ", ".join(f"{count:,} {_NOUNS[kind]}" for kind, count in sorted(found.kinds().items()))
    st.markdown(f"**{len(leads):,} leads** are on it now · {kinds} in {as_code(found.column)}")
    lines = [
        f"{len(found.entries) - len(met):,} entries match nobody so far",
        *found.lines(),
    ]
    for line in lines:
        st.text(f"{line}.")
    if found.unread:
        with st.expander("Rows left out"):
            for number, text in found.unread[:_SHOWN]:
                st.text(f"{number:,}: {text or '(empty)'}")
    return True


def _keep(name: str, found: ListFile, *, quiet: bool) -> None:
    said = {"name": name, "quiet": "yes" if quiet else "no"}
    try:
        database = primary()
        with database.read() as db:
            barred = barred_among(db, barred_names(database, settings().ignoring()), found.entries)
        entries = {value: one for value, one in found.entries.items() if value not in barred}
        bar = st.progress(0.0)

        def show(done: int, total: int) -> None:
            bar.progress(done / total)

        with changing(database, here().who, "list import", said=said) as (db, entry):
            lists.keep(
                db,
                name,
                entries,
                quiet=quiet,
                on_progress=show,
            )
            entry.rows = len(entries)
    except (NotSavedError, AuditError, KeyFileError) as error:
        st.text(f"{str(error).rstrip('.').capitalize()}.")
    except SQLAlchemyError as error:
        if not is_lost(error):
            raise
        st.warning(AWAY, icon=":material/cloud_off:")
    else:
        st.toast(f"Imported {len(entries):,} entries.", icon=":material/check:")
        st.rerun()
