"""Words that the screens share."""

import pytest

from dashboard.widgets import words


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ({"full_name": "Ana Lima", "email": "a@b.c", "key": "k"}, "Ana Lima"),
        ({"full_name": None, "email": "a@b.c", "key": "k"}, "a@b.c"),
        ({"full_name": None, "email": None, "key": "linkedin.com/in/ptrtht"}, "ptrtht"),
        ({"full_name": None, "email": None, "key": "01KH5FW03R"}, "Visitor 01KH5F…"),
    ],
)
def test_someone_is_called_by_the_best_that_is_known(
    lead: dict[str, str | None], expected: str
) -> None:
    assert words.who(lead) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("google", "cpc", "q1", None), "google / cpc · q1"),
        ((None, None, "q1", "https://t.co/x"), "q1"),
        ((None, None, None, "https://www.Google.com/search?q=a"), "google.com"),
        ((None, None, None, "android-app://com.slack/"), "com.slack"),
        ((None, None, None, "http://[broken"), "http://[broken"),
        ((None, None, None, None), "direct"),
    ],
)
def test_source_is_the_campaign_else_the_referrer_else_direct(
    tags: tuple[str | None, ...], expected: str
) -> None:
    names = ("utm_source", "utm_medium", "utm_campaign", "referrer")
    assert words.campaign_source(dict(zip(names, tags, strict=True))) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, None), (2, "2nd visit"), (3, "3rd visit"), (11, "11th visit"), (22, "22nd visit"),
        (112, "112th visit"),
    ],
)  # fmt: skip
def test_visits_after_the_first_are_numbered(count: int, expected: str | None) -> None:
    assert words.visits(count) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("spring-sale", "` spring-sale `"),
        ("a`b", "`` a`b ``"),
        ("``` :red[x]", "```` ``` :red[x] ````"),
        ("two\n\n# lines", "` two # lines `"),
        (" \n", ""),
    ],
)
def test_any_text_can_stand_in_a_label_as_it_is(text: str, code: str) -> None:
    assert words.as_code(text) == code


def test_a_count_that_stops_says_that_there_are_more() -> None:
    assert (words.at_least(9_999, 10_000), words.at_least(10_000, 10_000)) == ("9,999", "10,000+")
