"""What was said follows the human, whatever becomes of leads; nothing of it is lost."""

import random
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text

from models.annotations.mentions import NoLeadError
from models.annotations.ownership import give, let_go, mark, note, owner_of, take
from models.annotations.statements import said_of
from models.facts.ignored import Ignoring
from models.kept_out.names import barred_names, session_name
from models.ledger import deliveries as ledger
from models.personal_data.forgetting import Who, WhoError, forget, forget_again
from models.personal_data.said import name_of
from models.personal_data.subject import subject
from models.projection.withdrawal import remove
from models.projector import replay as replaying
from models.projector.replay import replay
from models.storage.database import Database
from models.tables import LEAD, MENTION, MENTION_LEAD, MENTION_VISIT, SESSION, STATEMENT
from tests.desk import catch_up, take_in
from tests.effort import examples
from tests.models.people import ANN, ann, bob, visit
from tests.models.projection.test_convergence import _emptied, _in_pieces
from tests.reference.events import Delivery
from tests.reference.streams import streams, without_conflicts

PEOPLE = ("ann@desk.example", "bob@desk.example")


@dataclass(frozen=True)
class Said:
    """A statement as a plain reader has it: of a key and of visits."""

    key: str
    visits: frozenset[str]
    kind: str
    value: str | None

    def place(self, world: "World") -> str | None:
        """That key, else the lead that has the newest of those visits."""
        if self.key in world.visits_of:
            return self.key
        left = [(world.visits[sid][0], sid) for sid in self.visits if sid in world.visits]
        return world.visits[max(left)[1]][1] if left else None


@dataclass
class World:
    """Visits with their start and lead, at one moment."""

    visits: dict[str, tuple[int, str]]
    owners: dict[str, str | None]
    statuses: dict[str, str | None]
    visits_of: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, db: Connection) -> "World":
        rows = db.execute(select(*SESSION.c["sid", "started_at", "lead"])).all()
        leads = db.execute(select(*LEAD.c["key", "owner", "status"])).all()
        world = cls(
            {sid: (at, lead) for sid, at, lead in rows},
            {key: owner for key, owner, _ in leads},
            {key: status for key, _, status in leads},
        )
        for sid, _, lead in rows:
            world.visits_of.setdefault(lead, set()).add(sid)
        return world


def kept(db: Connection) -> dict[int, Said]:
    """Every statement as the database keeps it."""
    visits: dict[int, set[str]] = {}
    for one, sid in db.execute(select(*MENTION_VISIT.c["mention", "sid"])):
        visits.setdefault(one, set()).add(sid)
    query = (
        select(*STATEMENT.c["id", "mention", "kind", "value"], MENTION.c.key)
        .join(MENTION, MENTION.c.id == STATEMENT.c.mention)
        .order_by(STATEMENT.c.id)
    )
    return {
        row.id: Said(row.key, frozenset(visits.get(row.mention, ())), row.kind, row.value)
        for row in db.execute(query)
    }


def places(db: Connection) -> dict[int, str]:
    query = select(STATEMENT.c.id, MENTION_LEAD.c.lead).join(
        MENTION_LEAD, MENTION_LEAD.c.mention == STATEMENT.c.mention
    )
    return dict(map(tuple, db.execute(query)))


def hold_to_plain_reading(database: Database, said: dict[int, Said]) -> None:
    """The tables say what a plain reading of the statements says."""
    with database.read() as db:
        world = World.of(db)
        assert kept(db) == said
        where = {one: place for one, its in said.items() if (place := its.place(world))}
        assert places(db) == where
        owners: dict[str, str | None] = dict.fromkeys(world.visits_of)
        statuses: dict[str, str | None] = dict.fromkeys(world.visits_of)
        for one in sorted(where):
            if said[one].kind == "owner":
                owners[where[one]] = said[one].value
            elif said[one].kind == "status":
                statuses[where[one]] = said[one].value if said[one].value != "new" else None
        assert world.owners == owners
        assert world.statuses == statuses
        for key in world.visits_of:
            assert {row["id"] for row in said_of(db, key)} == {
                one for one, place in where.items() if place == key
            }


def say_something(database: Database, dice: random.Random, said: dict[int, Said]) -> None:
    with database.write() as db:
        world = World.of(db)
        if not world.visits_of:
            return
        key = dice.choice(sorted(world.visits_of))
        who, has = dice.choice(PEOPLE), world.owners[key]
        before = set(kept(db))
        value: str | None
        match dice.choice(("take", "give", "let go", "status", "note")):
            case "take":
                assert take(db, key, who, who) == (has or who)
                kind, value, is_said = "owner", who, has is None
            case "give":
                give(db, [key], who, PEOPLE[0])
                kind, value, is_said = "owner", who, has != who
            case "let go":
                let_go(db, [key], who)
                kind, value, is_said = "owner", None, has == who
            case "status":
                value = dice.choice(("new", "working", "won"))
                mark(db, [key], value, who)
                kind, is_said = "status", True
            case _:
                note(db, key, f"said by {who}", who)
                kind, value, is_said = "note", f"said by {who}", True
        more = set(kept(db)) - before
        assert len(more) == is_said
        for one in more:
            said[one] = Said(key, frozenset(world.visits_of[key]), kind, value)


