"""Whose account it is: verified addresses with a role, as the settings say at this moment."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.access.account import account, sign_out
from dashboard.access.roles import Role
from tests.dashboard.access.login import LOGIN, claims
from tests.dashboard.settings import Choose

Give = Callable[..., None]

_NOT_TRUE: list[Any] = ["false", "False", "no", "True", "", 0, 1, None, [], {}, [True]]
_NO_TIME: list[Any] = [None, [], "1", 1e300, float("nan")]


@pytest.fixture
def give(tmp_path: Path, choose: Choose, monkeypatch: pytest.MonkeyPatch) -> Give:
    """Write roles into `.env`, of a process that has a login and runs already."""
    monkeypatch.chdir(tmp_path)
    choose(**{name: value for name, value in LOGIN.items() if not name.startswith("role_")})

    def write(**roles: str) -> None:
        text = "".join(f"ROLE_{name.upper()}={value}\n" for name, value in roles.items())
        (tmp_path / ".env").write_text(text)

    return write


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ann@example.com", Role.OPS),
        ("ANN@Example.COM", Role.OPS),
        ("bob@example.com", Role.VIEWER),
        ("ann@example.org", None),
        ("ann@sub.example.com", None),
        ("example.com", None),
        ("ann@example.com@evil.example", None),
        ("\u212aim@example.org", None),  # the Kelvin sign, a k when lower-cased
    ],
)
def test_the_furthest_role_of_address_and_domain_counts(
    give: Give, address: str, role: Role | None
) -> None:
    give(viewer="@example.com, kim@example.org", ops=" Ann@example.com ")
    assert account(claims(address)).role == role


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"email_verified": False}, "has not verified"),
        *(({"email_verified": odd}, "has not verified") for odd in _NOT_TRUE),
        *(({"iat": odd}, "You signed in a while ago") for odd in _NO_TIME),
        ({"email": None}, "did not say"),
        ({"email": "eve@example.com"}, "This address has no access yet"),
        ({"iat": 0}, "signed in a while ago"),
        ({"iat": None}, "signed in a while ago"),
        ({"is_logged_in": False}, "Sign in"),
    ],
    ids=str,
)
def test_others_are_let_in_nowhere_and_told_why(
    give: Give, said: dict[str, Any], refusal: str
) -> None:
    give(ops="ops@example.com")
    found = account(claims(**said))
    assert found.role is None
    assert refusal in found.refusal


@pytest.mark.parametrize("said", [{}, {"email_verified": True}], ids=["not said", "verified"])
def test_an_address_counts_unless_the_provider_says_that_it_is_not_verified(
    give: Give, said: dict[str, Any]
) -> None:
    give(ops="ops@example.com")
    assert account(claims(**said)).role == Role.OPS


def test_who_is_taken_out_of_the_file_is_out_at_once(give: Give) -> None:
    give(viewer="ann@example.com", ops="ops@example.com")
    assert account(claims("ann@example.com")).role == Role.VIEWER
    give(ops="ops@example.com")
    assert account(claims("ann@example.com")).role is None


def test_a_slip_elsewhere_in_the_file_neither_keeps_nor_puts_anybody_out(give: Give) -> None:
    give(ops="ops@example.com, ann")
    assert account(claims("ops@example.com")).role == Role.OPS
    assert account(claims("ann")).role is None


def test_a_login_ends_after_its_hours(give: Give, choose: Choose) -> None:
    give(ops="ops@example.com")
    choose(sign_in_hours="2")
    assert account(claims(iat=time.time() - 2 * 3600 + 60)).role == Role.OPS
    assert account(claims(iat=time.time() - 2 * 3600 - 60)).role is None


def test_who_has_signed_out_is_out_with_every_copy_of_the_cookie(give: Give) -> None:
    give(ops="ops@example.com")
    ended, another = claims(nonce="1"), claims(nonce="2")
    sign_out(ended)
    assert account(dict(ended)).role is None
    assert account(another).role == Role.OPS
