"""Connections between receiver and Postgres are cut, in the middle of statements and commits."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from models.storage.database import Database
from tests.desk import eventually
from tests.faults.proxy import Proxy, proxy
from tests.faults.sender import Account, is_balanced, missing, sending
from tests.processes import Running

pytestmark = pytest.mark.xdist_group("connections_cut")

RATE = 60
CUTS = 25
COMMITS = 5


@dataclass(slots=True)
class Cut:
    """What is left when connections are whole again."""

    database: Database
    account: Account
    proxy: Proxy


def through(proxied: Proxy, url: str) -> str:
    """A database's URL by way of the proxy."""
    parts = urlsplit(url)
    return f"postgresql://{parts.username}:@127.0.0.1:{proxied.port}{parts.path}"


@pytest.fixture(scope="module")
def cut(shared_url: str, start_receiver: Callable[..., Running]) -> Iterator[Cut]:
    """A receiver that loses all its connections at any time, then between commit and answer."""
    socket = Path(parse_qs(urlsplit(shared_url).query)["host"][0]) / ".s.PGSQL.5432"
    dice = random.Random(7)
    with proxy(socket) as proxied:
        receiver = start_receiver(through(proxied, shared_url))
        with sending([receiver.receiver], rate=RATE) as account:
            eventually(lambda: account.outcomes["stored"] > 0, 30)
            for _ in range(CUTS):
                time.sleep(dice.uniform(0.02, 0.2))
                proxied.cut()
            for _ in range(COMMITS):
                # Back at the database, not at the spool: there are commits again.
                time.sleep(1.2)
                proxied.cut_after(b"COMMIT")
            time.sleep(1.2)
        database = Database(shared_url)
        yield Cut(database, account, proxied)
        database.close()
        receiver.stop()  # while there is a way to its database


def test_connections_were_cut(cut: Cut) -> None:
    assert cut.proxy.cuts >= COMMITS + 3


def test_nothing_but_200_is_answered(cut: Cut) -> None:
    assert cut.account.statuses.keys() == {200}


def test_some_went_to_the_ledger_and_some_waited_on_disk(cut: Cut) -> None:
    assert cut.account.outcomes.keys() >= {"stored", "spooled"}


def test_everything_acknowledged_is_in_the_ledger(cut: Cut) -> None:
    assert missing(cut.database, cut.account) == set()


def test_exports_are_what_the_reference_says(cut: Cut) -> None:
    assert is_balanced(cut.database)
