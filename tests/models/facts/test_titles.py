"""Job titles and what a reader of the field takes them for, each a line of `titles.txt`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts.titles.meaning import DEPARTMENTS, SENIORITIES, meaning_of

TITLES = Path(__file__).with_name("titles.txt").read_text(encoding="utf-8")
CASES = [tuple(part.strip() for part in line.rsplit("|", 2)) for line in TITLES.splitlines()]


@pytest.mark.parametrize(("title", "seniority", "department"), CASES)
def test_a_title(title: str, seniority: str, department: str) -> None:
    meaning = meaning_of(title)
    assert (meaning.seniority, meaning.department) == (seniority, department)


def test_roles_parted_by_bars() -> None:
    assert meaning_of("Co-Founder | Advisor | Angel").seniority == "c_level"
    assert meaning_of("Advisor | VP Sales").department == "sales"


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 400
    assert len({title for title, _, _ in CASES}) == len(CASES)


@given(st.text(max_size=400))
def test_any_text_tells_something(title: str) -> None:
    meaning = meaning_of(title)
    assert meaning.seniority in SENIORITIES
    assert meaning.department in DEPARTMENTS
