"""Tokens of machines: told once, kept as a hash, taken back at once."""

import re

import pytest
from sqlalchemy import text

from models import tokens
from models.storage.database import Database
from models.tables.access import SCOPES


@pytest.fixture
def token(database: Database) -> str:
    with database.write() as db:
        return tokens.add(db, "website")


def test_a_token_is_found_by_what_was_told(database: Database, token: str) -> None:
    with database.read() as db:
        found = tokens.find(db, token)
    assert found is not None
    assert (found.name, found.last_used) == ("website", None)


@pytest.mark.parametrize("wrong", ["", "vd_", "website", "{}x", "{}\u00e9\ud800"])
def test_nothing_else_finds_it(database: Database, token: str, wrong: str) -> None:
    with database.read() as db:
        assert tokens.find(db, wrong.format(token)) is None


def test_the_database_holds_its_hash_alone(database: Database, token: str) -> None:
    with database.read() as db:
        (row,) = db.execute(text("SELECT * FROM token"))
        (kept,) = db.execute(text("SELECT hash FROM token")).scalars()
    assert token not in str(row)
    assert re.fullmatch("[0-9a-f]{64}", kept)


def test_two_tokens_are_never_alike(database: Database, token: str) -> None:
    with database.write() as db:
        assert tokens.add(db, "another") != token


def test_a_name_is_given_once(database: Database, token: str) -> None:
    with database.write() as db, pytest.raises(tokens.TokenError, match="Revoke it first"):
        tokens.add(db, "website")
    with database.read() as db:
        assert tokens.find(db, token)


@pytest.mark.parametrize("name", ["", "a b", "-x", "x\n", "é", "x" * 61])
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    with database.write() as db, pytest.raises(tokens.TokenError, match="letters, digits"):
        tokens.add(db, name)


def test_a_revoked_token_is_found_no_more(database: Database, token: str) -> None:
    with database.write() as db:
        assert tokens.revoke(db, "website")
    with database.read() as db:
        assert tokens.find(db, token) is None
    with database.write() as db:
        assert not tokens.revoke(db, "website")


def test_a_token_is_for_one_visitors_lead_unless_it_is_said(database: Database, token: str) -> None:
    with database.write() as db:
        crm = tokens.add(db, "crm", ["audit", "export", "export"])
    with database.read() as db:
        found = [tokens.find(db, shown) for shown in (token, crm)]
    assert [one.opens for one in found if one] == [("visitor",), ("export", "audit")]


@pytest.mark.parametrize("scopes", [[], ["admin"], ["leads", ""], ["leads,export"]])
def test_a_scope_that_is_none_is_refused(database: Database, scopes: list[str]) -> None:
    with database.write() as db, pytest.raises(tokens.TokenError, match="visitor, leads, export"):
        tokens.add(db, "crm", scopes)


def test_those_from_before_scopes_open_everything_and_are_named(
    database: Database, token: str
) -> None:
    with database.write() as db:
        db.execute(text("UPDATE token SET scopes = NULL"))
        tokens.add(db, "new")
    with database.read() as db:
        found = tokens.find(db, token)
        assert tokens.of_old(db) == ["website"]
    assert found is not None
    assert found.opens == SCOPES
