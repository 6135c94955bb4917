"""What is too old, and who is on a list, goes; the rest is as if it had never come."""

import random
import time
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from models import audit
from models.facts.ignored import Ignoring, lists
from models.personal_data.ignoring import erase_hits, hits
from models.projector.process import Projector
from models.projector.replay import replay
from models.projector.retention import count_old, prune, reason_to_ask
from models.settings import Settings
from models.storage.database import Database
from tests.desk import catch_up, eventually, expected, exported, take_in, without_errors
from tests.models.people import ANN, ann, bob, visit
from tests.reference.events import Delivery
from tests.reference.streams import random_stream, without_conflicts
from tests.reference.test_reference import T0, Json, finalized, sent


def _ledger(database: Database) -> int:
    with database.read() as db:
        return int(db.execute(text("SELECT count(*) FROM delivery")).scalar_one())


def test_a_visit_whose_last_activity_is_older_goes_with_its_deliveries(database: Database) -> None:
    old, new = visit(1, "v-ann", "s-1", "a@x.io"), visit(60, "v-ann", "s-2", "b@x.io")
    take_in(database, [old, new])
    catch_up(database)
    gone = list(prune(database, T0 + 30_000))
    assert (sum(g.sessions for g in gone), sum(g.deliveries for g in gone)) == (1, 1)
    assert (exported(database), _ledger(database)) == (expected([new]), 1)


def test_its_last_activity_keeps_an_older_visit(database: Database) -> None:
    long = finalized(1, createdAt=T0, lastActivity=T0 + 90_000)
    take_in(database, [long])
    catch_up(database)
    list(prune(database, T0 + 30_000))
    assert exported(database) == expected([long])


def test_what_belongs_to_no_visit_goes_by_the_time_it_was_received(database: Database) -> None:
    unknown = sent("new_thing", 1, {})
    take_in(database, [unknown, Delivery("old", T0, b"?"), Delivery("new", T0 + 60_000, b"?")])
    catch_up(database)
    list(prune(database, T0 + 30_000))
    assert _ledger(database) == 1
    quarantine = exported(database)["quarantine"]
    assert [row.split(",")[0] for row in quarantine.splitlines()[1:]] == ["new"]


