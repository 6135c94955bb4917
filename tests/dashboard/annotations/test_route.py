"""The route that says something of leads: who may, what is refused, what is written down."""

from typing import Any

import pytest
from sqlalchemy import select

from dashboard.access.account import ANYBODY, Account
from dashboard.access.roles import Role
from dashboard.annotations import route
from dashboard.annotations.acts import NotAllowedError, Whom, give, let_go, mark, note, take
from models.annotations.mentions import NoLeadError
from models.storage.database import Database
from models.tables import LEAD
from models.tables.access import AUDIT, AUDIT_ROWS
from tests.dashboard.settings import Choose
from tests.desk import catch_up, take_in
from tests.models.people import ANN, BOB, ann, bob

REP = Account(Role.VIEWER, "Rep@Desk.example", is_signed_in=True)
OTHER = Account(Role.VIEWER, "other@desk.example", is_signed_in=True)
OPS = Account(Role.OPS, "ops@desk.example", is_signed_in=True)


@pytest.fixture(autouse=True)
def its_database(database: Database, database_url: str, choose: Choose) -> None:
    choose(database_url=database_url)
    take_in(database, [*ann(), *bob()])
    catch_up(database)


def _standing(database: Database) -> dict[str, tuple[str | None, str | None]]:
    with database.read() as db:
        rows = db.execute(select(*LEAD.c["key", "owner", "status"]))
        return {key: (owner, status) for key, owner, status in rows}


def test_viewers_take_mark_and_note_but_only_ops_take_away(database: Database) -> None:
    assert take(REP, Whom((ANN, BOB))).leads == 2
    taken = take(OTHER, Whom((ANN,)))
    assert (taken.leads, taken.owners) == (0, {ANN: "rep@desk.example"})
    assert taken.sentence("taken") == "1 lead has an owner already: rep@desk.example"
    assert mark(OTHER, Whom((ANN,)), "meeting").leads == 1
    assert note(OTHER, ANN, "Called her.").leads == 1
    assert let_go(OTHER, Whom((ANN,))).leads == 0
    with pytest.raises(NotAllowedError, match="needs the role ops"):
        give(OTHER, Whom((ANN,)), "other@desk.example")
    asked = {"say": "give", "value": "other@desk.example", "leads": [ANN]}
    assert route._said(REP, asked).status_code == 403
    assert _standing(database)[ANN] == ("rep@desk.example", "meeting")
    assert give(OPS, Whom((ANN,)), "OTHER@desk.example").leads == 1
    assert let_go(OPS, Whom((BOB,))).leads == 1
    assert _standing(database) == {ANN: ("other@desk.example", "meeting"), BOB: (None, None)}


def test_what_is_said_stands_in_the_audit_log_and_names_no_lead(database: Database) -> None:
    take(REP, Whom((ANN,)))
    mark(REP, Whom((ANN, BOB)), "won")
    with database.read() as db:
        query = select(*AUDIT.c["who", "what", "filters"], AUDIT_ROWS.c.rows)
        entries = db.execute(query.join(AUDIT_ROWS).order_by(AUDIT.c.id)).all()
    assert [(row.who, row.what, row.rows) for row in entries] == [
        ("Rep@Desk.example", "take lead", 1),
        ("Rep@Desk.example", "mark lead", 2),
    ]
    assert entries[0].filters.startswith("lead=hash:")
    assert entries[1].filters == "leads=2&status=won"


def test_all_that_filters_choose_can_be_taken_at_once(database: Database) -> None:
    answer = route._said(ANYBODY, {"say": "take", "filters": "q=ann"})
    assert answer.body == b'{"leads":1,"owner":null,"detail":"1 lead taken."}'
    assert _standing(database)[ANN][0] == "local"
    assert _standing(database)[BOB][0] is None


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({"say": "take"}, 400, "Say for whom"),
        ({"say": "take", "leads": ["\0"]}, 400, "Say for whom"),
        ({"say": "take", "leads": ["nobody"]}, 404, "This lead no longer exists"),
        ({"say": "take", "filters": "colour=red"}, 400, "colour is not a filter"),
        ({"say": "sell", "leads": [ANN]}, 400, "Say what to do"),
        ({"say": "status", "value": "rich", "leads": [ANN]}, 400, "A status must be one of new"),
        ({"say": "note", "value": " ", "leads": [ANN]}, 400, "between 1 and 4,000 characters"),
        ({"say": "note", "value": "x", "leads": [ANN, BOB]}, 400, "for a single lead, also note"),
        (
            {"say": "give", "value": "nobody", "leads": [ANN]},
            400,
            "An owner must be an email address",
        ),
    ],
)
def test_what_can_not_be_said_is_refused_in_words(
    asked: dict[str, Any], status: int, detail: str
) -> None:
    answer = route._said(ANYBODY, asked)
    assert answer.status_code == status
    assert detail in bytes(answer.body).decode()


def test_a_lead_that_is_gone_is_told_to_whoever_notes_on_it() -> None:
    with pytest.raises(NoLeadError, match="lead no longer exists"):
        note(REP, "nobody", "Hello.")


def test_either_leads_or_filters_say_for_whom(database: Database) -> None:
    said: dict[str, Any] = {"say": "status", "value": "won", "leads": [ANN]}
    for filters in ("q=nobody", "", ["grade=A"], 1):
        refused = route._said(REP, said | {"filters": filters})
        assert refused.status_code == 400
        assert b"either leads, a list of their keys, or filters" in refused.body
    assert _standing(database)[ANN] == (None, None)
    assert route._said(REP, said | {"filters": None}).status_code == 200
