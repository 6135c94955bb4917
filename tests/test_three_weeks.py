"""The history that demo and tests begin with: how much it is, and that it says nothing new."""

from pathlib import Path

from sqlalchemy import select, text

from commands.demo import DEALS
from models.backtest.backtest import backtest, lines
from models.scoring.asking import ASKED_AT, GRADE, WITH_SCORE
from models.storage.database import Database
from models.tables import LEAD, LEAD_SCORE, SESSION
from simulator.purposes import Purpose
from tests.three_weeks import ThreeWeeks

DAY_MS = 86_400_000
_GRADES = {fit + intent for fit in "ABCD?" for intent in "1234"}
_GOOD = {"A1", "A2", "B1", "B2"}


def test_it_is_some_2500_leads_of_three_weeks_all_derived(
    three_weeks: ThreeWeeks, tmp_path: Path
) -> None:
    database = Database(three_weeks.copy(tmp_path))
    with database.read() as db:
        leads = db.execute(text("SELECT count(*) FROM lead")).scalar_one()
        waiting, bad = db.execute(
            text("SELECT (SELECT count(*) FROM pending), (SELECT count(*) FROM quarantine)")
        ).one()
        first, last = db.execute(
            text("SELECT min(received_at), max(received_at) FROM delivery")
        ).one()
        seen = set(db.execute(text("SELECT sid FROM session")).scalars())
    database.close()
    assert 2300 <= leads <= 2700
    assert (waiting, bad) == (0, 0)
    assert three_weeks.end_ms - 21 * DAY_MS <= first < three_weeks.end_ms - 20 * DAY_MS
    # Slower than any receipt, and still more than an hour before the tests began.
    assert last <= three_weeks.end_ms + 60_000
    assert seen == three_weeks.purposes.keys()
    assert set(three_weeks.purposes.values()) == set(Purpose)
    assert len(three_weeks.deals) >= 20


def test_grades_tell_buyers_from_the_rest_without_knowing_them(
    three_weeks: ThreeWeeks, tmp_path: Path
) -> None:
    """What is scored is only what was sent; why they came is the truth it is held against."""
    database = Database(three_weeks.copy(tmp_path))
    leads = LEAD.join(LEAD_SCORE, WITH_SCORE).join(SESSION, SESSION.c.lead == LEAD.c.key)
    query = select(LEAD.c.key, GRADE, SESSION.c.sid).select_from(leads)
    with database.read() as db:
        graded = {
            key: (grade, three_weeks.purposes[sid])
            for key, grade, sid in db.execute(query, {ASKED_AT: three_weeks.end_ms})
        }
    database.close()

    def buying(marks: set[str]) -> float:
        chosen = [why for grade, why in graded.values() if grade in marks]
        assert len(chosen) >= 20
        return chosen.count(Purpose.BUYER) / len(chosen)

    everybody = buying({grade for grade, _ in graded.values()})
    assert buying(_GOOD) > 3 * everybody
    assert buying({"C4", "D4"}) < everybody / 2


def test_a_back_test_says_by_itself_that_grades_find_buyers(
    three_weeks: ThreeWeeks, tmp_path: Path
) -> None:
    """The desk is younger than the usual cut, so it is cut half way back."""
    database = Database(three_weeks.copy(tmp_path))
    said = lines(backtest(database, DEALS))
    database.close()
    assert "prove nothing" not in "\n".join(said)
    # By all who are graded well, not by the first 50: what 50 win is as much luck as merit, and the
    # history is another one at every hour.
    groups = [line.split() for line in said if line[:2] in _GRADES]
    good = [group for group in groups if group[0] in _GOOD]

    def rate(some: list[list[str]]) -> float:
        return sum(int(won) for _, _, won, *_ in some) / sum(int(n) for _, n, *_ in some)

    assert rate(good) > 2 * rate(groups)


def test_a_copy_is_ones_own(three_weeks: ThreeWeeks, tmp_path: Path) -> None:
    database = Database(three_weeks.copy(tmp_path))
    with database.write() as db:
        db.execute(text("DELETE FROM repeat"))
        db.execute(text("UPDATE lead SET full_name = 'Somebody'"))
    database.close()
    (tmp_path / "again").mkdir()
    database = Database(three_weeks.copy(tmp_path / "again"))
    with database.read() as db:
        named = db.execute(text("SELECT count(*) FROM lead WHERE full_name = 'Somebody'")).scalar()
    database.close()
    assert named == 0
