"""Whether somebody is on a list is looked up by their names: how long the list is costs nothing."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select

from models.filters.leads import leads_match
from models.filters.lists import is_heard
from models.filters.query import Filters
from models.segments import lists
from models.segments.asking import asked
from models.segments.list_files import Entry
from models.storage.database import Database
from models.tables import LEAD
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import employee
from tests.desk import this_moment

PEOPLE, SHORT, LONG = 200, 10, 20_000
ONCE_S = 0.05


def _without(db: Connection) -> Select[Any]:
    return select(LEAD.c.key).where(
        leads_match(asked(db, Filters.parse({"list.not": "customers"}), this_moment()))
    )


def _heard(db: Connection) -> Select[Any]:
    return select(LEAD.c.key).where(is_heard(LEAD, asked(db, Filters(), this_moment())))


@pytest.mark.parametrize("who", [_without, _heard])
def test_who_is_on_no_list_costs_the_same_however_long_it_is(
    database: Database, who: Callable[[Connection], Select[Any]]
) -> None:
    put(database, *(employee(number, f"firm{number}.com") for number in range(PEOPLE)))
    seconds = {size: _seconds(database, who, size) for size in (SHORT, LONG)}
    # Postgres may read the list, but not once for each of them.
    assert seconds[LONG] < 4 * seconds[SHORT] + ONCE_S


def _seconds(database: Database, who: Callable[[Connection], Select[Any]], size: int) -> float:
    names = {f"firm{number}.com" for number in range(PEOPLE - 5, PEOPLE + size)}
    with database.write() as db:
        lists.keep(db, "customers", {name: Entry(name) for name in names}, quiet=True)
    took = []
    with database.read() as db:
        query = select(func.count()).select_from(who(db).subquery())
        for _ in range(5):
            began = time.perf_counter()
            assert db.execute(query).scalar_one() == PEOPLE - 5
            took.append(time.perf_counter() - began)
    return min(took)
