"""Words: what a lead is found by, and what a search asks for."""

from itertools import product
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts.search import (
    LONGEST_WORD,
    MOST_WORDS,
    after,
    asked,
    fold,
    with_words,
    words,
)

NAMES = st.text(alphabet="aáÁbß İñ.-_@,\"'çשלמ東京1", max_size=20)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("peter", "Peter Tóth"),
        ("TOTH", "Peter Tóth"),
        ("tóth pe", "Peter Tóth"),
        ("peter.toth@gmail", "peter.toth@gmail.com"),
        ("toth@gm", "peter.toth@gmail.com"),
        ("gmail.com", "peter.toth@gmail.com"),
        ("marie", "Anne-Marie O'Neill"),
        ("anne-ma", "Anne-Marie O'Neill"),
        ("o'neill", "Anne-Marie O'Neill"),
        ('"acme, inc"', "Acme, Inc."),
        ("strasse", "Große Straße"),
        ("lukasz", "Łukasz Żółć"),
        ("ŁUKASZ zolc", "łukasz żółć"),
        ("soren", "Søren Kierkegård"),
        ("o'neil", "Shaquille O’Neil"),
        ("o’neil", "Shaquille O'Neil"),
        ("o´neil", "Shaquille OʼNeil"),
        ("straße", "Grosse STRASSE"),
        ("dang", "Đặng Thị"),
        ("thor aegir", "Þór Ægir"),
        ("oeuvre gudmundur", "Œuvre Guðmundur"),
        ("isik", "Işık"),
        ("istanbul", "İSTANBUL"),
        ("anne-marie", "Anne‑Marie"),
        ("peter", "Pe\u00adter\u200b Tóth"),
        ("tel", "℡"),
        ("של", "שלום"),
    ],
)
def test_a_search_finds_by_the_beginnings_of_words(search: str, text: str) -> None:
    assert _finds(search, [text])


@pytest.mark.parametrize("search", ["ete", "peter x", "mail", "%", "_", "@", "100%"])
def test_a_search_finds_nothing_else(search: str) -> None:
    assert not _finds(search, ["Peter Tóth", "peter.toth@gmail.com"])


@given(st.lists(NAMES, max_size=4))
def test_each_text_is_found_by_itself_and_by_the_beginning_of_each_word(texts: list[str]) -> None:
    for text in texts:
        if asked(text):
            assert _finds(text, texts)
            assert all(_finds(word[:1], texts) for word in asked(text))


@given(st.text(st.characters(exclude_categories=["Cs"])) | NAMES)
def test_what_is_folded_stays_so_in_whichever_form_and_case_it_came(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert {fold(normalize(form, text)) for form in ("NFC", "NFD")} == {folded}
    assert fold(f"  {text}\t ") == folded


@given(st.text(st.sampled_from("aŁøđßæœþðıİéñ’'- ")))
def test_latin_letters_fold_into_what_a_plain_keyboard_has(text: str) -> None:
    assert fold(text).isascii()
    assert fold(text.upper()) == fold(text) == fold(text.lower())


@given(NAMES)
def test_no_word_begins_another_one(text: str) -> None:
    found = words([text])
    assert not [one for one in found for other in found if one != other and other.startswith(one)]


@given(st.text(min_size=1, max_size=8), st.text(st.characters(max_codepoint=0x10FFFE), max_size=3))
def test_the_range_of_a_word_has_what_begins_with_it(word: str, rest: str) -> None:
    assert word <= word + rest < after(word)


@given(st.lists(st.lists(st.text(st.sampled_from("ab c@."), max_size=8)), max_size=5))
def test_texts_that_come_one_after_the_other_are_found_by_what_they_are_together(
    parts: list[list[str]],
) -> None:
    known: list[str] = []
    for part in parts:
        known = with_words(known, part)
    assert known == words([text for part in parts for text in part])


@given(st.lists(st.lists(st.text(st.sampled_from("abc"), max_size=6), max_size=150), max_size=5))
def test_so_they_are_when_there_are_too_many(parts: list[list[str]]) -> None:
    many = ["".join(three) for three in product("abcdef", repeat=3)]
    known = words(many)
    for part in parts:
        known = with_words(known, part)
    assert len(known) == MOST_WORDS
    assert known == words([*many, *(text for part in parts for text in part)])


def test_what_a_lead_is_found_by_is_bounded() -> None:
    found = words([f"name{n}x" for n in range(1000)] + ["y" * 1000])
    assert len(found) <= 100
    assert max(map(len, found)) <= LONGEST_WORD


def _finds(search: str, texts: list[str]) -> bool:
    known = words(texts)
    return bool(asked(search)) and all(
        any(word <= one < after(word) for one in known) for word in asked(search)
    )
