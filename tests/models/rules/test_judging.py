"""Rules judged in the projection's transaction: what rings, once, and what never does."""

from dataclasses import replace

from sqlalchemy import text

from models.projector.replay import replay
from models.rules import outbox, rules
from models.rules.outbox import KEPT_MS
from models.storage.database import Database
from models.tables.rules import ROLLED, RUNG, WAITING
from tests.models.rules.desk import (
    Json,
    event,
    finalized,
    now,
    profile,
    rule,
    segment,
    told,
    visit,
)


def test_a_visit_that_comes_to_match_makes_one_message_a_destination(database: Database) -> None:
    rule(database, to=("team", "other"))
    found = told(database, visit("ann"), visit("ann"), profile("ann"))
    assert sorted(row["destination"] for row in found) == ["other", "team"]
    assert {row["sid"] for row in found} == {"s-ann-1"}


def test_what_does_not_match_makes_none(database: Database) -> None:
    rule(database)
    assert told(database, visit("ann", page="/blog")) == []


def test_the_visit_itself_has_to_match_not_one_before_it(database: Database) -> None:
    rule(database, cooldown_hours=0)
    assert len(told(database, visit("ann", 1), visit("ann", 2, page="/blog"))) == 1
    assert len(told(database, visit("ann", 3))) == 2


def test_a_lead_is_told_of_once_within_the_cooldown(database: Database) -> None:
    rule(database, cooldown_hours=24)
    assert len(told(database, visit("ann", 1), visit("ann", 2))) == 1
    with database.write() as db:
        db.execute(RUNG.update().values(at=now() - 25 * 3_600_000))
    assert len(told(database, visit("ann", 3))) == 2


def test_once_is_once(database: Database) -> None:
    rule(database, when="once", cooldown_hours=0)
    assert len(told(database, visit("ann", 1), visit("ann", 2))) == 1


def test_once_rings_when_an_earlier_visit_and_a_later_fact_fit_together(
    database: Database,
) -> None:
    rule(database, query="page=/pricing&seniority=vp", when="once")
    assert told(database, visit("ann", 1)) == []
    later = visit("ann", 2, page="/blog")
    assert len(told(database, later, profile("ann", 2, title="VP Sales"))) == 1


def test_a_return_is_a_visit_after_the_first(database: Database) -> None:
    rule(database, when="return")
    assert told(database, visit("ann", 1, started_ago_s=600)) == []
    (found,) = told(database, visit("ann", 2))
    assert found["sid"] == "s-ann-2"


def test_a_company_rings_for_different_people_and_once(database: Database) -> None:
    rule(database, when="company", people=2, days=7)
    ann = (visit("ann", 1), profile("ann", 1), visit("ann", 2))
    assert told(database, *ann) == []
    (found,) = told(database, visit("bob"), profile("bob"))
    assert (found["kind"], found["company"]) == ("company", "acme.com")
    assert len(told(database, visit("cid"), profile("cid"))) == 1


def test_what_must_not_be_waits_until_it_is_known_or_the_visit_is_over(database: Database) -> None:
    rule(database, query="page=/pricing&job_title.not=student")
    assert told(database, visit("ann")) == []
    assert len(told(database, profile("ann", title="Head of Sales"))) == 1
    assert len(told(database, visit("bob"))) == 1
    assert len(told(database, profile("bob", title="Student"))) == 1
    assert len(told(database, visit("cid"))) == 1
    assert len(told(database, finalized("cid"))) == 2


def test_a_likely_bot_rings_only_where_bots_are_asked_for(database: Database) -> None:
    bot: Json = {"botManagement": {"score": 3, "verifiedBot": False}}
    rule(database)
    assert told(database, visit("ann", network=bot)) == []
    rule(database, "bots", "page=/pricing&bots=only")
    (found,) = told(database, visit("bob", network=bot))
    assert found["rule"] == "bots"


def test_old_news_makes_none(database: Database) -> None:
    rule(database)
    assert told(database, visit("ann", ago_s=3700)) == []
    late = replace(visit("bob"), received_at=now() - 3_700_000)
    assert told(database, late) == []
    assert len(told(database, visit("cid", ago_s=3000))) == 1


def test_a_replay_makes_none(database: Database) -> None:
    told(database, visit("ann"))
    rule(database)
    replay(database)
    assert told(database) == []


def test_a_paused_rule_rings_nothing_then_or_later(database: Database) -> None:
    rule(database)
    with database.write() as db:
        rules.pause(db, "hot", paused=True)
    assert told(database, visit("ann")) == []
    with database.write() as db:
        rules.pause(db, "hot", paused=False)
    assert told(database) == []
    assert len(told(database, visit("bob"))) == 1


