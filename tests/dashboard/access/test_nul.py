"""An address may hold a NUL, which Postgres refuses in a text: pages go on all the same."""

import pytest
from sqlalchemy import literal, select
from streamlit.testing.v1 import AppTest

from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.dashboard.settings import Choose
from tests.processes import ROOT


@pytest.fixture(autouse=True)
def _desk(database: Database, database_url: str, choose: Choose) -> None:
    choose(database_url=database_url)
    put(database, *(payload(name) for name in PIPELINE))


def test_what_is_asked_for_stands_as_in_derived_text(database: Database) -> None:
    with database.read() as db:
        assert db.execute(select(literal("a\0b"))).scalar() in {"a\ufffdb", "a\0b"}
        assert db.execute(select(literal(1)).where(literal("a\0") == "b")).scalar() is None


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("leads", {"country": "\0"}),
        ("leads", {"q": "\0"}),
        ("leads", {"lead": "\0"}),
        ("leads", {"at": "\0"}),
        ("leads", {"company": "a\0"}),
        ("sessions", {"sid": "\0"}),
        ("sessions", {"utm_source": "\0", "country": "\0"}),
        ("companies", {"company": "\0"}),
        ("emails", {"country": "\0"}),
        ("campaigns", {"utm_campaign": "\0"}),
        ("dictionary", {"event": "\0"}),
    ],
)
@pytest.mark.long_on("postgres")
def test_no_page_breaks_on_one(page: str, asked: dict[str, str]) -> None:
    at = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=60)
    at.run()
    for name, value in asked.items():
        at.query_params[name] = value
    at.switch_page(f"screens/{page}/page.py").run()
    assert not at.exception
