"""`TIME_ZONE`: which names are one, and what a start with any other says."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from models.settings import Settings


@pytest.mark.parametrize("name", ["UTC", "Europe/Lisbon", " Pacific/Auckland ", "America/St_Johns"])
def test_a_zone_is_known_by_its_iana_name(name: str) -> None:
    assert Settings(time_zone=name).zone() == ZoneInfo(name.strip())


@pytest.mark.parametrize(
    "name", ["Europe/Lissabon", "Europe", "../UTC", "/etc/localtime", "+01:00"]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must be the IANA name of a time zone"):
        Settings(time_zone=name)


def test_a_start_with_a_wrong_name_ends_with_a_sentence() -> None:
    start = subprocess.run(
        [sys.executable, "visitor_desk.py", "db", "check"],
        env={"TIME_ZONE": "Europe/Lissabon", "DATABASE_URL": "sqlite:///:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert start.returncode
    assert start.stderr == (
        "Setting TIME_ZONE: must be the IANA name of a time zone such as Europe/Lisbon.\n"
    )
