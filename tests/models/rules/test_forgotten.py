"""Whoever is forgotten is out of the outbox: what waits is not sent, what was sent is emptied."""

from sqlalchemy import select

from models.facts.ignored import Ignoring
from models.personal_data.forgetting import Who, forget
from models.personal_data.subject import subject
from models.storage.database import Database
from models.storage.rows import Row
from models.tables.rules import OUTBOX, RULE_HOUR, RUNG
from tests.models.rules.desk import profile, rule, told, visit

BOB = "linkedin.com/in/bob"


def sent(database: Database) -> None:
    """Everything that waits is sent, and says something of Bob."""
    with database.write() as db:
        said = {"state": "sent", "sent_at": 1, "body": "Bob", "answer": "got Bob"}
        db.execute(OUTBOX.update().values(said))


def outbox(database: Database) -> list[Row]:
    with database.read() as db:
        rows = db.execute(select(OUTBOX).order_by(OUTBOX.c.id)).mappings()
        return [dict(row) for row in rows]


def test_what_waits_goes_and_what_was_sent_is_emptied(database: Database) -> None:
    rule(database, cooldown_hours=0)
    told(database, visit("bob", 1), profile("bob", 1), visit("ann"))
    sent(database)
    told(database, visit("bob", 2, url=f"https://{BOB}"))
    assert len(outbox(database)) == 3
    assert len(subject(database, Who(url=BOB), Ignoring())["messages"]) == 2
    forget(database, Who(url=BOB), Ignoring())
    bobs, anns = outbox(database)
    assert [bobs[name] for name in ("lead", "sid", "company", "body", "answer")] == [None] * 5
    assert (bobs["state"], anns["body"]) == ("sent", "Bob")
    with database.read() as db:
        assert set(db.execute(select(RUNG.c.sid)).scalars()) == {"s-ann-1"}


def test_who_was_named_beside_somebody_else_is_out_of_that_message_too(database: Database) -> None:
    rule(database, when="company")
    assert told(database, visit("bob"), profile("bob")) == []
    (found,) = told(database, visit("ann"), profile("ann"))
    assert found["lead"] != BOB
    sent(database)
    # Bob works elsewhere by now.
    told(database, profile("bob", domain="globex.com", name="Globex"))
    forget(database, Who(url=BOB), Ignoring())
    (left,) = outbox(database)
    assert (left["body"], left["answer"], left["lead"]) == (None, None, found["lead"])


def test_who_was_rolled_up_is_out_of_the_roll_up(database: Database) -> None:
    rule(database, cap_per_hour=1)
    told(database, visit("ann"), visit("bob"), profile("bob"))
    sent(database)
    forget(database, Who(url=BOB), Ignoring())
    (together,) = [row for row in outbox(database) if row["kind"] == "roll-up"]
    assert (together["body"], together["answer"]) == (None, None)


def test_a_rule_counts_hours_no_longer_than_it_needs(database: Database) -> None:
    from models.rules import outbox as messages  # noqa: PLC0415 - the fixture's name above

    rule(database)
    (found,) = told(database, visit("ann"))
    with database.write() as db:
        messages.prune(db, found["made_at"] + 3 * 86_400_000)
        assert db.execute(select(RULE_HOUR.c.hour)).all() == []
