"""A forgotten human is gone, stays gone, and takes nothing of anybody else's along."""

import json
import random
import stat
import zlib
from itertools import count

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import text

from models.facts.ignored import Ignoring
from models.kept_out.names import KeyFileError
from models.personal_data.forgetting import Who, WhoError, forget, forget_again, preview
from models.personal_data.subject import subject
from models.projector.deriving import derive_batch
from models.projector.replay import replay
from models.storage.database import Database
from tests.desk import catch_up, expected, exported, take_in, without_errors
from tests.effort import examples
from tests.models.people import ANN, BOB, ann, bob, check, visit
from tests.models.projection.test_convergence import _emptied, _in_pieces
from tests.reference.events import Delivery
from tests.reference.forgetting import Name, cluster, is_one_human, names_by_delivery, without
from tests.reference.streams import random_stream, streams, without_conflicts
from tests.reference.test_reference import sent


def without_quarantine(exports: dict[str, str]) -> dict[str, str]:
    """Of what can't be read the reference can't tell whose it is."""
    return {name: rows for name, rows in exports.items() if name != "quarantine"}


def _nobody_forgotten(database: Database) -> Database:
    with database.write() as db:
        db.execute(text("DELETE FROM barred"))
    return database


def who(name: Name) -> Who:
    kind, value = name
    return Who(
        url=value if kind == "url" else None,
        address=value if kind == "address" else None,
        vid=value if kind == "vid" else None,
    )


def forgettable(deliveries: list[Delivery], dice: random.Random) -> Name | None:
    """A name of somebody who is one human also for the reference."""
    named = {name for its in names_by_delivery(deliveries).values() for name in its}
    names = sorted(name for name in named if name[0] != "sid")
    dice.shuffle(names)
    return next((one for one in names if is_one_human(cluster(deliveries, [one]))), None)


def forgotten_in_between(
    database: Database, deliveries: list[Delivery], human: Who, dice: random.Random
) -> None:
    """Take in and derive in pieces, forget somewhere between."""
    place = dice.randint(0, len(deliveries))
    _in_pieces(database, deliveries[:place], dice)
    forget(database, human, Ignoring())
    _in_pieces(database, deliveries[place:], dice)


