"""The benchmark's peers keep up with the tables: a change of these must not leave them behind."""

from pathlib import Path

import pytest

from tests.bench.intake import WARM_UP, play
from tests.bench.peers.peers import FLOOR, OURS, PLAIN, Peer
from tests.bench.stream import prepare


@pytest.mark.parametrize("peer", [OURS, PLAIN, FLOOR], ids=lambda peer: peer.name)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_peer_stores_and_derives_what_it_is_sent(
    peer: Peer, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = request.getfixturevalue("postgres") if database == "postgres" else None
    measured = play(peer, prepare(WARM_UP + 50, "rich"), server=server, folder=tmp_path)
    assert (measured.events, measured.derived_rate > 0) == (50, True)
