"""What is shown before the pages and next to them: the sign-in, refusals, whose account it is."""

import streamlit as st

from dashboard.access.account import Account, here
from dashboard.access.roles import Role
from dashboard.access.sign_in_route import FAILED
from dashboard.data.settings import settings
from dashboard.widgets.style import heading

RECHECK_S = 10
"""Time between two checks whether an open page's role is still the one it was made for."""

WHY = {
    "away": "Your sign-in service can't be reached right now. Try again in a moment.",
    "failed": (
        "Signing in did not work. Try again; if it keeps failing, tell whoever runs Visitor Desk."
    ),
}
"""Why a sign-in failed, in words."""

ROLES = {Role.VIEWER: "Viewer", Role.MARKETER: "Marketer", Role.OPS: "Ops"}

_BUTTON = """
.sign-out button {
  border: 1px solid rgba(128, 128, 128, .4); border-radius: 6px; padding: .3rem .7rem;
  background: none; color: inherit; font: inherit; cursor: pointer;
  &:hover, &:focus-visible { border-color: currentcolor; text-decoration: underline; }
}
"""
_DOOR_STYLE = f"""
<style>
{_BUTTON}
.st-key-door {{ max-width: 26rem; margin: min(16vh, 9rem) auto 0; }}
</style>
"""
# At the foot of the sidebar, below the pages.
_ACCOUNT_STYLE = f"""
<style>
{_BUTTON}
[data-testid="stSidebarContent"] {{ display: flex; flex-direction: column; min-height: 100%; }}
[data-testid="stSidebarUserContent"] {{ margin-top: auto; padding-bottom: 1.2rem; }}
[data-testid="stSidebarNavSeparator"] {{ display: none; }}
.st-key-account [data-testid="stText"] {{ overflow-wrap: anywhere; font-size: .9rem; }}
</style>
"""


def sign_in_page(account: Account) -> None:
    """For people who have not signed in, and for those whom the provider knows but who have no
    role."""
    st.html(_DOOR_STYLE)
    with st.container(key="door"):
        if account.is_signed_in:
            _say_refused(account)
        else:
            _ask(account)


def _ask(account: Account) -> None:
    heading("Sign in")
    st.text(
        "Visitor Desk shows who visits your website, to you and your colleagues only. Use your "
        "work account."
    )
    why = WHY.get(st.query_params.get(FAILED, ""))
    if why:
        st.warning(why, icon=":material/cloud_off:")
    elif account.is_over:
        st.info(account.refusal, icon=":material/schedule:")
    if st.button("Sign in", type="primary", icon=":material/login:", width="stretch"):
        st.login()


def _say_refused(account: Account) -> None:
    heading("No access")
    if account.address:
        with st.container(gap=None):
            st.caption("Signed in as")
            st.text(account.address)
    st.text(account.refusal)
    _sign_out()


def _sign_out() -> None:
    """A form, because it changes something: no link or picture on another page may trigger it."""
    st.html(
        '<form class="sign-out" method="post" action="/auth/logout">'
        "<button>Sign out</button></form>"
    )


def refused_page(title: str, need: Role, account: Account) -> None:
    """Shown in place of a page that needs a higher role than this account's."""
    heading(title)
    st.info(
        f"This page needs the role {ROLES[need].lower()}; yours is "
        f"{ROLES[account.role or Role.VIEWER].lower()}. If you need it, ask whoever runs Visitor "
        "Desk for you.",
        icon=":material/lock:",
    )


def account_box(account: Account) -> None:
    """Whose account this is, at the sidebar's foot; without a login, that there is none."""
    with st.sidebar:
        st.html(_ACCOUNT_STYLE)
        with st.container(key="account", gap="xxsmall"):
            if account.is_signed_in:
                st.text(account.address)
                st.caption(ROLES[account.role or Role.VIEWER])
                _sign_out()
            elif settings().dashboard_trust_network:
                st.caption("No login: anyone who reaches this address gets in.")
            else:
                st.caption("No login: only this machine has access.")


@st.fragment(run_every=RECHECK_S)
def watch(account: Account) -> None:
    """Run the page again as soon as the account's role is no longer the one it was made for."""
    if here() != account:
        st.rerun()
