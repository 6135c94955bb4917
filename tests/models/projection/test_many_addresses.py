"""Leads of very many addresses are what leads of few are, whatever came first or went again."""

import random

import pytest
from sqlalchemy import select

from models.ledger.deliveries import by_id
from models.projection.addresses import MOST_COPIED
from models.projection.withdrawal import remove
from models.projector.replay import replay
from models.storage.database import Database
from models.storage.rows import Row
from models.tables import LEAD, LEAD_ADDRESS, LEAD_IDENTIFIER
from tests.desk import catch_up, expected, exported, take_in, without_errors
from tests.effort import IS_FULL
from tests.models.people import ANN, check, profile, visit
from tests.models.projection.test_convergence import _in_pieces
from tests.reference.events import Delivery
from tests.reference.test_reference import Json

VERDICTS = ("valid", "invalid", "catch_all", "valid_catch_all")


def stream(seed: int) -> list[Delivery]:
    """Ann's visits, each of which brings a third of what a lead may have copies of; visits without
    her profile, which are hers by an address, checks, and jobs that she had.
    """
    dice = random.Random(seed)
    found = []
    at = 0
    for number in range(9):
        some = [f"a{dice.randrange(400):03}@{_domain(dice)}" for _ in range(MOST_COPIED // 3)]
        url = ANN if number % 3 else None
        vid = f"v{number % 4}"
        found.append(visit(at := at + 1, vid, f"s{number}", "ann@acme.com", *some, url=url))
        checked = enumerate(dice.sample(some, 3), at + 1)
        found += [check(n, vid, f"s{number}", a, dice.choice(VERDICTS)) for n, a in checked]
        at += 3
        if number % 2:
            firm: Json = {"domain": _domain(dice), "name": dice.choice(["Acme", "Acme Inc"])}
            found.append(profile(at := at + 1, vid, f"s{number}", ANN, f"Ann {number}", firm))
    return found


def _domain(dice: random.Random) -> str:
    return dice.choice(["acme.com", "uk.acme.com", "firm.example", "gmail.com", "other.org"])


@pytest.mark.parametrize("seed", [1, 2, 3] if IS_FULL else [1])
@pytest.mark.long_on("postgres")
def test_many_addresses_are_what_the_reference_says_in_any_order_and_after_any_withdrawal(
    database: Database, seed: int
) -> None:
    order = random.Random(seed)
    deliveries = stream(seed)
    order.shuffle(deliveries)
    _in_pieces(database, deliveries, order)
    assert without_errors(exported(database)) == expected(deliveries)
    assert replay(database).changed == {}
    assert max(map(len, _held(database).values())) > MOST_COPIED
    while deliveries:
        gone = set(deliveries[: order.choice([1, 4, 8])])
        with database.deriving() as db:
            remove(db, by_id(db, {one.webhook_id for one in gone}))
        deliveries = [one for one in deliveries if one not in gone]
        assert without_errors(exported(database)) == expected(deliveries)
        assert replay(database).changed == {}
    assert _held(database) == {}


def _held(database: Database) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    with database.read() as db:
        for row in db.execute(select(LEAD_ADDRESS)).mappings():
            found.setdefault(row["lead"], []).append(dict(row))
    return found


def test_only_who_holds_few_addresses_has_copies_of_what_events_change(
    database: Database,
) -> None:
    emails = [f"a{number}@acme.com" for number in range(MOST_COPIED)]
    firm: Json = {"domain": "acme.com"}
    take_in(
        database, [visit(1, "v", "s1", *emails, url=ANN), profile(2, "v", "s1", ANN, "A", firm)]
    )
    catch_up(database)
    assert {row["company_key"] for row in _held(database)[ANN]} == {"acme.com"}
    assert None not in {row["last_seen"] for row in _held(database)[ANN]}
    take_in(database, [visit(3, "v", "s2", "one@more.org", url=ANN)])
    catch_up(database)
    rows = _held(database)[ANN]
    assert len(rows) == MOST_COPIED + 1
    assert {(row["company_key"], row["last_seen"]) for row in rows} == {(None, None)}


def test_an_employers_domain_goes_with_the_job_but_not_while_an_address_gives_it(
    database: Database,
) -> None:
    def named() -> set[str]:
        catch_up(database)
        with database.read() as db:
            return set(db.execute(select(LEAD_IDENTIFIER.c.value)).scalars()) - {ANN}

    take_in(database, [visit(1, "v", "s1", "ann@uk.acme.com", url=ANN)])
    take_in(database, [profile(2, "v", "s1", ANN, "Ann", {"domain": "de.acme.com"})])
    assert named() == {"ann@uk.acme.com", "uk.acme.com", "de.acme.com", "acme.com"}
    take_in(database, [profile(3, "v", "s1", ANN, "Ann", {"domain": "other.org"})])
    assert named() == {"ann@uk.acme.com", "uk.acme.com", "acme.com", "other.org"}
    assert replay(database).changed == {}


def test_a_renamed_company_renames_how_its_people_are_found(database: Database) -> None:
    def found_by() -> set[str]:
        catch_up(database)
        with database.read() as db:
            return set(db.execute(select(LEAD.c.search)).scalars())

    firm: Json = {"domain": "acme.com", "name": "Acme", "_type": "full"}
    for at, who in enumerate(("bob", "cyd")):
        url = f"linkedin.com/in/{who}"
        take_in(database, [profile(at, f"v-{who}", f"s-{who}", url, who, firm)])
    assert found_by() == {"acme.com bob com", "acme.com com cyd"}
    firm |= {"name": "Zeta"}
    take_in(database, [profile(9, "v-bob", "s-bob", "linkedin.com/in/bob", "bob", firm)])
    assert found_by() == {"acme.com bob com zeta", "acme.com com cyd zeta"}
    assert replay(database).changed == {}


def test_an_address_of_many_profiles_is_judged_for_each_of_them(database: Database) -> None:
    people = [f"linkedin.com/in/p{number}" for number in range(5)]
    take_in(
        database,
        [
            visit(number, f"v{number}", f"s{number}", "one@acme.com", f"{number}@acme.com", url=url)
            for number, url in enumerate(people)
        ],
    )
    for at, verdict in enumerate(("valid", "valid", "invalid"), 10):
        take_in(database, [check(at, "v0", "s0", "one@acme.com", verdict)])
        catch_up(database)
        assert replay(database).changed == {}
    with database.read() as db:
        shown = db.execute(select(LEAD.c.email, LEAD.c.email_validity).order_by(LEAD.c.key)).all()
    assert shown == [(f"{number}@acme.com", None) for number in range(5)]
    assert sorted(_held(database)) == people
