"""People, machines and strangers that ask a dashboard for what nobody would ask for."""

import itertools
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from models import tokens
from models.storage.database import Database
from models.tables.access import SCOPES
from tests.dashboard.access.login import LOGIN, claims, cookie
from tests.faults.long.odd_keys import KEYS, PAGES, Frame, frames, rerun, routes
from tests.processes import Running, start

WARM = 0.5
"""Part of all turns after which memory is looked at first: by then Streamlit holds as many sessions
of people who have left as it ever does."""

ANSWERS = {200, 400, 404, 503}
"""What routes are described to answer who may ask."""

REFUSALS = {1000, 1002, 1003, 1007, 1008, 1009}
"""Codes that a stranger's socket is closed with; it may stay open, too, or be cut."""

PAGE_S = 60
STRANGER_S = 0.2
"""How long a stranger listens."""

# The client's own: what we send on purpose breaks its protocol, too.
_QUIET = logging.getLogger("strangers")
_QUIET.disabled = True

_FAILED = b"This part of the page could not be shown"


@dataclass(slots=True)
class Asked:
    """How often what was answered, by kind of asker, what was wrong, and what all of it cost."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    growth_bytes: int = 0
    log_bytes: int = 0


MOST_BYTES = 10_000
"""Of a key in an address: percent-encoded that is half of what httpx still sends."""


def ask(folder: Path, values: dict[str, str], turns: int, seed: int = 1) -> Asked:
    """Ask so many times in turn for all routes, a page, and as strangers; `values` are settings."""
    database = Database(values["DATABASE_URL"])
    with closing(database), database.write() as db:
        token = tokens.add(db, "fuzz", SCOPES)
    login = {name.upper(): value for name, value in LOGIN.items()}
    asked = Asked()
    with start(["dashboard"], folder, values | login, fresh=True) as running:
        person, machine = cookie(claims()), {"authorization": f"Bearer {token}"}
        client = httpx.Client(base_url=running.dashboard, timeout=60, trust_env=False)
        page = _socket(running, person)
        pages, kinds = itertools.cycle(PAGES), itertools.count()
        before: list[int] = []

        @seeded(seed)
        @settings(
            max_examples=turns,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(KEYS)
        def turn(key: bytes) -> None:
            for address, is_for_machines in routes(key[:MOST_BYTES]):
                _ask_route(client, address, machine if is_for_machines else person, asked)
            _ask_page(page, next(pages), key, asked)
            its = list(frames(key))
            for _ in range(3):
                _be_a_stranger(running, its[next(kinds) % len(its)], asked)
            if not before and asked.answers["pages"] >= WARM * turns:
                before.append(_resident(running))

        with client, page:
            turn()
            if client.get("/_stcore/health").text != "ok":
                asked.wrong.append("the dashboard is not healthy in the end")
        asked.growth_bytes = _resident(running) - before[0]
        asked.log_bytes = running.log.stat().st_size
        log = running.log.read_text()
        asked.wrong += [f"log: {line}" for line in log.splitlines() if _is_error(line)]
    return asked


def _ask_route(client: httpx.Client, address: str, who: dict[str, str], asked: Asked) -> None:
    with client.stream("GET", address, headers=who) as answer:
        asked.answers[f"routes {answer.status_code}"] += 1
        kind = answer.headers.get("content-type", "")
        is_stream = kind.startswith("text/event-stream")
        body = b"" if is_stream else answer.read()
    wrong = answer.status_code not in ANSWERS or kind.startswith("text/html")
    if answer.status_code != httpx.codes.OK:
        wrong = wrong or not _is_sentence(body)
    if wrong:
        asked.wrong.append(f"{address[:200]}: {answer.status_code} {kind} {body[:100]!r}")


def _is_sentence(body: bytes) -> bool:
    """Whether an answer says in plain words what is the matter."""
    try:
        return bool(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return False


def _ask_page(socket: ClientConnection, page: str, key: bytes, asked: Asked) -> None:
    """Have a page drawn for somebody who is signed in."""
    name, parameter = page.split("?")
    query = f"{parameter}={quote(key, safe='')}"
    socket.send(rerun(name, query))
    for message in _told(socket, PAGE_S):
        element = message.delta.new_element
        if element.HasField("exception") or _FAILED in message.SerializeToString():
            asked.wrong.append(f"{name}?{query[:200]}: {element}"[:600])
        if message.HasField("script_finished"):
            asked.answers["pages"] += 1
            return
    asked.wrong.append(f"{name}?{query[:200]}: not drawn within {PAGE_S} s")


def _be_a_stranger(running: Running, frame: Frame, asked: Asked) -> None:
    """Open a socket without a login, send something, and leave."""
    how, what = frame
    try:
        socket = _socket(running, {})
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        asked.answers[f"strangers {status}"] += 1
        if status != httpx.codes.SERVICE_UNAVAILABLE or not _is_sentence(
            bytes(refusal.response.body)
        ):
            asked.wrong.append(f"a stranger's socket was refused with {status}")
        return
    with socket:
        with suppress(ConnectionClosed, ConnectionError):
            if how == "raw":
                assert isinstance(what, bytes)
                socket.socket.sendall(what)
            else:
                socket.send(what)
            for message in _told(socket, STRANGER_S):
                # The example's person, whom every visit of these is of.
                if b"@example.com" in message.SerializeToString():
                    asked.wrong.append("a stranger was told of a lead")
        code = socket.close_code
        asked.answers[f"strangers {code or 'open'}"] += 1
        if code not in REFUSALS | {None, 1006}:
            asked.wrong.append(f"a stranger's socket was closed with {code}")


def _told(socket: ClientConnection, within_s: float) -> Iterator[ForwardMsg]:
    """What a socket is told within some time."""
    deadline = time.monotonic() + within_s
    with suppress(TimeoutError):
        while True:
            data = socket.recv(max(0.0, deadline - time.monotonic()), decode=False)
            message = ForwardMsg()
            message.ParseFromString(data)
            yield message


def _socket(running: Running, headers: dict[str, str]) -> ClientConnection:
    address = running.dashboard.replace("http", "ws") + "/_stcore/stream"
    return connect(
        address,
        additional_headers=headers,
        max_size=None,
        close_timeout=1,
        compression=None,
        logger=_QUIET,
    )


def _is_error(line: str) -> bool:
    """Whether a line of the log is of something that broke."""
    return any(sign in line for sign in ("Traceback", "page_failed", '"level": "error"'))


def _resident(running: Running) -> int:
    """Bytes of memory of the dashboard."""
    return int(psutil.Process(running.process.pid).memory_info().rss)
