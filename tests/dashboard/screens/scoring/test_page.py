"""The screen of scores as Streamlit runs it: a text is changed, its effect seen, a version kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from models.scoring import preview, versions
from models.storage.database import Database
from tests.dashboard.deliveries import put
from tests.dashboard.pages import at
from tests.dashboard.screens.live.visitors import guest, lately
from tests.dashboard.settings import Choose

NEW = "[intent]\nhalf_life_days = 7\npages = [{ path = '*', points = 90 }]\n"


@pytest.fixture
def database(sqlite_url: str, choose: Choose) -> Iterator[Database]:
    choose(database_url=sqlite_url)
    opened = Database(sqlite_url)
    put(opened, *(lately(guest(n, first=f"G{n}"), 60) for n in range(12)))
    yield opened
    opened.close()


def _captions(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.caption)


def test_a_change_shows_what_it_comes_to_and_is_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    whole = preview.fits

    def counted(*given: Any) -> preview.Fits:
        nonlocal looks
        looks += 1
        return whole(*given)

    monkeypatch.setattr(preview, "fits", counted)
    app = at("scoring").run()
    assert not app.exception
    assert "Edit it to see" in _captions(app)
    app.segmented_control(key="scoring_way").set_value("Text").run()
    app.text_area[0].set_value(NEW).run()
    assert not app.exception
    said = _captions(app)
    assert "Based on all 12 leads, always the same ones." in said
    assert "Fit of all" not in said
    assert "Rising most" in said
    app.segmented_control(key="scoring_way").set_value("Form").run()
    app.segmented_control(key="scoring_way").set_value("Text").run()
    assert not app.exception
    assert "points = 90" in str(app.text_area[0].value)  # each way shows what the other said
    (note,) = [field for field in app.text_input if field.label == "Note"]
    note.set_value("more for pages").run()
    assert looks == 1  # who writes a note does not wait for it again
    (save,) = [button for button in app.button if button.label == "Save as a new version"]
    save.click().run()
    assert not app.exception
    with database.read() as db:
        newest = versions.newest(db)
    assert (newest.number, newest.note) == (2, "more for pages")


@pytest.mark.usefixtures("database")
def test_of_many_a_sample_is_looked_at_and_the_fit_of_all() -> None:
    shown = AppTest.from_function(_with_a_small_sample, default_timeout=30).run()
    assert not shown.exception
    said = _captions(shown)
    assert "Based on 8 of 12 leads, always the same ones." in said
    assert "Fit of all 12 leads" in said


def _with_a_small_sample() -> None:
    import time  # noqa: PLC0415 - a script of its own

    from dashboard.data.reading import reading  # noqa: PLC0415 - a script of its own
    from dashboard.screens.scoring.effect import (  # noqa: PLC0415 - a script of its own
        say_effect,
        say_fits,
    )
    from models.scoring import preview  # noqa: PLC0415 - a script of its own
    from models.scoring.definition import Definition  # noqa: PLC0415 - a script of its own

    definition = Definition.parse("[intent]\npages = [{ path = '*', points = 90 }]\n")
    with reading() as db:
        sample = preview.sample_of(db, most=8)
        say_effect(preview.effect(db, sample, definition, time.time_ns() // 1_000_000, part=2))
        say_fits(preview.fits(db, definition), sample=8)
