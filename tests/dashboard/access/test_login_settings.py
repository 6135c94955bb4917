"""The login's settings: whole or refused in words, and never a public address without one."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from dashboard.access.login_settings import (
    refuse_half_a_login,
    refuse_public_address,
    streamlit_secrets,
)
from models.settings import Settings
from tests.dashboard.access.login import LOGIN


def _settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_login(host: str) -> None:
    refuse_public_address(_settings(dashboard_host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "desk.example.com", ""])
def test_a_public_address_without_login_is_refused_and_the_setting_named(host: str) -> None:
    with pytest.raises(ValueError, match=r"OIDC_METADATA_URL.*DASHBOARD_HOST=127\.0\.0\.1"):
        refuse_public_address(_settings(dashboard_host=host))


def test_a_public_name_without_login_is_refused_too() -> None:
    with pytest.raises(ValueError, match=r"DASHBOARD_URL is https://desk\.example\.com"):
        refuse_public_address(_settings(dashboard_url="https://desk.example.com"))


@pytest.mark.parametrize(
    "given", [{"dashboard_trust_network": True}, LOGIN], ids=["trust", "login"]
)
def test_a_network_that_is_vouched_for_or_a_login_is_enough(given: dict[str, Any]) -> None:
    refuse_public_address(_settings(dashboard_host="0.0.0.0", **given))


@pytest.mark.parametrize("name", [name for name in LOGIN if not name.startswith("role_")])
def test_half_a_login_is_refused_and_what_is_missing_named(name: str) -> None:
    half = {given: value for given, value in LOGIN.items() if given != name}
    with pytest.raises(ValueError, match=f"half set up: {name.upper()} is missing"):
        refuse_half_a_login(_settings(**half))


def test_a_login_that_lets_nobody_in_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ROLE_OPS=you@example\.com"):
        refuse_half_a_login(_settings(**LOGIN | {"role_ops": ""}))


@pytest.mark.parametrize("entry", ["ann", "@", "ann@", "ann@a@b", "ann b@example.com"])
def test_a_role_for_what_is_no_address_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="ROLE_VIEWER must be email addresses or @domain"):
        refuse_half_a_login(_settings(**LOGIN, role_viewer=f"bob@example.com, {entry}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dashboard_url", "http://desk.example.com"),
        ("dashboard_url", "desk.example.com"),
        ("dashboard_url", "https://desk.example.com/desk"),
        ("dashboard_url", "https://me:hunter2@desk.example.com"),
        ("oidc_metadata_url", "http://id.example.com/.well-known/openid-configuration"),
        ("dashboard_cookie_secret", "hunter2"),
        ("trusted_proxies", "*"),
        ("trusted_proxies", "proxy.example.com"),
        ("sign_in_hours", "0"),
    ],
)
def test_a_setting_that_would_be_unsafe_is_refused_without_its_value(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        _settings(**{name: value})
    assert refusal.value.errors()[0]["loc"] == (name,)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("show", [str, repr])
def test_settings_never_show_a_secret(show: Callable[[object], str]) -> None:
    assert "hunter2" not in show(_settings(**LOGIN | {"oidc_client_secret": "hunter2"}))


def test_the_public_name_is_a_known_host() -> None:
    assert "desk.example.com" in _settings(dashboard_url="https://Desk.example.com:8443/").hosts()


def test_without_a_login_streamlit_is_told_nothing() -> None:
    assert streamlit_secrets(_settings(dashboard_url="http://localhost:8501")) is None
