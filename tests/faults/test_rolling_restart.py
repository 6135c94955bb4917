"""Two receivers on one Postgres, restarted in turn under load: nobody who sends notices."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from models.storage.database import Database
from tests.faults.proxy import proxy
from tests.faults.sender import Account, is_balanced, missing, sending
from tests.processes import Running, free_port

pytestmark = pytest.mark.xdist_group("rolling_restart")

RATE = 40
BETWEEN_S = 1.0


@dataclass(slots=True)
class Restarted:
    """What is left after both were restarted."""

    database: Database
    account: Account
    stopped: list[Running]


@pytest.fixture(scope="module")
def restarted(shared_url: str, start_receiver: Callable[..., Running]) -> Iterator[Restarted]:
    """Both stopped as a deployment does, one after the other, each started again at its port."""
    ports = [free_port(), free_port()]
    running = [start_receiver(shared_url, RECEIVER_PORT=str(port)) for port in ports]
    with (
        proxy(*ports) as balancer,
        sending([f"http://127.0.0.1:{balancer.port}"], rate=RATE) as account,
    ):
        for stopped, port in zip(running, ports, strict=True):
            time.sleep(BETWEEN_S)
            stopped.stop()
            start_receiver(shared_url, RECEIVER_PORT=str(port))
        time.sleep(BETWEEN_S)
    database = Database(shared_url)
    yield Restarted(database, account, running)
    database.close()


def test_each_ended_in_order(restarted: Restarted) -> None:
    ends = ["receiver_stopped" in stopped.log.read_text() for stopped in restarted.stopped]
    assert ends == [True, True]


def test_no_event_is_given_up(restarted: Restarted) -> None:
    assert restarted.account.given_up == set()


def test_nothing_but_200_is_answered(restarted: Restarted) -> None:
    # 0: a connection that the stopping one closes as the next request is on its way.
    assert restarted.account.statuses.keys() <= {200, 0}


def test_everything_acknowledged_is_in_the_ledger(restarted: Restarted) -> None:
    assert missing(restarted.database, restarted.account) == set()


def test_exports_are_what_the_reference_says(restarted: Restarted) -> None:
    assert is_balanced(restarted.database)
