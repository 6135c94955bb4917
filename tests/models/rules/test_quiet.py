"""Quiet hours, over midnight and over the days on which clocks change."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.quiet import Quiet, QuietError

ZONES = ("Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet", "at", "over"),
    [
        ("20:00-08:00@UTC", "2026-01-05T12:00+00:00", "2026-01-05T12:00+00:00"),
        ("20:00-08:00@UTC", "2026-01-05T20:00+00:00", "2026-01-06T08:00+00:00"),
        ("20:00-08:00@UTC", "2026-01-05T07:59+00:00", "2026-01-05T08:00+00:00"),
        ("20:00-08:00@UTC", "2026-01-05T08:00+00:00", "2026-01-05T08:00+00:00"),
        ("12:00-13:00@UTC", "2026-01-05T12:30+00:00", "2026-01-05T13:00+00:00"),
        # Clocks go forward in this night: it is an hour shorter.
        ("20:00-08:00@Europe/Lisbon", "2026-03-28T22:00+00:00", "2026-03-29T08:00+01:00"),
        # And back in this one.
        ("20:00-08:00@Europe/Lisbon", "2026-10-24T22:00+01:00", "2026-10-25T08:00+00:00"),
        # It ends in the hour that is skipped, from 2 to 3 o'clock: where that would have been.
        ("20:00-02:30@Europe/Berlin", "2026-03-28T23:00+01:00", "2026-03-29T03:30+02:00"),
        # It ends in the hour that comes twice: the first time.
        ("20:00-02:30@Europe/Berlin", "2026-10-24T23:00+02:00", "2026-10-25T02:30+02:00"),
    ],
)
def test_it_is_over_when_the_clock_says_so(quiet: str, at: str, over: str) -> None:
    assert Quiet.parse(quiet).over_at(ms(at)) == ms(over)


@settings(deadline=None)  # a zone is read from the disk at first
@given(
    moment=st.integers(ms("2020-01-01T00:00+00:00"), ms("2030-01-01T00:00+00:00")),
    span=st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda its: its[0] != its[1]),
    zone=st.sampled_from(ZONES),
)
def test_it_is_over_within_a_day_and_never_before(
    moment: int, span: tuple[int, int], zone: str
) -> None:
    begin, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in span)
    quiet = Quiet.parse(f"{begin}-{end}@{zone}")
    over = quiet.over_at(moment)
    assert moment <= over <= moment + timedelta(hours=26).total_seconds() * 1000
    assert Quiet.parse(quiet.text()) == quiet


@pytest.mark.parametrize(
    "text", ["", "20-08@UTC", "25:00-08:00@UTC", "20:00-08:00@Mars", "20:00-20:00@UTC"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(QuietError):
        Quiet.parse(text)
