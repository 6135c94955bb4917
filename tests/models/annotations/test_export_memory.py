"""Exports with a memory: nobody twice, nobody missed, whatever becomes of leads in between."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from dashboard.exports.order import Order, memory_name
from models.exports.cells import safe_text
from models.facts.ignored import Ignoring
from models.personal_data.forgetting import Who, forget
from models.projector.replay import replay
from models.storage.database import Database
from models.tables import GIVEN, MENTION, MENTION_LEAD, SESSION
from tests.commands.test_command_line import desk
from tests.desk import catch_up, take_in, this_moment
from tests.effort import examples
from tests.models.people import ANN, ann, bob, check, visit
from tests.models.projection.test_convergence import _emptied, _in_pieces
from tests.reference.events import Delivery
from tests.reference.streams import streams, without_conflicts


def export(
    database: Database, name: str = "weekly", since: str = "new", table: str = "leads", **said: str
) -> list[str]:
    """The first cell of each row that an export gives, once its file is whole."""
    order = Order.parse(table, {"since_last": since, **said}, this_moment())
    giving = order.giving(name)
    assert giving is not None
    with database.read() as db:
        _, *rows = csv.reader(io.StringIO("".join(order.stream(db, giving=giving)), newline=""))
    giving.remember(database)
    return [row[0] for row in rows]


def test_each_name_gives_each_lead_once(database: Database) -> None:
    take_in(database, ann())
    catch_up(database)
    assert export(database) == [ANN]
    take_in(database, bob())
    catch_up(database)
    assert export(database) == ["linkedin.com/in/bob"]
    assert export(database) == []
    assert export(database, "monthly") == [ANN, "linkedin.com/in/bob"]
    assert export(database, since="all") == [ANN, "linkedin.com/in/bob"]
    assert export(database) == []


def test_who_is_known_better_now_is_changed_and_not_new(database: Database) -> None:
    take_in(database, [visit(1, "v", "s", "ann@acme.com")])
    catch_up(database)
    assert export(database) == ["ann@acme.com"]
    take_in(database, [visit(2, "v", "s", "ann@acme.com", url=ANN)])
    catch_up(database)
    assert export(database, since="new") == []
    assert export(database, since="changed") == [ANN]
    assert export(database, since="changed") == []


def test_a_file_that_was_not_taken_whole_gave_nothing(database: Database) -> None:
    take_in(database, ann())
    catch_up(database)
    order = Order.parse("leads", {"since_last": "new"}, this_moment())
    with database.read() as db:
        assert ANN in "".join(order.stream(db, giving=order.giving("weekly")))
    assert export(database) == [ANN]


def test_who_gets_another_key_before_the_file_is_whole_is_not_given_twice(
    database: Database,
) -> None:
    take_in(database, [visit(1, "v", "s", "ann@acme.com")])
    catch_up(database)
    order = Order.parse("leads", {"since_last": "new"}, this_moment())
    giving = order.giving("weekly")
    assert giving is not None
    with database.read() as db:
        assert "ann@acme.com" in "".join(order.stream(db, giving=giving))
    take_in(database, [visit(2, "v", "s", "ann@acme.com", url=ANN)])
    catch_up(database)
    giving.remember(database)
    assert export(database) == []


def test_two_at_once_under_one_name_are_one_after_the_other(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, ann())

    def exported(name: str) -> tuple[int, int, str]:
        command = ("export", "leads", "--since-last", name)
        done = desk(*command, cwd=tmp_path, DATABASE_URL=database_url)
        return done.returncode, done.stdout.count("linkedin.com"), done.stderr

    weekly = Order.parse("leads", {"since_last": "new"}, this_moment()).giving(
        memory_name("weekly")
    )
    assert weekly
    with weekly.alone(database):
        code, rows, said = exported("weekly")
        assert (code, rows) == (2, 0)
        assert said.startswith("another export under this name is running")
        assert exported("monthly")[0] == 0
    assert exported("weekly")[:2] == (0, 2)
    assert exported("weekly")[:2] == (0, 0)


def test_a_preset_counts_as_given_what_is_in_its_file(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    # Bob's address is invalid: he is not in the file, so he was not given.
    assert export(database, table="emails", preset="sendable") == ["ann@acme.com"]
    take_in(database, [check(9, "v-bob", "s-bob", "bob@acme.com", "valid")])
    catch_up(database)
    assert export(database, table="emails", preset="sendable") == ["bob@acme.com"]


@pytest.mark.parametrize("table", ["sessions", "companies", "emails"])
def test_other_lists_remember_too(database: Database, table: str) -> None:
    take_in(database, ann())
    catch_up(database)
    first = export(database, table=table)
    assert len(first) == 1
    assert export(database, table=table) == []
    take_in(database, [*bob(), visit(20, "v-new", "s-new", "new@x.io")])
    catch_up(database)
    assert not set(first) & set(export(database, table=table))


def test_forgetting_reaches_what_was_given(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    for table in ("leads", "sessions", "emails"):
        export(database, table=table)
    forget(database, Who(address="ann@acme.com"), Ignoring())
    with database.read() as db:
        assert db.execute(select(func.count()).select_from(GIVEN)).scalar() == 3
        assert not any("ann" in item for item in db.execute(select(GIVEN.c.item)).scalars())


@pytest.mark.parametrize("table", ["leads", "sessions", "emails"])
def test_who_is_forgotten_before_the_file_is_whole_is_not_remembered(
    database: Database, table: str
) -> None:
    take_in(database, ann())
    catch_up(database)
    order = Order.parse(table, {"since_last": "all"}, this_moment())
    giving = order.giving("weekly")
    assert giving is not None
    with database.read() as db:
        assert "ann" in "".join(order.stream(db, giving=giving))
    forget(database, Who(address="ann@acme.com"), Ignoring())
    giving.remember(database)
    with database.read() as db:
        assert db.execute(select(func.count()).select_from(GIVEN)).scalar() == 0
        assert db.execute(select(func.count()).select_from(MENTION)).scalar() == 0


@pytest.mark.long_on("postgres")
@tried(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=streams(), dice=st.randoms(use_true_random=False))
def test_no_lead_twice_and_none_missed_whatever_happens_in_between(
    database: Database, stream: list[Delivery], dice: random.Random
) -> None:
    with _emptied(database).write() as db:
        for name in ("statement", "given", "mention_visit", "mention"):
            db.execute(text(f"DELETE FROM {name}"))
    rest = without_conflicts(stream)
    dice.shuffle(rest)
    # A plain reader's memory: of each name the leads given, as a key with the visits of then.
    given_of: dict[str, list[tuple[str, set[str]]]] = {"weekly": [], "monthly": []}
    while rest:
        some, rest = rest[: (size := dice.randint(1, 8))], rest[size:]
        _in_pieces(database, some, dice)
        catch_up(database)
        if dice.random() < 0.2:
            replay(database)
        name = dice.choice(sorted(given_of))
        visits: dict[str, set[str]] = {}
        start: dict[str, tuple[int, str]] = {}
        with database.read() as db:
            for sid, lead, at in db.execute(select(*SESSION.c["sid", "lead", "started_at"])):
                visits.setdefault(lead, set()).add(sid)
                start[sid] = (at, lead)
        known = set()
        for key, its in given_of[name]:
            if key in visits:
                known.add(key)
            elif left := [(start[sid][0], sid) for sid in its if sid in start]:
                known.add(start[max(left)[1]][1])
        found = export(database, name)
        assert set(found) == {safe_text(key) for key in visits.keys() - known}
        assert len(set(found)) == len(found)
        given_of[name] += [(key, visits[key]) for key in visits.keys() - known]
    with database.read() as db:
        held = db.execute(select(MENTION_LEAD.c.mention)).scalars().all()
        assert len(held) == len(set(held))
