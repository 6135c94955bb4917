"""Whoever a message named beside somebody else is given it, and is taken out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.facts.ignored import Ignoring
from models.personal_data.forgetting import Who, forget
from models.personal_data.subject import subject
from models.storage.database import Database
from models.tables.rules import NAMED_BESIDE, OUTBOX
from tests.desk import eventually
from tests.models.rules.desk import profile, rule, told, visit
from tests.sender.desk import add, chosen, messages, sending
from tests.sender.stand_in import Said, StandIn, standing_in

ANN, BOB = "linkedin.com/in/ann", "linkedin.com/in/bob"


def messages_of(database: Database, url: str) -> list[dict[str, Any]]:
    """What somebody is given of the outbox."""
    found: list[dict[str, Any]] = subject(database, Who(url=url), Ignoring())["messages"]
    return found


@contextmanager
def crm(database: Database, url: str, folder: Path) -> Iterator[StandIn]:
    """A webhook that takes what is sent, and a sender at work."""
    with standing_in() as server, sending(chosen(url, folder)):
        add(database, chosen(url, folder), "crm", server.url)
        yield server


def test_who_was_named_beside_a_colleague_is_given_that_message_but_not_what_it_said(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with crm(database, database_url, tmp_path) as server:
        rule(database, when="company", to=("crm",))
        told(database, visit("bob"), profile("bob"), visit("ann"), profile("ann"))
        eventually(lambda: messages(database)[0]["state"] == "sent")
    (said,) = [one.json()["data"] for one in server.taken()]
    about, beside = (ANN, BOB) if said["lead"]["lead"] == ANN else (BOB, ANN)
    assert [one["lead"] for one in said["people"]] == [beside]
    (own,), (other,) = messages_of(database, about), messages_of(database, beside)
    assert (own["about"], own["lead"]) == ("them", about)
    assert (other["about"], other["key"]) == ("others, and named them", own["key"])
    assert (other["rule"], other["destination"], other["state"]) == ("hot", "crm", "sent")
    assert not {"body", "answer", "lead", "sid"} & other.keys()
    # Whoever works elsewhere by now was named all the same.
    name = beside.rpartition("/")[2]
    told(database, profile(name, domain="globex.com", name="Globex"))
    assert [one["key"] for one in messages_of(database, beside)] == [own["key"]]
    forget(database, Who(url=beside), Ignoring())
    assert messages_of(database, about)[0]["body"] is None
    with database.read() as db:
        assert not db.execute(select(NAMED_BESIDE)).all()


def test_who_was_told_of_in_a_roll_up_is_given_that(database: Database) -> None:
    rule(database, cap_per_hour=1)
    told(database, visit("ann"), visit("bob"), profile("bob"))
    rolled, together = messages_of(database, BOB)
    assert (rolled["state"], rolled["about"]) == ("rolled up", "them")
    assert (together["kind"], together["key"]) == ("roll-up", rolled["rolled_into"])
    assert "body" not in together


def test_who_is_forgotten_while_a_message_is_under_way_stays_out_of_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    forgotten: list[str] = []

    def answers(_path: str) -> Said:
        if not forgotten:
            with database.read() as db:
                about = db.execute(select(OUTBOX.c.lead)).scalar_one()
            forgotten.append(BOB if about == ANN else ANN)
            forget(database, Who(url=forgotten[0]), Ignoring())
        return Said(200)

    with crm(database, database_url, tmp_path) as server:
        server.answer = answers
        rule(database, when="company", to=("crm",))
        told(database, visit("bob"), profile("bob"), visit("ann"), profile("ann"))
        eventually(lambda: messages(database)[0]["state"] == "sent")
    with database.read() as db:
        assert db.execute(select(OUTBOX.c.body)).scalars().all() == [None]
        assert not db.execute(select(NAMED_BESIDE)).all()