def withdraw(database: Database, dice: random.Random) -> None:
    """Some deliveries go from the ledger, as those do that are too old."""
    with database.deriving() as db:
        seqs = list(db.execute(text("SELECT seq FROM delivery ORDER BY seq")).scalars())
        gone = dice.sample(seqs, min(len(seqs), 3))
        remove(db, [one for one in ledger.some(db, "true", {"limit": 10_000}) if one.seq in gone])


def forget_somebody(database: Database, dice: random.Random, said: dict[int, Said]) -> None:
    catch_up(database)
    with database.read() as db:
        before, was = World.of(db), places(db)
    if not before.visits_of:
        return
    key = dice.choice(sorted(before.visits_of))
    try:
        erased = forget(database, Who.of_lead(key), Ignoring())
    except WhoError:
        return
    with database.read() as db:
        after, left = World.of(db), kept(db)
        names = barred_names(database, Ignoring())
        barred = names.bars(db, {name_of(its.key) for its in said.values()})
    gone = before.visits.keys() - after.visits.keys()
    for one in said.keys() - left.keys():
        # Only what has to do with whoever was forgotten.
        its = said[one]
        is_about_them = its.key in erased.leads or its.visits & gone or was.get(one) in erased.leads
        # Nothing else is left of whoever had that key, and by another visit it is theirs, too.
        is_of_their_name = one not in was and name_of(its.key) in barred
        assert is_about_them or is_of_their_name
    for one, its in said.items():
        if was.get(one) in erased.leads or its.key in erased.leads:
            assert one not in left
    kept_on = {one: its for one, its in said.items() if one in left}
    said.clear()
    said |= {one: replace(its, visits=its.visits - gone) for one, its in kept_on.items()}


def leave_out_recognised(database: Database, said: dict[int, Said]) -> None:
    """Whoever turns out to be somebody forgotten, by what came since, is erased, too."""
    sids = {sid for its in said.values() for sid in its.visits}
    with database.read() as db:
        left, names = kept(db), barred_names(database, Ignoring())
        asked = {name_of(its.key) for its in said.values()} | {session_name(sid) for sid in sids}
        barred = names.bars(db, asked)
    for one, its in list(said.items()):
        still = left[one].visits if one in left else frozenset[str]()
        gone = {sid for sid in its.visits - still if session_name(sid) in barred}
        if one in left:
            said[one] = replace(its, visits=its.visits - gone)
        elif gone or name_of(its.key) in barred:
            del said[one]


@tried(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=streams(), dice=st.randoms(use_true_random=False))
@pytest.mark.long_on("postgres")
def test_what_was_said_is_on_the_right_human_whatever_happens(
    database: Database, stream: list[Delivery], dice: random.Random
) -> None:
    with _emptied(database).write() as db:
        for name in ("statement", "given", "mention_visit", "mention", "barred"):
            db.execute(text(f"DELETE FROM {name}"))
    rest = without_conflicts(stream)
    dice.shuffle(rest)
    said: dict[int, Said] = {}
    while rest:
        some, rest = rest[: (size := dice.randint(1, 8))], rest[size:]
        _in_pieces(database, some, dice)
        for _ in range(dice.randint(0, 3)):
            say_something(database, dice, said)
        match dice.randint(0, 9):
            case 0:
                replay(database)
            case 1 | 2:
                catch_up(database)
                withdraw(database, dice)
            case 3:
                forget_somebody(database, dice, said)
        leave_out_recognised(database, said)
        hold_to_plain_reading(database, said)
    catch_up(database)
    leave_out_recognised(database, said)
    hold_to_plain_reading(database, said)
    replay(database)
    leave_out_recognised(database, said)
    hold_to_plain_reading(database, said)


