"""The strip above the feed: who is here, how busy it is, which silence is normal."""

import json
from typing import Any

from dashboard.screens.live.pulse import Pulse
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.storage.database import Database
from models.tables import PROJECTION
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor

MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 20_000 * 24 * HOUR + 12 * HOUR + 7 * MINUTE


def _pulse(database: Database, now: int = NOW, pulse: Pulse | None = None) -> dict[str, Any]:
    with database.read() as db:
        found: dict[str, Any] = json.loads((pulse or Pulse()).text(db, now))
    return found


def _at(number: int, at: int) -> tuple[dict[str, Any], int]:
    return visitor(number), at


def _put(database: Database, *events: tuple[dict[str, Any], int]) -> None:
    for event, at in events:
        put(database, event, received_at=at)


def test_an_empty_product_has_nobody_and_no_silence(database: Database) -> None:
    found = _pulse(database)
    assert (found["now"], found["hour"], sum(found["people"])) == (0, 0, 0)
    assert (found["last"], found["usual_ms"]) == (None, None)


def test_now_is_half_an_hour_and_not_who_has_left(database: Database) -> None:
    _put(database, _at(1, NOW - 29 * MINUTE), _at(2, NOW - 31 * MINUTE))
    for name in PIPELINE:
        put(database, payload(name), received_at=NOW - MINUTE)
    found = _pulse(database)
    assert (found["now"], found["hour"]) == (1, 3)


def test_counting_ends_at_its_bound(database: Database) -> None:
    _put(database, *(_at(number, NOW - number) for number in range(4)))
    found = _pulse(database, pulse=Pulse(most=2))
    assert (found["most"], found["now"], found["hour"]) == (2, 2, 2)


def test_people_stand_in_the_quarter_of_their_last_event(database: Database) -> None:
    _put(database, _at(1, NOW - 3 * HOUR), _at(2, NOW - 40 * MINUTE))
    put(database, visitor(1) | {"id": "evt_again"}, received_at=NOW - 38 * MINUTE)
    people = _pulse(database)["people"]
    # 12:07 less 38 minutes is 11:29, two quarters before the one that began at 12:00.
    assert [place - len(people) + 1 for place, count in enumerate(people) if count] == [-3]
    assert people[-4] == 2


def test_deliveries_stand_in_their_minutes_and_hours(database: Database) -> None:
    times = (NOW, NOW - 2 * MINUTE, NOW - 2 * MINUTE, NOW - 3 * HOUR, NOW - 25 * HOUR)
    _put(database, *(_at(number, at) for number, at in enumerate(times)))
    found = _pulse(database)
    assert found["minutes"][-3:] == [2, 0, 1]
    assert sum(found["minutes"]) == 3
    assert found["hours"][-4:] == [1, 0, 0, 3]
    assert len(found["hours"]) == 24


def test_minutes_that_are_over_stay_counted(database: Database) -> None:
    pulse = Pulse()
    _put(database, _at(1, NOW - 10 * MINUTE), _at(2, NOW))
    _pulse(database, pulse=pulse)
    _put(database, _at(3, NOW + MINUTE), _at(4, NOW))
    assert _pulse(database, NOW + MINUTE, pulse)["minutes"][-12:] == [1, *[0] * 9, 2, 1]


def test_deliveries_that_nobody_derives_are_told_with_their_age(database: Database) -> None:
    ledger.keep(database, [Delivery("evt_waits", NOW - MINUTE, "1", "v1,test", b"{}")])
    found = _pulse(database)
    assert (found["waiting"], found["waiting_since"]) == (1, NOW - MINUTE)


def test_old_deliveries_are_no_trouble_while_they_are_being_derived(database: Database) -> None:
    """As those of a spool are, that was drained when the database was back."""
    ledger.keep(database, [Delivery("evt_old", NOW - 24 * HOUR, "1", "v1,test", b"{}")])
    with database.write() as db:
        db.execute(PROJECTION.update().values(projected_at=NOW - 20))
    found = _pulse(database)
    assert (found["waiting"], found["waiting_since"]) == (1, NOW - 20)


def test_what_is_set_aside_is_counted(database: Database) -> None:
    put(database, {"id": "evt_no_envelope"}, received_at=NOW)
    assert _pulse(database)["aside"] == 1
