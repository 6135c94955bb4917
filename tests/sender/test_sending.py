"""From the outbox to a destination, by a real sender, to real servers."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from threading import Event

import pytest
from jsonschema_rs import validator_for

from models.rules import destinations, outbox
from models.rules.destinations import FAILING, FAILING_MS
from models.rules.outbox import COMPANY, now_ms
from models.storage.database import SENDING_LOCK, Database
from models.tables.rules import DESTINATION, OUTBOX
from sender.schedule import AFTER_S
from sender.sender import BATCH
from tests.desk import catch_up, eventually, take_in
from tests.models.people import visit
from tests.processes import ROOT
from tests.sender.desk import add, chosen, messages, post, sending, with_ann
from tests.sender.stand_in import Said, slack, standing_in, webhook

SCHEMA = json.loads((ROOT / "sender/lead.matched.schema.json").read_bytes())
BODY = validator_for(SCHEMA, validate_formats=True)


@pytest.fixture
def database(database_url: str) -> Database:
    database = Database(database_url)
    with_ann(database)
    return database


def test_a_message_is_signed_fits_its_schema_and_says_who(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        add(database, settings, "crm", f"{server.url}/in")
        ids = post(database, "crm", "a visit")
        with sending(settings):
            eventually(lambda: bool(server.taken()))
    (request,) = server.taken()
    assert request.id == ids[0]
    said = request.json()
    BODY.validate(said)
    assert said["type"] == "lead.matched"
    assert said["data"]["rule"] == "hot"
    assert said["data"]["lead"]["full_name"] == "Ann Archer"
    assert said["data"]["lead"]["email"] == "ann@acme.com"
    assert said["data"]["visit"]["sid"] == "s-ann"
    assert said["data"]["url"] == (
        "https://desk.example.com/leads?lead=linkedin.com%2Fin%2Fann&take=1"
    )
    (row,) = messages(database)
    assert (row["state"], row["status"], row["answer"], row["attempts"]) == ("sent", 200, "ok", 1)


def test_a_message_of_a_company_is_one_of_a_lead_with_its_colleagues_beside(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        add(database, settings, "crm", server.url)
        made = outbox.message(COMPANY, "hot", "crm", "acme.com", made_at=now_ms(), sid="s-ann")
        with database.write() as db:
            outbox.post(db, [made])
        with sending(settings):
            eventually(lambda: bool(server.taken()))
    said = server.taken()[0].json()
    BODY.validate(said)
    assert said["type"] == "lead.matched"
    assert said["data"]["lead"]["lead"] == "linkedin.com/in/ann"
    assert (said["data"]["people"], said["data"]["total"]) == ([], 1)


def test_slack_takes_it_and_hears_no_address(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in(slack) as server:
        add(database, settings, "sales", f"{server.url}/services/T/B/x", "slack")
        post(database, "sales", "a visit")
        with sending(settings):
            eventually(lambda: bool(server.taken()))
    text = server.requests[0].body.decode()
    assert "Ann Archer" in text
    assert "Acme (50 people)" in text
    assert "You may write to them" in text
    assert "ann@acme.com" not in text
    # When which page was seen, also where it is only one.
    assert re.search(r"Pages, by the clocks of UTC\\n\d\d:\d\d:\d\d https://", text)


@pytest.mark.parametrize("kind", ["slack", "webhook"])
def test_a_lead_that_is_named_by_an_address_is_linked_to_without_it(
    database: Database, database_url: str, tmp_path: Path, kind: str
) -> None:
    settings = chosen(database_url, tmp_path)
    take_in(database, [visit(9, "v-eve", "s-eve", "eve@acme.com")])
    catch_up(database)
    with standing_in(slack if kind == "slack" else webhook) as server:
        add(database, settings, "team", f"{server.url}/services/T/B/x", kind)
        with database.write() as db:
            db.execute(DESTINATION.update().values(leaves_out="email,phone"))
        post(database, "team", "a visit", sid="s-eve")
        with sending(settings):
            eventually(lambda: bool(server.taken()))
    text = server.requests[0].body.decode()
    assert "eve@" not in text
    assert "eve%40" not in text
    assert "https://desk.example.com/leads?sid=s-eve&take=1" in text
    if kind == "webhook":
        BODY.validate(json.loads(text))


def test_one_that_fails_is_tried_again_by_the_schedule_under_the_same_id(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        server.answer = lambda _: Said(500 if len(server.requests) < 1 else 200)
        add(database, settings, "crm", server.url)
        post(database, "crm", "a visit")
        began = now_ms()
        with sending(settings):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
            assert messages(database)[0]["due_at"] >= began + AFTER_S[0] * 1000
            with database.write() as db:  # the time is over
                db.execute(OUTBOX.update().values(due_at=now_ms()))
            eventually(lambda: messages(database)[0]["state"] == "sent")
    assert [one.status for one in server.requests] == [500, 200]
    assert len({one.id for one in server.requests}) == 1
    assert messages(database)[0]["attempts"] == 2


def test_what_a_destination_asks_for_is_waited_for(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        server.answer = lambda _: Said(429, b"slow down", (("Retry-After", "600"),))
        add(database, settings, "crm", server.url)
        post(database, "crm", "one", "two")
        with sending(settings):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
            time.sleep(1)
        with database.read() as db:
            crm = destinations.find(db, "crm")
    assert crm is not None
    assert (crm.resume_at or 0) > now_ms() + 500_000
    assert messages(database)[0]["due_at"] > now_ms() + 500_000
    # Whoever was under way beside it had been asked already; nobody else was.
    assert len(server.requests) <= 2


def test_a_destination_that_is_gone_is_switched_off_and_keeps_what_waits(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        server.answer = lambda _: Said(410)
        add(database, settings, "crm", server.url)
        post(database, "crm", "one")

        def off() -> bool:
            with database.read() as db:
                crm = destinations.find(db, "crm")
            return crm is not None and crm.off_since is not None

        with sending(settings):
            eventually(off)
            server.answer = lambda _: Said(200)
            with database.write() as db:
                destinations.switch_on(db, "crm")
                outbox.send_again(db, messages(database)[0]["id"], now_ms())
            eventually(lambda: bool(server.taken()))


def test_who_fails_for_three_days_is_switched_off(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        server.answer = lambda _: Said(500)
        add(database, settings, "crm", server.url)
        with database.write() as db:
            db.execute(DESTINATION.update().values(failing_since=now_ms() - FAILING_MS))
        post(database, "crm", "one")
        with sending(settings):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
    with database.read() as db:
        crm = destinations.find(db, "crm")
    assert crm is not None
    assert crm.off_reason == FAILING


def test_a_redirect_is_not_followed(database: Database, database_url: str, tmp_path: Path) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        server.answer = lambda _: Said(307, b"", (("Location", "/elsewhere"),))
        add(database, settings, "crm", f"{server.url}/in")
        post(database, "crm", "one")
        with sending(settings):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
    assert [one.path for one in server.requests] == ["/in"]
    assert "with a redirect" in messages(database)[0]["answer"]


def test_one_destination_that_does_not_answer_holds_up_no_other(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)

    is_over = Event()

    def slow(_: str) -> Said:
        is_over.wait(3)
        return Said(200)

    with standing_in() as stuck, standing_in() as server:
        stuck.answer = slow
        add(database, settings, "stuck", stuck.url)
        add(database, settings, "crm", server.url)
        post(database, "stuck", *map(str, range(200)))
        with sending(settings):
            eventually(lambda: bool(stuck.requests))
            begun = time.monotonic()
            post(database, "crm", *map(str, range(20)))
            eventually(lambda: len(server.taken()) == 20)
            # Behind the other's 200 messages of three seconds each it would be ten minutes.
            assert time.monotonic() - begun < 20
            is_over.set()


def test_one_sender_at_a_time_sends(database: Database, database_url: str, tmp_path: Path) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        add(database, settings, "crm", server.url)
        with database.lease(lock=SENDING_LOCK) as lease:
            assert lease
            with sending(settings) as sender:
                post(database, "crm", "one")
                eventually(lambda: sender.is_elsewhere)
                time.sleep(0.5)
                assert not server.requests
        with sending(settings):
            eventually(lambda: bool(server.taken()))


def test_whoever_is_not_known_any_more_is_told_of_nowhere(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        add(database, settings, "crm", server.url)
        post(database, "crm", "one", sid="s-nobody")
        with sending(settings):
            eventually(lambda: messages(database)[0]["state"] == "failed")
    assert not server.requests


def test_a_key_that_is_gone_is_said(database: Database, database_url: str, tmp_path: Path) -> None:
    settings = chosen(database_url, tmp_path)
    with standing_in() as server:
        add(database, settings, "crm", server.url)
        (tmp_path / "keys").unlink()
        post(database, "crm", "one")
        with sending(settings):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
    assert "keys is missing" in messages(database)[0]["answer"]
    assert not server.requests


def test_whatever_a_destination_says_is_kept_as_text_that_can_be(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with_ann(database)
    with standing_in() as server:
        server.answer = lambda _path: Said(200, b"o\0k \xff\xed\xa0\x80")
        add(database, settings, "crm", server.url)
        post(database, "crm", "one")
        with sending(settings):
            eventually(lambda: messages(database)[0]["state"] == "sent")
    assert messages(database)[0]["answer"].startswith("o\ufffdk \ufffd")
    assert len(server.requests) == 1


def waiting(database: Database) -> int:
    with database.read() as db:
        return outbox.counts(db).get("waiting", 0)


def test_many_are_sent_once_each_and_what_is_withdrawn_meanwhile_is_not(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = chosen(database_url, tmp_path)
    with_ann(database)
    with standing_in() as server:
        add(database, settings, "crm", server.url)
        ids = post(database, "crm", *(f"{number}" for number in range(BATCH * 4)))
        withdrawn = set(ids[BATCH * 3 :])

        def answers(_path: str) -> Said:
            # The third batch is made while the second is sent, and so on.
            if len(server.requests) == BATCH * 2:
                with database.write() as db:
                    db.execute(OUTBOX.delete().where(OUTBOX.c.webhook_id.in_(withdrawn)))
            return Said(200)

        server.answer = answers
        with sending(settings):
            eventually(lambda: waiting(database) == 0)
    assert server.ids() == Counter(ids[: BATCH * 3])
