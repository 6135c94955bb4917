"""The definition as text: what is refused, in which words, and that form and text mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.definition import (
    Criterion,
    Definition,
    DefinitionError,
    PageRule,
)
from models.scoring.fit import fit_of
from models.scoring.reasons.words import named
from models.scoring.versions import first_text
from models.scoring.written import text_of
from tests.models.scoring.test_scores import DEFINITION


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fit = 1", "fit must be a table"),
        ("[fits]", "fits is not known. Available: fit, intent"),
        ("[fit]\nsize = { weight = 1 }", "fit.size is not known"),
        ("[fit]\ntitle = { has = ['x'] }", "fit.title needs a weight"),
        ("[fit]\ntitle = { weight = -1, has = ['x'] }", "fit.title.weight must be a number from 0"),
        ("[fit]\ntitle = { weight = nan, has = ['x'] }", "fit.title.weight must be a number"),
        ("[fit]\nseniority = { weight = 1, any = ['boss'] }", "may hold c_level, vp"),
        ("[fit]\ngrowth = { weight = 1, full = [1, 2], zero = [2, 3] }", "zero must enclose"),
        ("[intent]\nhalf_life_days = 0", "intent.half_life_days must be a number from 0.01"),
        ("[intent]\npages = [{ path = 'x', points = 1 }]", "begins with a slash, or"),
        ("[intent]\npages = [{ path = '/a' }]", "needs points"),
        (
            "[intent]\npages = [{ path = '/a/', points = 1 }, { path = '/%61', points = 2 }]",
            "names a page twice",
        ),
        ("[intent", "this is not TOML"),
    ],
)
def test_what_defines_nothing_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=r".+") as refused:
        Definition.parse(text)
    assert said in str(refused.value)


WORDS = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and text.isprintable())
POINTS = st.floats(0, 1_000_000)
PATHS = st.lists(WORDS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(
    st.lists(WORDS, min_size=1, max_size=3),
    st.dictionaries(WORDS, POINTS, max_size=3),
    st.lists(st.tuples(PATHS, POINTS, POINTS), max_size=4),
    st.floats(0.01, 3650),
)
def test_form_and_text_mean_the_same(
    words: list[str],
    signals: dict[str, float],
    pages: list[tuple[str, float, float]],
    days: float,
) -> None:
    made = Definition(
        (
            Criterion("title", 2.5, tuple(words)),
            Criterion("employees", 3, full=(50, 500), zero=(10, 5000)),
        ),
        days,
        5,
        signals,
        tuple(PageRule(*page) for page in pages),
    )
    try:
        read = Definition.parse(text_of(made))
    except DefinitionError:  # two paths in one spelling, a word of nothing that is compared
        return
    again = Definition.parse(text_of(read))
    assert again == read
    assert (read.half_life_days, dict(read.signals)) == (days, signals)
    assert [(rule.points, rule.min_seconds) for rule in read.pages] == [
        (points, seconds) for _, points, seconds in pages
    ]


def test_the_first_version_is_made_of_hot_pages() -> None:
    found = Definition.parse(first_text(("/pricing", '/100% "free"', "/pricing")))
    assert [(rule.path, rule.points) for rule in found.pages] == [
        ("/pricing", 20), ('/100% "free"', 20), ("*", 1),
    ]  # fmt: skip
    assert found.fit == ()


@pytest.mark.parametrize(
    ("values", "fit", "known"),
    [
        ({}, None, 0),
        ({"seniority": "vp"}, None, 27),
        ({"seniority": "vp", "employees": 50.0}, None, 50),
        ({"seniority": "vp", "employees": 50.0, "country": "us"}, 100, 59),
        ({"seniority": "other", "employees": 30.0, "country": "US"}, 35, 59),
        ({"seniority": "vp", "employees": -5.0, "country": "US"}, 62, 59),
        ({"seniority": "vp", "employees": 1e300, "country": "US"}, 62, 59),
        ({"seniority": "vp", "employees": 50.0, "country": "US", "title": "  "}, 100, 59),
    ],
)
def test_what_is_not_known_counts_against_nobody(
    values: dict[str, str | float], fit: int | None, known: int
) -> None:
    found = fit_of(Definition.parse(DEFINITION), values)
    assert (found.fit, found.known) == (fit, known)


def test_halves_are_rounded_up_where_floats_could_not_tell() -> None:
    text = "[fit]\nemployees = { weight = 1, full = [200, 300], zero = [0, 400] }"
    # 29 of 200 is 14.5 percent.
    assert fit_of(Definition.parse(text), {"employees": 29.0}).fit == 15


@pytest.mark.parametrize(
    ("what", "page", "said"),
    [
        ("signal:form_submit", "https://a.example/demo?x=1", "Asked for a demo"),
        ("signal:form_submit", "https://a.example/contact", "Sent a form on /contact"),
        ("signal:video_play", None, "Video play"),
        ("/pricing", "https://a.example/pricing/teams", "Looked at /pricing"),
        ("*", "https://a.example/blog", "Looked at /blog"),
        ("return_visit", None, "Came back"),
    ],
)
def test_points_are_told_in_words(what: str, page: str | None, said: str) -> None:
    assert named(what, page) == said
