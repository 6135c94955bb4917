"""A preview says what a rule would have done: the same as it did, where it was there."""

import pytest

from models.rules.explaining import Check, explained
from models.rules.preview import Preview, preview
from models.storage.database import Database
from tests.models.rules.desk import finalized, now, profile, rule, told, visit


def previewed(database: Database) -> Preview:
    with database.read() as db:
        return preview(db, "hot", 7, now())


@pytest.mark.parametrize("when", ["visit", "return"])
def test_what_came_too_late_would_not_have_rung(database: Database, when: str) -> None:
    rule(database, when=when)
    told(database, visit("ann", 1, page="/blog", started_ago_s=9000))
    late = told(database, visit("ann", 2, started_ago_s=8000, ago_s=3700))
    found = previewed(database)
    assert (late, found.rang, dict(found.outcomes)) == ([], [], {"came too late": 1})
    # What is heard of it later, and in time, makes it ring.
    rang = told(database, visit("ann", 2, started_ago_s=8000))
    assert [one.sid for one in previewed(database).rang] == [row["sid"] for row in rang]
    assert len(rang) == 1


def test_who_came_too_late_counts_among_a_companys_people(database: Database) -> None:
    rule(database, when="company", people=2)
    told(database, visit("ann", started_ago_s=8000, ago_s=3700), profile("ann"))
    told(database, visit("bob", started_ago_s=7000, ago_s=3700), profile("bob"))
    rang = told(database, visit("cid"), profile("cid"))
    assert rang[-1]["sid"] in {one.sid for one in previewed(database).rang}


def test_what_was_not_known_yet_would_not_have_rung(database: Database) -> None:
    rule(database, query="page=/pricing&job_title.not=student")
    assert told(database, visit("ann")) == []
    found = previewed(database)
    assert (found.rang, dict(found.outcomes)) == ([], {"not known yet": 1})
    assert len(told(database, finalized("ann"))) == 1
    assert [one.sid for one in previewed(database).rang] == ["s-ann-1"]


def test_a_rule_says_that_it_does_not_ring_for_what_came_too_late(database: Database) -> None:
    rule(database)
    told(database, visit("ann", ago_s=3700))
    with database.read() as db:
        found = explained(db, "v-ann", "hot", now())
    said = "its events came more than an hour after they happened"
    assert not found.rings
    assert Check("heard of in time", holds=False, met=said) in found.checks
    told(database, visit("ann"))
    with database.read() as db:
        assert (
            Check("heard of in time", holds=True, met="")
            in explained(db, "v-ann", "hot", now()).checks
        )
