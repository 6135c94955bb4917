"""A colour belongs to a name, not to its rank."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.screens.sessions.bars import hues_of
from dashboard.widgets.charts import PALETTE

HUES = PALETTE["light"][:-1]


@given(st.lists(st.text(), unique=True, max_size=len(HUES)))
def test_rank_changes_no_colour_and_no_two_look_alike(names: list[str]) -> None:
    turned = names[::-1]
    assert hues_of(names, HUES) == hues_of(turned, HUES)
    assert len(set(hues_of(names, HUES).values())) == len(names)


@given(st.text())
def test_a_name_alone_has_its_own_place_in_each_theme(name: str) -> None:
    light, dark = (hues_of([name], PALETTE[mode][:-1])[name] for mode in ("light", "dark"))
    assert PALETTE["light"].index(light) == PALETTE["dark"].index(dark)
