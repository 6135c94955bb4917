"""How filters are read from an address, and written back."""

import pytest

from models.facts.paths import as_written, path_in, path_of
from models.filters.query import Filters
from models.filters.times import FilterError


@pytest.mark.parametrize("none", ["(none)", " (NONE) ", "(None)", "(n\u200bone)"])
@pytest.mark.parametrize("name", ["utm_source", "industry", "device", "pid"])
def test_no_value_is_written_in_any_case(name: str, none: str) -> None:
    assert Filters.parse({name: none}).pairs() == [(name, "(none)")]
    assert Filters.parse({name: ["(none)", none]}).pairs() == [(name, "(none)")]


def test_the_very_text_stands_beside_no_value() -> None:
    asked = Filters.from_text("utm_source=((None))&utm_source=(none)")
    assert asked.values("utm_source") == ("((None))", "(none)")


def test_spellings_of_one_text_are_one_value() -> None:
    assert Filters.from_text("utm_source=Straße&utm_source=STRASSE").pairs() == [
        ("utm_source", "Straße")
    ]


@pytest.mark.parametrize("name", ["page", "referrer_host"])
def test_pages_and_hosts_that_differ_by_an_accent_are_two_values(name: str) -> None:
    """They compare as two, so none may take the other's place."""
    assert len(Filters.parse({name: ["münchen", "munchen"]}).values(name)) == 2


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/pricing", "/pricing"),
        ("pricing", "/pricing"),
        ("/pricing?fbclid=1", "/pricing"),
        ("/pricing/#teams", "/pricing"),
        ("/pricing ?fbclid=1", "/pricing"),
        ("https://www.example.com/pricing?x=1#y", "/pricing"),
        ("HTTPS://example.com", "/"),
        ("https://example.com/%C3%BCber-uns", "/über-uns"),
        ("/100%25", "/100%"),
        ("https://example.com/100%25", "/100%"),
        ("/back?to=https://example.com/pricing", "/back"),
    ],
)
def test_a_page_is_asked_for_as_people_copy_its_address(given: str, path: str) -> None:
    (value,) = Filters.parse({"page": given}).values("page")
    assert path_of(value) == path
    # What is saved or linked reads the same again.
    assert Filters.parse({"page": value}).values("page") == (value,)


def test_an_address_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(FilterError, match="page must be a path, such as /pricing"):
        Filters.parse({"page": "https://[example/pricing"})


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("live=no", "live must be yes"), ("hot=maybe", "hot must be one of yes, no")],
)
def test_another_word_is_refused_with_those_there_are(query: str, sentence: str) -> None:
    with pytest.raises(FilterError) as refused:
        Filters.from_text(query)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("path", ["/", "/a?b", "/a#b", "/100%25", "/100%_off", "/über/%3F"])
def test_a_path_as_written_is_read_back(path: str) -> None:
    written = path_in(as_written(path))
    assert written is not None
    assert path_of(written) == path
