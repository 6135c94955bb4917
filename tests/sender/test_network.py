"""Where a message may go, and how much of an answer is read."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from sender import network
from sender.network import LARGEST_ANSWER, Network, RefusedError, UnreachableError, may_reach
from tests.processes import free_port
from tests.sender.stand_in import Said, standing_in


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "2002:0a00:0001::", "64:ff9b::a00:1", "::10.0.0.1", "224.0.0.1",
        "255.255.255.255", "ff02::1", "nonsense",
    ],
)  # fmt: skip
def test_no_inner_address_is_reached_unless_it_is_allowed(address: str) -> None:
    assert not may_reach(address, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "0.0.0.0"],
)
def test_metadata_is_never_reached(address: str) -> None:
    assert not may_reach(address, allow_private=True)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are(address: str) -> None:
    assert may_reach(address, allow_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fc00::1"])
def test_private_ones_are_where_it_is_allowed(address: str) -> None:
    assert may_reach(address, allow_private=True)


async def posted(url: str, *, allow_private: bool = True) -> network.Answer:
    one = Network(allow_private=allow_private)
    try:
        return await one.post(url, b"{}", {"content-type": "application/json"})
    finally:
        await one.close()


def test_nothing_reaches_a_private_address_by_a_public_looking_name() -> None:
    with standing_in(lambda *_: Said(200)) as server:
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(RefusedError, match="SENDER_ALLOW_PRIVATE"):
            run(posted(url, allow_private=False))
        assert not server.requests


def test_http_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(RefusedError, match="https"):
        run(posted("http://example.com/", allow_private=False))


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def look_up(
        _loop: Any, host: str, port: int, **_more: Any
    ) -> list[tuple[Any, Any, Any, str, tuple[str, int]]]:
        asked.append(host)
        return [(None, None, None, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", look_up)
    with standing_in(lambda *_: Said(200)) as server:
        run(posted(server.url.replace("127.0.0.1", "rebind.example")))
    assert asked == ["rebind.example"]
    assert server.requests[0].headers["host"].startswith("rebind.example:")


def test_an_endless_answer_is_read_to_a_bound() -> None:
    with standing_in(lambda *_: Said(200, b"x" * 1_000_000)) as server:
        answer = run(posted(server.url))
    assert len(answer.text) == LARGEST_ANSWER


def test_what_the_server_closed_in_between_is_not_used_again() -> None:
    async def three_times(url: str) -> list[int]:
        one = Network(allow_private=True)
        try:
            return [(await one.post(url, b"{}", {})).status for _ in range(3)]
        finally:
            await one.close()

    closing = (("Connection", "close"),)
    with standing_in(lambda *_: Said(200, b"ok", closing)) as server:
        assert run(three_times(server.url)) == [200] * 3


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "ANSWER_S", 0.3)

    def slow(*_: object) -> Said:
        time.sleep(1)
        return Said(200)

    with standing_in(slow) as server, pytest.raises(UnreachableError, match="no answer"):
        run(posted(server.url))


def test_nobody_there_is_said() -> None:
    with pytest.raises(UnreachableError):
        run(posted(f"http://127.0.0.1:{free_port()}/"))
