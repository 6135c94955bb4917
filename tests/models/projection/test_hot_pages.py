"""Which visits are hot: by landing page and page events, for whichever `HOT_PAGES` is in force."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from models.projection import hot_pages
from models.projection.hot_pages import is_hot, put_in_force
from models.projector.deriving import mark_batch
from models.projector.process import Projector
from models.projector.replay import replay
from models.settings import Settings
from models.storage.database import Database
from models.tables import SESSION
from tests.dashboard.deliveries import payload, put, visitor
from tests.dashboard.screens.live.visitors import left
from tests.desk import exported, take_in
from tests.reference.streams import random_stream, without_conflicts

SHOP = "https://www.example.com"
BLOG, HOME = ("/blog",), ("/",)


@pytest.mark.parametrize(
    ("url", "paths"),
    [
        (f"{SHOP}/pricing", ("/pricing",)),
        (f"{SHOP}/pricing/", ("/demo", "/pricing")),
        (f"{SHOP}/pricing/teams?x=1#y", ("/pricing",)),
        (f"{SHOP}/", HOME),
        (SHOP, HOME),
        (f"{SHOP}/%E6%96%99%E9%87%91", ("/料金",)),
        (f"{SHOP}/料金/", ("/料金",)),
        (f"{SHOP}/%C3%BCber-uns#team", ("/über-uns",)),
        (f"{SHOP}/u%CC%88ber-uns", ("/über-uns",)),
        (f"{SHOP}/book%20a%20demo?x=1", ("/book a demo",)),
        (f"{SHOP}//pricing//teams", ("/pricing",)),
    ],
)
def test_a_page_is_hot_at_a_path_and_below_it(url: str, paths: Sequence[str]) -> None:
    assert is_hot(url, paths)


@pytest.mark.parametrize(
    ("url", "paths"),
    [
        (f"{SHOP}/pricingly", ("/pricing",)),
        (f"{SHOP}/blog/pricing", ("/pricing",)),
        (f"{SHOP}/?next=/pricing", ("/pricing",)),
        (f"{SHOP}/pricing", HOME),
        (f"{SHOP}/pricing", ()),
        (f"{SHOP}/Pricing", ("/pricing",)),
        (f"{SHOP}/book%20a%20demonstration", ("/book a demo",)),
        ("http://[broken/pricing", ("/pricing",)),
    ],
)
def test_a_page_elsewhere_is_not_hot(url: str, paths: Sequence[str]) -> None:
    assert not is_hot(url, paths)


@pytest.mark.parametrize("setting", ["/%E6%96%99%E9%87%91, /a%2Cb/", "//料金/ , /a%2cb"])
def test_paths_of_the_setting_are_in_force_as_they_are_compared(
    database: Database, setting: str
) -> None:
    paths = Settings(hot_pages=setting).hot_paths()
    assert paths == ("/料金", "/a,b")
    assert put_in_force(database, paths)
    with database.read() as db:
        assert hot_pages.hot_paths(db) == paths


@pytest.mark.parametrize(
    "setting",
    [
        "https://acme.com/pricing", "/pricing?x=1", "/demo,/pricing#a", "/pricing/*", "*/pricing",
        "acme.com/pricing", "acme.com", "localhost:8000/pricing",
    ],
)  # fmt: skip
def test_what_is_no_path_stops_the_start(setting: str) -> None:
    with pytest.raises(ValidationError, match="must be paths such as /pricing"):
        Settings(hot_pages=setting)


def _hot(database: Database) -> list[str]:
    with database.read() as db:
        return list(
            db.execute(select(SESSION.c.sid).where(SESSION.c.hot).order_by("sid")).scalars()
        )


def _mark_all(database: Database) -> None:
    while mark_batch(database):
        pass


def test_the_landing_page_of_a_visit_that_runs_makes_it_hot(database: Database) -> None:
    put(database, visitor(1, page=f"{SHOP}/demo"), visitor(2, page=f"{SHOP}/blog"))
    assert _hot(database) == ["01SID0001"]


def test_a_page_event_however_late_in_the_list_makes_a_visit_hot(database: Database) -> None:
    pages = [(f"{SHOP}/blog/{number}", 1) for number in range(100)]
    put(database, left(1, *pages, (f"{SHOP}/demo", 1)), left(2, *pages))
    assert _hot(database) == ["01SID0001"]


def test_the_session_object_that_counts_decides(database: Database) -> None:
    final = payload("session.finalized")
    older = payload("session.finalized") | {"id": "evt_older", "created": final["created"] - 1}
    final["data"]["session"] |= {"landingPage": f"{SHOP}/blog", "events": []}
    put(database, older)
    assert len(_hot(database)) == 1
    put(database, final)
    assert _hot(database) == []


def test_other_hot_pages_mark_what_is_there_anew(database: Database) -> None:
    put(database, visitor(1, page=f"{SHOP}/demo"), left(2, (f"{SHOP}/a", 1), (f"{SHOP}/blog/x", 1)))
    projector = Projector(database, Settings(hot_pages="/blog"), lambda _derived: None)
    while projector.step() == 0:
        pass
    assert _hot(database) == ["01SID0002"]


def test_marking_anew_tells_the_screens(database: Database) -> None:
    put(database, visitor(1, page=f"{SHOP}/blog"))
    version = text("SELECT version FROM projection")
    with database.read() as db:
        before = db.execute(version).scalar_one()
    assert put_in_force(database, BLOG)
    _mark_all(database)
    with database.read() as db:
        assert db.execute(version).scalar_one() == before + 1


def test_marking_goes_on_where_a_killed_process_left_it(database: Database) -> None:
    put(database, *(visitor(number, page=f"{SHOP}/blog") for number in range(9)))
    put_in_force(database, BLOG)
    mark_batch(database, 4)
    newest = [f"01SID{number:04d}" for number in (5, 6, 7, 8)]
    assert _hot(database) == newest
    put_in_force(database, BLOG)  # another process starts
    assert mark_batch(database, 4) == 4
    assert len(_hot(database)) == 8


def test_a_visit_derived_while_others_wait_is_marked_by_the_paths_in_force(
    database: Database,
) -> None:
    put(database, visitor(1, page=f"{SHOP}/demo"))
    put_in_force(database, BLOG)
    put(database, visitor(2, page=f"{SHOP}/blog"))
    assert _hot(database) == ["01SID0001", "01SID0002"]
    _mark_all(database)
    assert _hot(database) == ["01SID0002"]


def test_marked_anew_is_what_deriving_would_have_marked(database: Database) -> None:
    paths = ("/a", "/pricing", "/")
    take_in(database, without_conflicts(random_stream(21, 600)))
    exported(database)
    before = _hot(database)
    put_in_force(database, paths)
    _mark_all(database)
    assert _hot(database) != before
    assert replay(database).changed == {}


def test_replay_marks_by_the_paths_in_force_not_by_its_own_setting(database: Database) -> None:
    put_in_force(database, BLOG)
    put(database, visitor(1, page=f"{SHOP}/blog"))
    with database.write() as db:
        db.execute(text("UPDATE session SET hot = NOT hot"))
    assert replay(database).changed == {"session": 1}
    assert _hot(database) == ["01SID0001"]


def test_paths_put_in_force_during_a_replay_win(database: Database) -> None:
    put(database, visitor(1, page=f"{SHOP}/blog"), visitor(2, page=f"{SHOP}/demo"))

    def meanwhile(done: int, _total: int) -> None:
        if done:
            put_in_force(database, BLOG)
            _mark_all(database)

    replay(database, meanwhile)
    _mark_all(database)
    assert _hot(database) == ["01SID0001"]
