"""Visits that are taken out again leave every day's summary as the rows that stay say."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from models.facts.ignored import Ignoring
from models.facts.keys import LINKEDIN_PREFIX
from models.ledger import deliveries as ledger
from models.personal_data.forgetting import Who, forget
from models.personal_data.ignoring import erase_hits
from models.projection import summaries
from models.projector.replay import replay
from models.projector.retention import prune
from models.settings import Settings
from models.storage.database import Database
from models.tables import LEAD
from tests.desk import catch_up
from tests.models.projection.days import (
    START,
    as_the_rows_say,
    days_kept,
    events_as_the_rows_say,
    heard_as_the_rows_say,
    story,
    sum_up,
)

Withdraw = Callable[[Database], None]


def _people(database: Database) -> list[str]:
    with database.read() as db:
        keys = db.execute(select(LEAD.c.key).order_by(LEAD.c.key)).scalars().all()
    return [key for key in keys if key.startswith(LINKEDIN_PREFIX)]


def _forget_three(database: Database) -> None:
    for key in random.Random(1).sample(_people(database), 3):
        forget(database, Who.of_lead(key), Ignoring())


def _prune_half(database: Database) -> None:
    with database.read() as db:
        times = list(db.execute(text("SELECT last_activity FROM session ORDER BY 1")).scalars())
    for _ in prune(database, times[len(times) // 2]):
        pass


def _ignore_an_employer(database: Database) -> None:
    with database.read() as db:
        employers = text("SELECT company_name FROM lead WHERE company_name IS NOT NULL ORDER BY 1")
        employer = db.execute(employers).scalars().first() or ""
    erase_hits(database, Settings(ignore_companies=employer).ignoring())


@pytest.fixture(params=[_forget_three, _prune_half, _ignore_an_employer])
def withdrawn(request: pytest.FixtureRequest, database: Database) -> Database:
    """All days are summed up, and then some visits are withdrawn."""
    withdraw: Withdraw = request.param
    ledger.keep(database, story(12, 12))
    catch_up(database)
    sum_up(database)
    before = days_kept(database)
    withdraw(database)
    assert all(left < kept for left, kept in zip(days_kept(database), before, strict=True))
    return database


def test_every_summary_that_stays_is_what_the_rows_say(withdrawn: Database) -> None:
    assert summaries.check(withdrawn) == {}
    as_the_rows_say(withdrawn, random.Random(2))
    events_as_the_rows_say(withdrawn, START)
    heard_as_the_rows_say(withdrawn, START)


def test_summed_up_again_all_is_as_if_it_had_never_come(withdrawn: Database) -> None:
    sum_up(withdrawn)
    assert replay(withdrawn).changed == {}
    as_the_rows_say(withdrawn, random.Random(3))
    events_as_the_rows_say(withdrawn, START)
    heard_as_the_rows_say(withdrawn, START)
