"""Why somebody is missing: each way of being so is told."""

import pytest

from models.facts.ignored import Ignoring
from models.kept_out.names import barred_names
from models.personal_data.forgetting import Who, forget
from models.personal_data.missing import Sought, Trace, left_out, on_quiet_list, trace
from models.segments.list_files import Entry
from models.segments.lists import keep
from models.storage.database import Database
from tests.desk import catch_up, question, take_in
from tests.models.people import ANN, ann, bob, visit
from tests.reference.events import Delivery


def look(database: Database, text: str) -> Trace:
    with database.read() as db:
        return trace(db, barred_names(database, Ignoring()), Sought.parse(text))


@pytest.mark.parametrize(
    "text", ["Ann@Acme.com ", "https://www.linkedin.com/in/Ann/", "v-ann", "s-ann"]
)
def test_whoever_came_is_found_by_any_of_their_names(database: Database, text: str) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    found = look(database, text)
    assert [row["key"] for row in found.leads] == [ANN]
    assert found.deliveries == 3
    assert found.first is not None
    assert found.reason is None


def test_of_whom_nothing_came_nothing_is_told(database: Database) -> None:
    take_in(database, ann())
    catch_up(database)
    assert look(database, "nobody@acme.com") == Trace()


def test_what_was_set_aside_is_found_by_the_names_in_it(database: Database) -> None:
    body = b'{"id": "e", "type": "identity.resolved", "created": 1, "data": "ann@acme.com"}'
    take_in(database, [Delivery("msg_broken", 1_770_000_000_000, body)])
    catch_up(database)
    found = look(database, "ann@acme.com")
    assert [row["webhook_id"] for row in found.aside] == ["msg_broken"]
    assert found.aside[0]["error"]


def test_what_waits_to_be_derived_is_counted(database: Database) -> None:
    take_in(database, ann())
    assert look(database, "ann@acme.com").waiting == 3


def test_who_was_forgotten_is_kept_out_and_not_named(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    forget(database, Who(address="ann@acme.com"), Ignoring())
    found = look(database, "ann@acme.com")
    assert found.reason == "forgotten"
    assert (found.leads, found.deliveries) == ([], 0)


def test_a_desks_address_names_nobody(database: Database) -> None:
    assert look(database, "info@acme.com").is_shared


def test_which_filter_of_a_list_leaves_them_out(database: Database) -> None:
    take_in(database, [*ann(), visit(9, "v-ann", "s-two", "ann@acme.com", url=ANN)])
    catch_up(database)
    asked = question(country="DE", q="ann", bots="hide")
    with database.read() as db:
        assert left_out(db, ANN, asked) == ["country=DE"]
        assert left_out(db, ANN, question(q="ann", bots="hide")) == []
        assert left_out(db, ANN, question(landing_page=["nothing"], q="ann")) == [
            "landing_page=nothing"
        ]


def test_filters_that_leave_out_only_together_are_all_named(database: Database) -> None:
    take_in(database, [*ann(), visit(9, "v-two", "s-two", "ann@acme.com", url=ANN)])
    catch_up(database)
    with database.read() as db:
        assert left_out(db, ANN, question(landing_page="s-ann", page="/s-two")) == [
            "landing_page=s-ann",
            "page=/s-two",
        ]


def test_a_quiet_list_is_told(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    with database.write() as db:
        keep(db, "customers", {"acme.com": Entry("acme.com")}, quiet=True)
    with database.read() as db:
        assert on_quiet_list(db, ANN, question())
        assert not on_quiet_list(db, ANN, question(list="customers"))
