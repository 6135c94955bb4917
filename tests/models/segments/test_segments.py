"""Segments: what can be kept, by whom, and what it then asks; on both databases."""

import pytest

from models.facts.ignored import Ignoring
from models.filters.query import Filters
from models.filters.times import FilterError
from models.personal_data.forgetting import Who, forget
from models.personal_data.subject import subject
from models.projector.replay import replay
from models.segments import lists, segments
from models.segments.asking import asked
from models.segments.list_files import read_list
from models.segments.members import count, segments_of
from models.segments.naming import NotSavedError
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor
from tests.dashboard.screens.live.visitors import employee
from tests.desk import this_moment

ANN, BOB = "ann@example.com", "bob@example.com"


def save(database: Database, name: str, query: str, who: str = ANN, **how: bool) -> None:
    with database.write() as db:
        segments.save(db, name, query, who=who, **how)  # type: ignore[arg-type] # flags alone


def ask(database: Database, query: str, who: str | None = None) -> int:
    with database.read() as db:
        return count(db, asked(db, Filters.from_text(query), this_moment(), who=who))


def test_a_segment_is_asked_anew_and_known_in_any_case(database: Database) -> None:
    put(database, employee(1, "acme.com"))
    save(database, "Midsize", "min_employees=5")
    assert ask(database, "segment=midsize") == 1
    put(database, employee(2, "other.com"))
    assert ask(database, "segment=MIDSIZE") == 2
    save(database, "midsize", "min_employees=5000")
    assert ask(database, "segment=Midsize") == 0
    with database.read() as db:
        assert [one.name for one in segments.segments(db)] == ["Midsize"]


def test_a_replay_leaves_what_people_keep(database: Database) -> None:
    put(database, employee(1, "acme.com"))
    save(database, "firm", "company=acme.com", is_shared=True)
    with database.write() as db:
        lists.keep(db, "customers", read_list(b"acme.com", this_moment()).entries, quiet=True)
    assert replay(database).changed == {}
    assert (ask(database, "segment=firm"), ask(database, "list=customers")) == (1, 1)


@pytest.mark.parametrize(
    ("name", "query", "why"),
    [
        ("own", "segment=OWN", "can't be part of itself"),
        ("inner", "segment=outer", "is part of itself"),
        ("new", "segment=nope", "there is no segment named nope"),
        ("new", "list=nope", "there is no list named nope"),
        ("new", "", "at least one filter"),
        ("new", "colour=red", "colour is not a filter"),
        ("<b>", "country=PT", "a segment's name must have"),
        ("shared", "owner=me", "something different for each person"),
        ("shared", "segment=mine", "is personal"),
        ("mine", "country=PT", "is taken by somebody's personal"),
        ("locked", "country=PT", "is locked"),
    ],
)
def test_what_can_not_be_kept_is_refused_in_a_sentence(
    database: Database, name: str, query: str, why: str
) -> None:
    save(database, "inner", "country=PT", who=BOB, is_shared=True)
    save(database, "outer", "segment=inner", who=BOB, is_shared=True)
    save(database, "locked", "country=PT", who=BOB, is_shared=True, locked=True)
    save(database, "mine", "country=PT", who=ANN)
    is_shared = name == "shared" or None
    with pytest.raises((NotSavedError, FilterError), match=why), database.write() as db:
        segments.save(db, name, query, who=BOB, is_shared=is_shared, may_manage=False)


def test_me_is_whoever_owns_the_segment_and_nobody_without_a_login(database: Database) -> None:
    save(database, "mine", "owner=me")
    with database.read() as db:
        question = asked(db, Filters.parse({"segment": "mine"}), this_moment(), who=BOB)
        assert question.segment("mine").filters.values("owner") == (ANN,)
        with pytest.raises(FilterError, match="needs a login"):
            asked(db, Filters.parse({"owner": "me"}), this_moment(), who="local")
    with pytest.raises(NotSavedError, match="needs a login"), database.write() as db:
        segments.save(db, "shells", "owner=me", who="shell:root")


def test_what_another_one_uses_is_not_deleted(database: Database) -> None:
    save(database, "inner", "country=PT")
    save(database, "outer", "segment=Inner")
    with database.write() as db, pytest.raises(NotSavedError, match="segment outer uses it"):
        segments.remove(db, "inner", who=ANN)
    with database.write() as db, pytest.raises(NotSavedError, match="somebody's personal"):
        segments.remove(db, "outer", who=BOB)
    with database.write() as db:
        segments.remove(db, "outer", who=ANN)
        segments.remove(db, "inner", who=ANN)
        assert segments.segments(db) == []


def test_a_visitor_is_told_the_shared_segments_they_are_in(database: Database) -> None:
    put(database, employee(1, "acme.com"), visitor(2))
    save(database, "acme", "company=acme.com", is_shared=True)
    save(database, "other", "company.not=acme.com", is_shared=True)
    save(database, "own", "company=acme.com")
    with database.read() as db:
        assert segments_of(db, "linkedin.com/in/employee-1", this_moment()) == ["acme"]
        assert segments_of(db, "01VIS0002", this_moment()) == ["other"]


def test_forgetting_reaches_lists_and_segments_and_nobody_else(database: Database) -> None:
    put(database, visitor(1, first="Ann", email="ann@acme.com"), visitor(2, email="bob@acme.com"))
    save(database, "her", "q=ann@acme.com&country.not=DE")
    with database.write() as db:
        lists.keep(
            db,
            "people",
            read_list(b"ann@acme.com\nbob@acme.com\nacme.com", this_moment()).entries,
        )
    held = subject(database, Who.parse(email="Ann@Acme.com"), Ignoring())["said"]
    assert [row["value"] for row in held["list_entry"]] == ["ann@acme.com"]
    assert [row["name"] for row in held["segment"]] == ["her"]
    forget(database, Who.parse(email="ann@acme.com"), Ignoring())
    with database.read() as db:
        assert segments.named(db, "her").query == "q=%28forgotten%29&country.not=DE"
        assert [one.entries for one in lists.lists(db)] == [2]
    assert ask(database, "segment=her") == 0
    assert ask(database, "list=people") == 1


def test_a_free_name_is_made_of_a_title(database: Database) -> None:
    with database.read() as db:
        assert segments.free_name(db, "My Territory!") == "my-territory"
    save(database, "my-territory", "country=PT")
    with database.read() as db:
        assert segments.free_name(db, "My territory") == "my-territory-2"
        assert segments.free_name(db, "…") == "segment"