def test_counting_changes_nothing(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    old = count_old(database, T0 + 3_600_000)
    assert (old.sessions, old.deliveries) == (2, 6)
    assert without_errors(exported(database)) == expected([*ann(), *bob()])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.long_on("postgres")
def test_after_retention_replay_changes_nothing(database: Database, seed: int) -> None:
    take_in(database, without_conflicts(random_stream(seed, 500)))
    catch_up(database)
    with database.read() as db:
        times = list(db.execute(text("SELECT last_activity FROM session ORDER BY 1")).scalars())
    before = len(times)
    list(prune(database, times[before // 2]))
    assert replay(database).changed == {}
    with database.read() as db:
        assert 0 < db.execute(text("SELECT count(*) FROM session")).scalar_one() < before


def _recent(now: int) -> Delivery:
    event = finalized((now - T0) // 1000, createdAt=now, lastActivity=now)
    return Delivery(event.webhook_id, now, event.body)


def test_the_projector_prunes_by_itself(database: Database) -> None:
    now = int(time.time() * 1000)
    take_in(database, ann())
    recent = _recent(now)
    take_in(database, [recent])
    projector = Projector(database, Settings(retention_days=30), lambda _derived: None)
    eventually(lambda: projector.step() >= 0 and _ledger(database) == 1)
    assert exported(database) == expected([recent])


def _stepped(database: Database, times: int = 12) -> None:
    projector = Projector(database, Settings(retention_days=30), lambda _derived: None)
    for _ in range(times):
        projector.step()


def test_retention_is_in_the_audit_log_before_anything_goes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time() * 1000)
    recent = _recent(now)
    take_in(database, [*ann(), recent])
    catch_up(database)
    before = _ledger(database)

    def refused(*_: object, **__: object) -> None:
        raise audit.AuditError("can't be written")

    with monkeypatch.context() as patched:
        patched.setattr(audit, "recorded", refused)
        _stepped(database)
        assert _ledger(database) == before
    _stepped(database)
    assert _ledger(database) == 1
    with database.read() as db:
        assert db.execute(text("SELECT what, rows FROM audit JOIN audit_rows ON entry = id")).all()


def test_retention_waits_when_the_clock_may_be_wrong(database: Database) -> None:
    take_in(database, [*ann(), *bob()])  # the newest is long past
    catch_up(database)
    before = _ledger(database)
    _stepped(database)
    assert _ledger(database) == before
    assert "clock" in (reason_to_ask(database, 30) or "")


def test_retention_waits_when_more_than_half_would_go(database: Database) -> None:
    now = int(time.time() * 1000)
    recent = _recent(now)
    take_in(database, [*ann(), *bob(), recent])
    catch_up(database)
    before = _ledger(database)
    _stepped(database)
    assert _ledger(database) == before
    assert "2 of 3 visits" in (reason_to_ask(database, 30) or "")
    assert reason_to_ask(database, 36_500) is None


OFFICE: Json = {"ip": "10.1.2.3"}
EU: Json = {"isEU": True}

LISTS = pytest.mark.parametrize(
    ("lists", "betrays"),
    [
        ({"ignore_email_domains": "own.com"}, visit(5, "v-ann", "s-2", "ann@mail.own.com")),
        ({"ignore_companies": "Own Inc"}, visit(5, "v-ann", "s-2", employer="own  INC")),
        ({"ignore_ips": "10.0.0.0/8,::1"}, visit(5, "v-ann", "s-2", network=OFFICE)),
        (
            {"ignore_ips": "203.0.113.0/24"},
            visit(5, "v-ann", "s-2", network={"ip": "::ffff:203.0.113.7"}),
        ),
        (
            {"ignore_email_domains": "https://Own.com/"},
            visit(5, "v-ann", "s-2", "ann@own.com"),
        ),
        (
            {"ignore_companies": 'acme.org, "Own, Inc."'},
            visit(5, "v-ann", "s-2", employer="Own, Inc."),
        ),
        (
            {"ignore_companies": "O\u2019Neil Caf\u00e9"},
            visit(5, "v-ann", "s-2", employer="O'NEIL Cafe\u0301"),
        ),
        ({"ignore_eu": "1"}, visit(5, "v-ann", "s-2", network=EU)),
    ],
    ids=["domain", "company", "ip", "mapped", "address", "comma", "spelling", "eu"],
)


@LISTS
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.long_on("postgres")
def test_who_meets_a_list_goes_with_all_their_visits_in_any_order(
    database: Database, lists: dict[str, Any], betrays: Delivery, seed: int
) -> None:
    theirs = [*ann(), betrays, visit(9, "v-ann", "s-3"), visit(10, "v-4", "s-4", "ann@acme.com")]
    both = [*theirs, *bob()]
    random.Random(seed).shuffle(both)
    for one in both:
        take_in(database, [one])
        catch_up(database, Settings(**lists).ignoring())
    assert without_errors(exported(database)) == expected(bob())
    with database.read() as db:
        empty = text("SELECT count(*) FROM delivery WHERE erased LIKE 'IGNORE_%' AND size = 0")
        assert db.execute(empty).scalar() == len(theirs)


@LISTS
@pytest.mark.long_on("postgres")
def test_a_list_set_later_is_shown_first_and_then_applied(
    database: Database, lists: dict[str, Any], betrays: Delivery
) -> None:
    take_in(database, [*ann(), betrays, *bob()])
    catch_up(database)
    ignored = Settings(**lists).ignoring()
    assert [hit.lead for hit in hits(database, ignored)] == [ANN]
    assert without_errors(exported(database)) == expected([*ann(), betrays, *bob()])
    erase_hits(database, ignored)
    assert without_errors(exported(database)) == expected(bob())
    assert replay(database).changed == {}


def test_whom_a_list_met_comes_in_again_once_it_is_gone(database: Database) -> None:
    take_in(database, [visit(1, "v-ann", "s-1", network=EU)])
    catch_up(database, Ignoring(eu=True))
    again = visit(2, "v-ann", "s-2", network=EU)
    take_in(database, [again])
    assert exported(database) == expected([again])


@pytest.mark.parametrize(
    "companies",
    [
        "gmail.com", "https://www.linkedin.com/company/acme", "example.com", "*.acme.com",
        "@acme.com", "acme.com;other.com", "Firm, S.p.A.", "Firm, S.A.R.L.", "Firm, Pte. Ltd.",
        "Firm, A/S", "Firm, KGaA", "Firm, L.P.", "Firm, Inc.", "Firm, Sp. z o.o.", "-",
    ],
)  # fmt: skip
def test_a_company_that_no_employer_can_be_stops_the_start(companies: str) -> None:
    with pytest.raises(
        ValidationError, match=r"would never match|is not a company|does not name a company"
    ):
        Settings(ignore_companies=companies)


@pytest.mark.parametrize(
    "domains", ["acme.com;other.com", "acme.*", "*.*.com", "acme.com other.com", "acme", "a@b.com"]
)
def test_a_domain_that_no_address_can_have_stops_the_start(domains: str) -> None:
    with pytest.raises(ValidationError, match="is not a domain"):
        Settings(ignore_email_domains=domains)


def test_what_can_match_is_taken_as_it_is_meant() -> None:
    companies = '"Firm, S.p.A.", https://www.Acme.com/, O\u2019Neil, Lda Foods, "Own; Sons"'
    with pytest.raises(ValidationError, match="Own; Sons"):
        Settings(ignore_companies=companies)
    found = lists("*.acme.com,@own.com,gmail.com", companies.rpartition(",")[0], "", eu=False)
    assert found.email_domains == ("acme.com", "own.com", "gmail.com")
    assert found.companies == ("firm, s.p.a.", "acme.com", "o\u2019neil", "lda foods")
    # As an earlier release wrote it beside those whom it kept out.
    assert "IGNORE_COMPANIES=o\u2019neil" in found.reasons()
