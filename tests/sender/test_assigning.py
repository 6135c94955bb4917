"""A rule that assigns, from the outside: the message that arrives names who has the lead."""

from pathlib import Path

from sqlalchemy import select

from models.annotations.ownership import owner_of, take
from models.storage.database import Database
from models.tables import STATEMENT
from models.tables.access import AUDIT
from tests.desk import eventually
from tests.models.rules.desk import rule, told, visit
from tests.sender.desk import add, chosen, sending
from tests.sender.stand_in import StandIn, slack, standing_in

ANN, BOB = "ann@desk.example", "bob@desk.example"


def owners(server: StandIn) -> dict[str, str | None]:
    """Who has each lead, as the messages that arrived say."""
    leads = [one.json()["data"]["lead"] for one in server.taken()]
    return {lead["lead"]: lead["owner"] for lead in leads}


def test_the_message_names_who_has_the_lead_and_several_have_their_turn(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with standing_in() as server, sending(chosen(database_url, tmp_path)):
        add(database, chosen(database_url, tmp_path), "crm", server.url)
        rule(database, to=("crm",), assign_to=[ANN, BOB])
        with database.write() as db:
            told_before = db.execute(select(AUDIT.c.id)).all()
        for number in range(3):
            told(database, visit(f"p{number}"))
        eventually(lambda: len(server.taken()) == 3)
    assert owners(server) == {"v-p0": ANN, "v-p1": BOB, "v-p2": ANN}
    with database.read() as db:
        said = db.execute(select(*STATEMENT.c["who", "value"])).all()
        noted = db.execute(select(*AUDIT.c["who", "what", "filters"])).all()[len(told_before) :]
    assert [tuple(one) for one in said] == [("rule:hot", ANN), ("rule:hot", BOB), ("rule:hot", ANN)]
    assert [(who, what) for who, what, _ in noted] == [("rule:hot", "give lead")] * 3
    # As keyed hashes: nothing that names a human stands in the audit log.
    assert not any(ANN in filters or "v-p" in filters for *_, filters in noted)


def test_of_two_rules_at_once_the_first_assigns_and_both_messages_say_so(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with standing_in() as server, sending(chosen(database_url, tmp_path)):
        add(database, chosen(database_url, tmp_path), "crm", server.url)
        rule(database, "a-first", to=("crm",), assign_to=[ANN])
        rule(database, "b-second", to=("crm",), assign_to=[BOB])
        told(database, visit("p"))
        eventually(lambda: len(server.taken()) == 2)
    assert {one.json()["data"]["rule"] for one in server.taken()} == {"a-first", "b-second"}
    assert {one.json()["data"]["lead"]["owner"] for one in server.taken()} == {ANN}
    with database.read() as db:
        assert len(db.execute(select(STATEMENT.c.id)).all()) == 1


def test_who_owns_a_lead_keeps_it_and_nobodys_turn_is_lost(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    told(database, visit("owned", page="/blog"))
    with database.write() as db:
        take(db, "v-owned", BOB, BOB)
    with standing_in() as server, sending(chosen(database_url, tmp_path)):
        add(database, chosen(database_url, tmp_path), "crm", server.url)
        rule(database, to=("crm",), assign_to=[ANN, BOB])
        told(database, visit("owned", 2))
        told(database, visit("free"))
        eventually(lambda: len(server.taken()) == 2)
    assert owners(server) == {"v-owned": BOB, "v-free": ANN}


def test_slack_says_whose_a_lead_is(database: Database, database_url: str, tmp_path: Path) -> None:
    with standing_in(slack) as server, sending(chosen(database_url, tmp_path)):
        url = f"{server.url}/services/T/B/x"
        add(database, chosen(database_url, tmp_path), "sales", url, "slack")
        rule(database, to=("sales",), assign_to=[ANN])
        told(database, visit("p"))
        eventually(lambda: bool(server.taken()))
    said = server.taken()[0].body.decode()
    assert f"Owner: {ANN}" in said
    assert "Open and take" not in said


def test_what_cannot_be_recorded_is_not_assigned_and_rings_all_the_same(database: Database) -> None:
    rule(database, assign_to=[ANN])
    # No file can be made in it.
    database.forgotten_file.mkdir(parents=True)
    (found,) = told(database, visit("p"))
    assert found["sid"] == "s-p-1"
    with database.read() as db:
        assert owner_of(db, "v-p") is None
        assert db.execute(select(AUDIT.c.id)).all() == []
