"""First and last names, as CRMs want them, of what people call themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.exports.presets.preset import names


@pytest.mark.parametrize(
    ("first", "last", "full", "written"),
    [
        (None, None, "Peter Toth, PhD", ("Peter", "Toth")),
        (None, None, "Dr. Peter Toth Ph.D., MBA (he/him)", ("Peter", "Toth")),
        (None, None, "Martin Luther King Jr.", ("Martin Luther", "King")),
        (None, None, "Henry Ford III", ("Henry", "Ford")),
        (None, None, "Jack Ma", ("Jack", "Ma")),
        (None, None, "Anna Berg, MA", ("Anna", "Berg")),
        (None, None, "Madonna", ("", "Madonna")),
        (None, None, "PhD", ("", "PhD")),
        ("Madonna", None, "Madonna", ("", "Madonna")),
        ("Peter", None, "Peter Toth, CFA", ("Peter", "Toth")),
        (None, "Toth", "Peter Toth", ("Peter", "Toth")),
        ("Peter", "Toth, PhD", "Peter Toth, PhD", ("Peter", "Toth")),
        ("Peter", ".", "Peter .", ("", "Peter")),
        ("Anna", "Berg (Lee)", "Anna Berg (Lee)", ("Anna", "Berg (Lee)")),
        ("Jan", "de Wit MBA, PMP", "Jan de Wit", ("Jan", "de Wit")),
        (None, None, "Peter Toth, Ph.D., P.Eng.", ("Peter", "Toth")),
        (None, None, "Peter Toth, FRCS", ("Peter", "Toth")),
        (None, None, "Peter Toth, PhD, FRSC", ("Peter", "Toth")),
        (None, None, "Peter Toth, LEED AP", ("Peter", "Toth")),
        (None, None, "Peter Toth MD", ("Peter", "Toth")),
        (None, None, "Peter Toth RN, CEN", ("Peter", "Toth")),
        (None, None, "Peter Toth, Ph. D.", ("Peter", "Toth")),
        (None, None, "Peter Toth Ph. D.", ("Peter", "Toth")),
        (None, None, "Peter Toth | MBA | PMP", ("Peter", "Toth")),
        (None, None, "Peter Toth; PhD", ("Peter", "Toth")),
        (None, None, "Dr. Toth, FRCS", ("", "Toth")),
        (None, None, "MD", ("", "MD")),
        ("Peter", "Toth, P.Eng", "Peter Toth, P.Eng", ("Peter", "Toth")),
        ("Peter", "Toth | Hiring", "Peter Toth", ("Peter", "Toth")),
        ("Peter", ", Toth", "Peter Toth", ("Peter", "Toth")),
    ],
)
def test_who_has_any_name_has_a_last_one_and_it_is_no_degree(
    first: str | None, last: str | None, full: str, written: tuple[str, str]
) -> None:
    assert names({"first_name": first, "last_name": last, "full_name": full}) == written


@given(st.text(max_size=30))
def test_a_name_of_letters_has_a_last_one(full: str) -> None:
    found = names({"first_name": None, "last_name": None, "full_name": full})
    assert all(part == " ".join(part.split()) for part in found)
    assert found[1] or not found[0]
