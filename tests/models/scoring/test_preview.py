"""What a definition would change is what it changes once it is in force."""

from collections import Counter

import pytest
from sqlalchemy import Connection, select

from models.scoring import preview, versions
from models.scoring.asking import GRADE, WITH_SCORE, at
from models.scoring.definition import Definition
from models.storage.database import Database
from models.tables import LEAD, LEAD_SCORE
from tests.dashboard.deliveries import put, worker
from tests.dashboard.screens.live.visitors import guest, lately, left
from tests.models.scoring.test_scores import DEFINITION, by

SHOP = "https://www.example.com"
OTHERS = (
    DEFINITION.replace("weight = 25,", "weight = 80,"),
    DEFINITION.replace("points = 20", "points = 3").replace("return_visit = 5", "return_visit = 9"),
    "[intent]\npages = [{ path = '/a', points = 50 }]\n",
)


def _grades(db: Connection, moment: int) -> Counter[str]:
    query = select(at(GRADE, moment)).select_from(LEAD.join(LEAD_SCORE, WITH_SCORE))
    return Counter(db.execute(query).scalars())


@pytest.mark.parametrize("text", OTHERS)
def test_the_effect_is_what_comes_of_it(
    database: Database, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "DEEP", 10)
    monkeypatch.setattr(preview, "_PART", 5)
    by(database, DEFINITION.replace("half_life_days = 0.02", "half_life_days = 7"))
    text = text.replace("half_life_days = 0.02", "half_life_days = 7")
    put(
        database,
        *(
            worker(n, employeeCount=(5, 30, 90, None)[n % 4], industry=("Banking", None)[n % 2])
            for n in range(12)
        ),
        *(lately(guest(20 + n, country="PT", page=f"{SHOP}/{'ab'[n % 2]}"), 50) for n in range(6)),
        *(lately(left(30 + n, (f"{SHOP}/a", n), (f"{SHOP}/c", 4)), 60 * n + 60) for n in range(6)),
    )
    definition = Definition.parse(text)
    with database.read() as db:
        moment = versions.newest(db).at + 1_000
        before = _grades(db, moment)
        pictures = list(preview.effects(db, definition, moment))
        whole = preview.fits(db, definition)
    by(database, text)
    with database.read() as db:
        after = _grades(db, moment)
    found = pictures[-1]
    assert (found.leads, found.looked_at) == (24, 24)
    assert (found.before, found.after) == (before, after)
    assert (whole.before, whole.after) == (preview.marks(before)[0], preview.marks(after)[0])
    assert (whole.unknown, whole.lacking) == (found.unknown, found.lacking)
    is_deep = "weight = 80" not in text
    assert [one.looked_at for one in pictures] == ([10, 24] if is_deep else [24])
    assert all(one.by > 0 for one in found.rising)
    assert all(one.by < 0 for one in found.falling)


def test_of_many_always_the_same_ones_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "SAMPLE", 50)
    many = [f"linkedin.com/in/n-{n}" for n in range(2_000)]
    some = preview._fixed(many)
    assert len(set(some)) == 50
    assert preview._fixed(many[::-1]) == some
    assert preview._fixed(some) == some