@tried(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(stream=streams(), order=st.randoms(use_true_random=False))
def test_forgetting_before_between_or_after_leaves_what_the_others_gave(
    database: Database, stream: list[Delivery], order: random.Random
) -> None:
    deliveries = without_conflicts(stream)
    name = forgettable(deliveries, order)
    assume(name is not None)
    assert name is not None
    left = without(deliveries, cluster(deliveries, [name]))
    order.shuffle(deliveries)
    forgotten_in_between(_nobody_forgotten(_emptied(database)), deliveries, who(name), order)
    assert without_quarantine(exported(database)) == without_quarantine(expected(left))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.long_on("2", "postgres")
def test_after_forgetting_many_of_a_long_stream_replay_changes_nothing(
    database: Database, seed: int
) -> None:
    dice = random.Random(seed)
    deliveries = without_conflicts(random_stream(seed, 600))
    _in_pieces(database, deliveries[:400], dice)
    with database.read() as db:
        leads = list(db.execute(text("SELECT key FROM lead ORDER BY key")).scalars())
    people = [key for key in leads if key.startswith("linkedin.com/")]
    for key in dice.sample(people, 5):
        forget(database, Who(url=key), Ignoring())
    take_in(database, deliveries[400:])
    catch_up(database)
    assert replay(database).changed == {}


def test_what_a_colleague_gave_the_company_comes_back(database: Database) -> None:
    take_in(database, [*bob(), *ann()])
    assert ",50," in exported(database)["companies"]
    forget(database, Who(address="ann@acme.com"), Ignoring())
    assert without_errors(exported(database)) == expected(bob())


def test_an_address_shared_with_another_profile_takes_nobody_along(database: Database) -> None:
    shared = [
        visit(4, "v-ann", "s-ann", "family@home.io"),
        visit(5, "v-bob", "s-bob", "family@home.io"),
    ]
    take_in(database, [*ann(), *bob(), *shared])
    forget(database, Who(url=ANN), Ignoring())
    late = check(9, "v-bob", "s-bob", "family@home.io", "valid")
    take_in(database, [late])
    assert without_errors(exported(database)) == expected([*bob(), shared[1], late])


def test_a_browser_shared_with_another_profile_takes_nobody_along(database: Database) -> None:
    other = visit(6, "v-ann", "s-bob-2", url=BOB)
    take_in(database, [*ann(), *bob(), other])
    forget(database, Who(url=ANN), Ignoring())
    assert without_errors(exported(database)) == expected([*bob(), other])


def test_an_anonymous_visit_goes_when_a_later_event_ties_it_to_them(database: Database) -> None:
    forget(database, Who(url=ANN), Ignoring())
    take_in(database, [visit(1, "v-ann", "s-1")])
    assert "v-ann" in exported(database)["leads"]
    take_in(database, [visit(2, "v-ann", "s-2", url=ANN)])
    assert exported(database) == expected([])


def test_their_other_browser_is_known_by_their_address(database: Database) -> None:
    take_in(database, ann())
    forget(database, Who(url=ANN), Ignoring())
    take_in(database, [visit(9, "v-new", "s-new", "ann@acme.com")])
    assert exported(database) == expected([])


def test_a_name_given_before_anything_is_known_keeps_their_profile_out(database: Database) -> None:
    forget(database, Who(address="ann@acme.com"), Ignoring())
    take_in(database, [*bob(), *ann()])
    assert without_errors(exported(database)) == expected(bob())


def test_the_ledger_keeps_an_empty_stub_that_still_knows_duplicates(database: Database) -> None:
    take_in(database, ann())
    forget(database, Who(url=ANN), Ignoring())
    take_in(database, ann())
    with database.read() as db:
        stubs = db.execute(
            text("SELECT webhook_id, body, size, webhook_signature, erased FROM delivery")
        ).all()
        repeats = db.execute(text("SELECT count(*) FROM repeat WHERE NOT conflict")).scalar()
    assert {(bytes(s.body), s.size, s.webhook_signature, s.erased) for s in stubs} == {
        (b"", 0, "", "forgotten")
    }
    assert ({s.webhook_id for s in stubs}, repeats) == ({d.webhook_id for d in ann()}, 3)


def test_what_could_not_be_read_goes_when_their_name_stands_in_it(database: Database) -> None:
    broken = Delivery("broken", 1, b'{"oops": {"mail": "\\u0041nn@acme.com "')
    other = Delivery("other", 1, b'{"oops": "bob@acme.com"')
    take_in(database, [broken, other])
    forget(database, Who(address="ann@acme.com"), Ignoring())
    take_in(database, [Delivery("late", 2, b"ann@acme.com, not JSON")])
    quarantine = exported(database)["quarantine"]
    assert [row.split(",")[0] for row in quarantine.splitlines()[1:]] == ["other"]


def test_what_is_of_an_unknown_type_goes_when_their_name_stands_in_it(database: Database) -> None:
    about = sent("new_thing", 1, {"who": "ann@acme.com"})
    take_in(database, [about, sent("new_thing", 2, {"who": "bob@acme.com"})])
    gone = forget(database, Who(address="ann@acme.com"), Ignoring())
    assert gone.deliveries.total() == 1
    assert replay(database).changed == {}


def test_a_preview_says_what_goes_and_changes_nothing(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    shown = preview(database, Who(url=ANN), Ignoring())
    assert (shown.leads, shown.sessions, shown.deliveries.total()) == ({ANN: "Ann Archer"}, 1, 3)
    after = visit(9, "v-ann", "s-more", url=ANN)
    take_in(database, [after])
    assert without_errors(exported(database)) == expected([*ann(), *bob(), after])
    assert len(database.forgotten_file.read_text().splitlines()) == 1


def test_forgetting_tells_what_went(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    gone = forget(database, Who(url=ANN), Ignoring())
    assert (gone.leads, gone.sessions, gone.deliveries.total()) == ({ANN: "Ann Archer"}, 1, 3)
    take_in(database, [visit(9, "v-ann", "s-more", url=ANN)])
    catch_up(database)
    with database.read() as db:
        counted = db.execute(text("SELECT reason, dropped, erased FROM withheld")).one()
    assert tuple(counted) == ("forgotten", 0, 4)


def test_a_restored_backup_is_forgotten_again(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    forget(database, Who(address="ann@acme.com"), Ignoring())
    # As a backup from before has it: all their events, and nobody kept out.
    _nobody_forgotten(_emptied(database))
    take_in(database, [*bob(), *ann()])
    assert "Ann" in exported(database)["leads"]
    names, gone = forget_again(database, Ignoring())
    assert (names > 3, list(gone.leads)) == (True, [ANN])
    assert without_errors(exported(database)) == expected(bob())


def test_a_replay_under_way_does_not_bring_them_back(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    steps = count()

    def meanwhile(_done: int, _total: int) -> None:
        if next(steps) == 0:
            forget(database, Who(url=ANN), Ignoring())

    replay(database, meanwhile, batch=4)
    assert without_errors(exported(database)) == expected(bob())
    assert replay(database).changed == {}


def test_the_key_is_only_for_its_owner_and_names_are_unreadable(database: Database) -> None:
    take_in(database, ann())
    forget(database, Who(url=ANN), Ignoring())
    assert stat.S_IMODE(database.forgotten_file.stat().st_mode) == 0o600
    with database.read() as db:
        hashes = "\n".join(db.execute(text("SELECT hash FROM barred")).scalars())
    key = database.forgotten_file.read_text().splitlines()[0]
    assert key not in hashes
    for secret in ("ann", "v-ann", ANN):
        assert secret not in hashes + database.forgotten_file.read_text()


def test_without_the_key_nothing_is_derived_and_nothing_is_lost(database: Database) -> None:
    take_in(database, ann())
    forget(database, Who(url=ANN), Ignoring())
    kept = database.forgotten_file.read_bytes()
    database.forgotten_file.unlink()
    take_in(database, [visit(9, "v-ann", "s-more", url=ANN), *bob()])
    with pytest.raises(KeyFileError, match="FORGOTTEN_FILE"):
        derive_batch(database, Ignoring())
    database.forgotten_file.write_bytes(kept)
    assert without_errors(exported(database)) == expected(bob())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "say who"),
        ({"email": "nobody"}, "--email must be"),
        ({"email": "info@acme.com"}, "role address"),
        ({"linkedin": "https://evil.example/in/ann"}, "--linkedin must be"),
    ],
)
def test_who_is_meant_must_be_clear(asked: dict[str, str], said: str) -> None:
    with pytest.raises(WhoError, match=said):
        Who.parse(**asked)


def test_subject_access_holds_every_delivery_and_every_derived_row_of_them_alone(
    database: Database,
) -> None:
    take_in(database, [*ann(), *bob(), Delivery("broken", 1, b'["ann@acme.com"]')])
    held = subject(database, Who(url=ANN, address="ann@acme.com"), Ignoring())
    sent = {one["webhook_id"]: one["body"] for one in held["deliveries"]}
    assert sent == {d.webhook_id: d.body.decode() for d in ann()} | {"broken": '["ann@acme.com"]'}
    assert [row["full_name"] for row in held["derived"]["lead"]] == ["Ann Archer"]
    assert [row["sid"] for row in held["derived"]["session"]] == ["s-ann"]
    assert "bob" not in json.dumps(held).lower()


def test_a_damaged_body_stops_the_forgetting_with_everything_as_it_was(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    before = exported(database)
    with database.write() as db:
        damaged = "UPDATE delivery SET body = substr(body, 1, 20) WHERE webhook_id = :id"
        assert db.execute(text(damaged), {"id": ann()[0].webhook_id}).rowcount == 1
    with pytest.raises(zlib.error):
        forget(database, Who(url=ANN), Ignoring())
    assert exported(database) == before