def test_of_two_who_take_the_same_lead_one_gets_it_and_the_other_reads_who(
    database: Database,
) -> None:
    take_in(database, ann())
    catch_up(database)
    start, told = threading.Barrier(2), dict[str, str]()

    def try_to_take(who: str) -> None:
        start.wait()
        with database.write() as db:
            told[who] = take(db, ANN, who, who)

    threads = [threading.Thread(target=try_to_take, args=(who,)) for who in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told[PEOPLE[0]] == told[PEOPLE[1]]
    with database.read() as db:
        assert owner_of(db, ANN) == told[PEOPLE[0]]
        assert len(said_of(db, ANN)) == 1


def test_who_takes_somebody_by_the_key_of_a_moment_ago_takes_the_same_human(
    database: Database,
) -> None:
    take_in(database, [visit(1, "v", "s", "ann@acme.com")])
    catch_up(database)
    with database.write() as db:
        note(db, "ann@acme.com", "Called her.", PEOPLE[0])
    take_in(database, [visit(2, "v", "s", "ann@acme.com", url=ANN)])
    catch_up(database)
    with database.write() as db:
        assert take(db, "ann@acme.com", PEOPLE[0], PEOPLE[0]) == PEOPLE[0]
        assert take(db, "v", PEOPLE[1], PEOPLE[1]) == PEOPLE[0]
        with pytest.raises(NoLeadError, match="This lead no longer exists"):
            take(db, "nobody@acme.com", PEOPLE[0], PEOPLE[0])
    with database.read() as db:
        assert [row["kind"] for row in said_of(db, ANN)] == ["owner", "note"]


def test_what_is_said_while_a_replay_runs_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    said = False
    compare: Any = replaying._compare

    def say_before_comparing(*given: Any, **named: Any) -> None:
        nonlocal said
        if not said:
            said = True
            with database.write() as db:
                take(db, ANN, PEOPLE[0], PEOPLE[0])
        compare(*given, **named)

    monkeypatch.setattr(replaying, "_compare", say_before_comparing)
    replay(database)
    with database.read() as db:
        assert owner_of(db, ANN) == PEOPLE[0]
        assert [row["value"] for row in said_of(db, ANN)] == [PEOPLE[0]]


def test_subject_access_tells_what_was_said_and_forgetting_takes_it(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    with database.write() as db:
        take(db, ANN, PEOPLE[0], PEOPLE[0])
        note(db, ANN, "Wants a demo.", PEOPLE[0])
        note(db, "linkedin.com/in/bob", "A colleague of hers.", PEOPLE[0])
    said = subject(database, Who(address="ann@acme.com"), Ignoring())["said"]
    assert [row["value"] for row in said["statement"]] == [PEOPLE[0], "Wants a demo."]
    forget(database, Who(address="ann@acme.com"), Ignoring())
    with database.read() as db:
        left = db.execute(select(STATEMENT.c.value)).scalars().all()
        assert left == ["A colleague of hers."]
        assert db.execute(select(MENTION.c.key)).scalars().all() == ["linkedin.com/in/bob"]
        assert len(db.execute(select(MENTION_VISIT)).all()) == 1


def test_what_was_said_of_somebody_whose_data_is_gone_is_kept_and_found_by_forget(
    database: Database,
) -> None:
    take_in(database, [visit(1, "v", "s", "ann@acme.com")])
    catch_up(database)
    with database.write() as db:
        take(db, "ann@acme.com", PEOPLE[0], PEOPLE[0])
    with database.deriving() as db:
        remove(db, ledger.some(db, "true", {"limit": 10}))
    with database.read() as db:
        assert len(kept(db)) == 1
        assert places(db) == {}
    take_in(database, [visit(9, "w", "t", "ann@acme.com")])
    catch_up(database)
    with database.read() as db:
        assert owner_of(db, "ann@acme.com") == PEOPLE[0]
    with database.deriving() as db:
        remove(db, ledger.some(db, "true", {"limit": 10}))
    forget(database, Who(address="ann@acme.com"), Ignoring())
    with database.read() as db:
        assert kept(db) == {}


def test_a_forgotten_humans_address_goes_out_of_notes_on_others(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    with database.write() as db:
        text_ = "Sits beside <ann@acme.com>, see https://linkedin.com/in/ann\nand bob@acme.com"
        note(db, "linkedin.com/in/bob", text_, PEOPLE[0])
    forget(database, Who(address="ann@acme.com"), Ignoring())
    with database.read() as db:
        (said,) = said_of(db, "linkedin.com/in/bob")
    assert said["value"] == "Sits beside (forgotten) see (forgotten)\nand bob@acme.com"


def test_who_is_forgotten_again_over_a_backup_is_out_of_what_was_said_of_gone_data(
    database: Database,
) -> None:
    take_in(database, [visit(1, "v", "s", "ann@acme.com")])
    catch_up(database)
    with database.write() as db:
        take(db, "ann@acme.com", PEOPLE[0], PEOPLE[0])
    with database.deriving() as db:
        remove(db, ledger.some(db, "true", {"limit": 10}))
    with database.write() as db:
        backup = {
            table.name: db.execute(select(table)).mappings().all()
            for table in (MENTION, MENTION_VISIT, STATEMENT)
        }
    forget(database, Who(address="ann@acme.com"), Ignoring())
    with database.write() as db:
        for table in (MENTION, MENTION_VISIT, STATEMENT):
            db.execute(insert(table), [dict(row) for row in backup[table.name]])
    forget_again(database, Ignoring())
    with database.read() as db:
        assert kept(db) == {}
