"""Actions on this page: recorded before they are done, with the result shown on the next run."""

from collections.abc import Callable

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import here
from dashboard.access.roles import Role
from dashboard.data.reading import AWAY
from dashboard.data.source import primary
from dashboard.errors import answer_to
from models.audit import AuditError, recorded
from models.rules.destinations import DestinationError
from models.rules.rules import RuleError
from models.rules.sealing import SealError

_SAID = "rules_said"


def act(  # noqa: PLR0917 - a callback's arguments come by their place
    need: Role,
    what: str,
    said: dict[str, str],
    check: Callable[[Connection], object],
    do: Callable[[Connection], object],
    done: str,
) -> bool:
    """Do something that changes rules, destinations or messages; returns whether it was done.

    `check` tests whether it is possible before it is recorded: it raises what `do` would.
    """
    # A callback runs before the page checks the role again.
    if not here().may(need):
        st.session_state[_SAID] = (False, "This needs another role.")
        return False
    try:
        with primary().read() as db:
            check(db)
        with recorded(primary(), here().who, what, said=said) as entry:
            with primary().write() as db:
                do(db)
            entry.count(1)
    except (RuleError, DestinationError, SealError) as error:
        st.session_state[_SAID] = (False, f"{error}.")
        return False
    except AuditError as error:
        st.session_state[_SAID] = (False, str(error))
        return False
    except SQLAlchemyError as error:
        st.session_state[_SAID] = (False, answer_to(error, AWAY).sentence)
        return False
    st.session_state[_SAID] = (True, done)
    return True


def nothing_to_check(_db: Connection) -> None:
    """For what is always possible."""


def say_what_was_done() -> None:
    """The result of the last action."""
    is_well, sentence = st.session_state.pop(_SAID, (True, ""))
    if sentence:
        (st.success if is_well else st.warning)(sentence)
