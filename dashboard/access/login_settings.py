"""The login's settings: when they are complete, and what must not start without a login."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from dashboard.access.roles import granted, misspelt
from models.settings import Settings, is_loopback

_NEEDED = (
    "oidc_metadata_url",
    "oidc_client_id",
    "oidc_client_secret",
    "dashboard_url",
    "dashboard_cookie_secret",
)


def refuse_half_a_login(settings: Settings) -> None:
    """Check that a login has all its settings, and lets somebody in.

    Raises `ValueError`, naming the setting to change.
    """
    if wrong := misspelt(settings):
        raise ValueError(
            f"{wrong} must be email addresses or @domain, separated by commas: "
            "ann@example.com, @example.com."
        )
    if not settings.has_login():
        return
    missing = [name.upper() for name in _NEEDED if not getattr(settings, name)]
    if missing:
        raise ValueError(
            f"The login is only half set up: {', '.join(missing)} is missing. Set it, or remove "
            "the other login settings; without a login, only this machine can open the "
            "dashboard."
        )
    if not granted(settings):
        raise ValueError(
            "Nobody could get in. Give somebody a role, starting with yourself: "
            "ROLE_OPS=you@example.com."
        )


def refuse_public_address(settings: Settings) -> None:
    """Without a login, only loopback is private.

    Raises `ValueError`, naming the setting to change, if the dashboard can be reached from
    elsewhere, by its own address or by `DASHBOARD_URL`, and nobody has vouched for the network.
    """
    if settings.has_login() or settings.dashboard_trust_network:
        return
    if not is_loopback(settings.dashboard_host):
        where = f"DASHBOARD_HOST is {settings.dashboard_host}"
        instead = "DASHBOARD_HOST=127.0.0.1"
    elif settings.dashboard_url and not is_loopback(
        urlsplit(settings.dashboard_url).hostname or ""
    ):
        where = f"DASHBOARD_URL is {settings.dashboard_url}"
        instead = "no DASHBOARD_URL"
    else:
        return
    raise ValueError(
        f"{where}, which others can reach, and no login is configured. Set OIDC_METADATA_URL and "
        f"the other login settings; or {instead}; or, if nobody else can reach that network (a "
        "container whose port is published on 127.0.0.1 only, for example), "
        "DASHBOARD_TRUST_NETWORK=1."
    )


def streamlit_secrets(settings: Settings) -> dict[str, Any] | None:
    """What `st.login` needs from Streamlit's secrets, passed in memory; None without a login."""
    if not settings.has_login():
        return None
    return {
        "auth": {
            "redirect_uri": f"{settings.dashboard_url}/oauth2callback",
            "cookie_secret": _plain(settings.dashboard_cookie_secret),
            "client_id": settings.oidc_client_id or "",
            "client_secret": _plain(settings.oidc_client_secret),
            "server_metadata_url": settings.oidc_metadata_url or "",
        }
    }


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
