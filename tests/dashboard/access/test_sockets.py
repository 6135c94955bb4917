"""Websockets of strangers, against a real dashboard: what they may hold, open and send."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboard.access.sockets import (
    FRAME_BYTES,
    STRANGERS_EACH,
    STRANGERS_FRAME_BYTES,
    STRANGERS_FRAMES,
)
from tests.dashboard.access.login import LOGIN, claims, cookie
from tests.processes import Running

MB = 1_000_000


def _frame(size: int) -> bytes:
    """A rerun with invented states of widgets, of about so many bytes."""
    message = BackMsg()
    for number in range(max(1, size // 10_000)):
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = f"invented-{number}", "x" * min(size, 10_000)
    frame: bytes = message.SerializeToString()
    return frame


def _settings(kind: str) -> dict[str, str]:
    return {name.upper(): value for name, value in LOGIN.items()} if kind == "login" else {}


@pytest.fixture
def desk(run: Callable[..., Running], sqlite_url: str, request: pytest.FixtureRequest) -> Running:
    """A dashboard, with a login unless a test asks for one without."""
    return run(
        "dashboard", database_url=sqlite_url, **_settings(getattr(request, "param", "login"))
    )


@pytest.fixture
def opened(desk: Running) -> Iterator[Callable[..., ClientConnection]]:
    """Open websockets to it; all are closed with the test."""
    with ExitStack() as stack:
        address = desk.dashboard.replace("http", "ws") + "/_stcore/stream"

        def open_one(**headers: str) -> ClientConnection:
            return stack.enter_context(
                connect(address, additional_headers=headers, close_timeout=1)
            )

        yield open_one


def _memory(desk: Running) -> int:
    return psutil.Process(desk.process.pid).memory_info().rss


def _is_closed(socket: ClientConnection, within_s: float = 10) -> int | None:
    """The code with which the dashboard closed a socket."""
    with suppress(ConnectionClosed, TimeoutError):
        deadline = time.monotonic() + within_s
        while True:
            socket.recv(max(0.0, deadline - time.monotonic()))
    return socket.close_code


@pytest.mark.parametrize(
    ("desk", "frames", "size"),
    [
        ("login", 1, 12 * MB),
        pytest.param("none", 1, 12 * MB, marks=pytest.mark.long),
        pytest.param("login", 3, FRAME_BYTES - 20_000, marks=pytest.mark.long),
    ],
    indirect=["desk"],
)
def test_invented_widgets_of_strangers_fill_nothing(
    desk: Running, opened: Callable[..., ClientConnection], frames: int, size: int
) -> None:
    with opened() as socket:  # what is loaded once
        socket.send(_frame(100))
        socket.recv()
    frame, before, most = _frame(size), _memory(desk), 0
    sockets = []
    for _ in range(40):
        with suppress(InvalidStatus):
            sockets.append(opened())
    for _ in range(frames):
        for socket in sockets:
            with suppress(ConnectionClosed):
                socket.send(frame)
        most = max(most, _memory(desk))
    time.sleep(2)
    most = max(most, _memory(desk))
    assert most - before <= 60 * MB
    assert httpx.get(f"{desk.dashboard}/_stcore/health").text == "ok"


def test_a_strangers_frames_are_small_and_few(opened: Callable[..., ClientConnection]) -> None:
    large, often = opened(), opened()
    large.send(_frame(2 * STRANGERS_FRAME_BYTES))
    assert _is_closed(large) == 1009
    with suppress(ConnectionClosed):
        for _ in range(STRANGERS_FRAMES + 1):
            often.send(_frame(10))
    assert _is_closed(often) == 1008


def test_strangers_of_one_address_have_few_sockets_and_others_theirs(
    opened: Callable[..., ClientConnection],
) -> None:
    sockets = [opened() for _ in range(STRANGERS_EACH)]
    with pytest.raises(InvalidStatus) as refusal:
        opened()
    assert refusal.value.response.status_code == 503
    assert b"Try again later" in refusal.value.response.body
    opened(**cookie(claims()))
    sockets[0].close()
    deadline = time.monotonic() + 10
    while True:  # the place is free as soon as the dashboard knows
        try:
            opened()
        except InvalidStatus:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            break


@pytest.mark.parametrize("sent", ["a text, which no page sends", b"\xff\xff no message", b"\x00"])
def test_a_frame_that_is_none_closes_its_socket_and_leaves_one_line_at_most(
    desk: Running, opened: Callable[..., ClientConnection], sent: str | bytes
) -> None:
    before = desk.log.stat().st_size
    socket = opened()
    socket.send(sent)
    assert _is_closed(socket) in {1002, 1003}
    log = desk.log.read_text()[before:]
    assert "Traceback" not in log
    assert len(log) < 400