def test_beyond_the_cap_all_are_told_together(database: Database) -> None:
    rule(database, cap_per_hour=2)
    found = told(database, *(visit(f"p{number}") for number in range(5)))
    alone = [row for row in found if row["state"] == WAITING and row["kind"] == "lead"]
    rolled = [row for row in found if row["state"] == ROLLED]
    (together,) = [row for row in found if row["kind"] == "roll-up"]
    assert (len(alone), len(rolled)) == (2, 3)
    assert {row["rolled_into"] for row in rolled} == {together["key"]}
    assert together["due_at"] > now()


def test_quiet_hours_make_it_wait(database: Database) -> None:
    rule(database, quiet="00:00-23:59@UTC")
    (found,) = told(database, visit("ann"))
    assert found["due_at"] >= now()


def test_a_merge_makes_no_second_message(database: Database) -> None:
    rule(database, when="once")
    first = told(database, visit("ann"))
    assert len(first) == 1
    # The visitor turns out to be somebody, whose other visit comes from another browser.
    again = told(
        database,
        visit("ann", url="https://linkedin.com/in/ann"),
        visit("phone", url="https://linkedin.com/in/ann"),
    )
    assert len(again) == 1


def test_a_split_makes_no_second_message(database: Database) -> None:
    rule(database, when="once")
    one = "https://linkedin.com/in/one"
    told(database, visit("ann", 1, url=one), visit("ann", 2, url=one))
    with database.read() as db:
        leads = db.execute(text("SELECT count(DISTINCT lead) FROM session")).scalar()
    assert leads == 1
    # The second visit was somebody else's, it turns out.
    found = told(database, visit("ann", 2, url="https://linkedin.com/in/two"))
    with database.read() as db:
        leads = db.execute(text("SELECT count(DISTINCT lead) FROM session")).scalar()
    assert leads == 2
    assert len(found) == 1


def test_a_change_of_a_segment_counts_at_once(database: Database) -> None:
    rule(database, cooldown_hours=0)
    assert told(database, visit("ann", page="/blog")) == []
    segment(database, "seg-hot", "page=/blog")
    assert len(told(database, visit("bob", page="/blog"))) == 1


def test_what_a_rule_remembers_outlives_its_messages(database: Database) -> None:
    rule(database, when="once")
    told(database, visit("ann", 1))
    with database.write() as db:
        db.execute(text("UPDATE outbox SET state = 'sent'"))
        outbox.prune(db, now() + 2 * KEPT_MS)
    assert told(database, visit("ann", 2)) == []


def test_a_visit_rings_once_what_it_lacked_is_known_by_another_visit(database: Database) -> None:
    rule(database, query="page=/pricing&seniority=vp")
    assert told(database, visit("ann", 1)) == []
    later = visit("ann", 2, page="/blog")
    (found,) = told(database, later, profile("ann", 2, title="VP Sales"))
    assert found["sid"] == "s-ann-1"


def test_a_visit_rings_once_its_company_is_known_by_a_colleague(database: Database) -> None:
    rule(database, query="page=/pricing&min_employees=200")
    assert told(database, visit("ann"), profile("ann", _type="basic")) == []
    (found,) = told(database, visit("bob", page="/blog"), profile("bob", employeeCount=300))
    assert found["sid"] == "s-ann-1"


def test_what_came_long_ago_does_not_ring_with_what_comes_now(database: Database) -> None:
    rule(database, query="page=/pricing&seniority=vp")
    old = replace(visit("ann", 1), received_at=now() - 3_700_000)
    assert told(database, old) == []
    assert told(database, visit("ann", 2, page="/blog"), profile("ann", 2, title="VP")) == []
    # Received only now, but from long ago.
    assert told(database, visit("bob", 1, ago_s=3700)) == []
    assert told(database, visit("bob", 2, page="/blog"), profile("bob", 2, title="VP")) == []
    # Of what is heard of again in between, something is recent.
    assert told(database, visit("cid", 1, ago_s=3700)) == []
    assert told(database, visit("cid", 1)) == []
    (found,) = told(database, visit("cid", 2, page="/blog"), profile("cid", 2, title="VP"))
    assert found["sid"] == "s-cid-1"


def test_of_a_company_who_is_here_rings_and_bots_and_unknown_people_do_not_count(
    database: Database,
) -> None:
    rule(database, query="page=/pricing&job_title.not=student", when="company")
    bot: Json = {"botManagement": {"score": 3, "verifiedBot": False}}
    robot = (visit("bot", network=bot), profile("bot", title="Head"))
    assert told(database, *robot, visit("ann"), profile("ann", title="Head")) == []
    assert told(database, visit("bob"), profile("bob")) == []
    (found,) = told(database, profile("bob", title="VP"))
    assert found["sid"] == "s-bob-1"


def test_an_unreadable_rule_holds_up_no_deriving(database: Database) -> None:
    rule(database)
    with database.write() as db:
        db.execute(text("UPDATE segment SET query = 'nonsense=1'"))
    assert told(database, visit("ann"), event("resolved", {"nonsense": 1})) == []
    with database.read() as db:
        assert db.execute(text("SELECT count(*) FROM session")).scalar() == 1
