"""Who is asking: the signed-in account of a script run or a request, looked up anew each time."""

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import streamlit as st
from starlette.requests import Request

# Private, but the only way to the cookie that `st.login` writes: the release is pinned, and tests
# check that forged and expired cookies are refused.
from streamlit.web.server.starlette.starlette_auth_routes import _get_cookie_value_from_request
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.access.roles import Role, role_of
from dashboard.access.sign_outs import SignOuts
from dashboard.data.settings import settings
from models.audit import LOCAL

Claims = Mapping[str, Any]
"""What the provider said about somebody, as `st.login` keeps it in a signed cookie."""

_HOUR_S = 3600
_NEVER_S = 1e11


class Account(NamedTuple):
    """Whoever is asking. Without a `role` they get in nowhere, and `refusal` says why.

    `is_over`: they had signed in, but too long ago.
    """

    role: Role | None
    address: str = ""
    refusal: str = ""
    is_signed_in: bool = False
    is_over: bool = False

    @property
    def who(self) -> str:
        """Their name in the audit log."""
        return self.address or LOCAL

    def may(self, need: Role) -> bool:
        """Whether the role is this one or a higher one."""
        return self.role is not None and self.role >= need


ANYBODY = Account(Role.OPS)
"""Whoever is asking if there is no login: only this machine can."""

ANONYMOUS = Account(None, refusal="Sign in to see this.")
_AGAIN = "You signed in a while ago. Sign in again to continue."
_NO_ADDRESS = "Your sign-in service did not say what your email address is."
_UNVERIFIED = "Your sign-in service has not verified that this address is yours."
_NO_ROLE = (
    "This address has no access yet. Ask whoever runs Visitor Desk for you to add it to a role."
)

_sign_outs = SignOuts()
"""Logins that were ended early.

The cookie itself would remain valid: other tabs hold it, and so does anybody who copied it.
"""


def here() -> Account:
    """Who runs this script."""
    return account(st.user.to_dict()) if settings().has_login() else ANYBODY


def of_request(request: Request) -> Account:
    """Who sent a request to one of our own routes."""
    return account(claims_of(request))


def claims_of(request: Request) -> Claims:
    """What the request's cookie says; nothing if it is forged, expired or for another address."""
    if not settings().has_login():
        return {}
    signed = _get_cookie_value_from_request(request, USER_COOKIE_NAME)
    said = json.loads(signed) if signed else None
    return said if isinstance(said, dict) and said.get("origin") == settings().dashboard_url else {}


def account(claims: Claims) -> Account:
    """Whose claims these are, and the role they have at this moment."""
    if not settings().has_login():
        return ANYBODY
    if not claims.get("is_logged_in") or _sign_outs.has(_key(claims)):
        return ANONYMOUS
    issued = _issued(claims)
    if issued is None or _ends(issued) < time.time():
        return Account(None, refusal=_AGAIN, is_over=True)
    address = claims.get("email")
    if not isinstance(address, str) or "@" not in address:
        return Account(None, refusal=_NO_ADDRESS, is_signed_in=True)
    if not _is_verified(claims):
        return Account(None, address, _UNVERIFIED, is_signed_in=True)
    role = role_of(address)
    return Account(role, address, "" if role else _NO_ROLE, is_signed_in=True)


def sign_out(claims: Claims) -> None:
    """End a login everywhere: in other tabs, on other dashboards, and for copies of its cookie."""
    issued = _issued(claims)
    if issued is not None:
        _sign_outs.add(_key(claims), int(_ends(issued) * 1000))


def _issued(claims: Claims) -> float | None:
    """When somebody signed in (Unix s); None if the claims don't say."""
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or not -_NEVER_S < issued < _NEVER_S:
        return None
    return float(issued)


def _is_verified(claims: Claims) -> bool:
    """Whether the provider says, or leaves open, that an address is theirs; anything unexpected
    means no."""
    said = claims.get("email_verified", True)
    return said is True or said == "true"


def _ends(issued: float) -> float:
    return issued + settings().sign_in_hours * _HOUR_S


def _key(claims: Claims) -> str:
    """What identifies a login: whose it is, when it began, and its one-time number."""
    named = [claims.get(name) for name in ("iss", "sub", "iat", "nonce")]
    return sha256(json.dumps(named).encode()).hexdigest()
