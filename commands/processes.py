"""Receiver, sender, dashboard and simulator as processes of one command, started and stopped
together.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECRET_NAME = "MIDBOUND_CLOUD_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting, no secret

SINK_SECRET = "VISITOR_DESK_SINK_SECRET"  # noqa: S105 - the name of a variable, no secret

_LOGIN_SECRETS = frozenset({"OIDC_CLIENT_SECRET", "DASHBOARD_COOKIE_SECRET"})
_NOT_FOR = {
    "receiver": _LOGIN_SECRETS | {SINK_SECRET},
    "sender": _LOGIN_SECRETS | {SECRET_NAME, SINK_SECRET},
    "dashboard": frozenset({SECRET_NAME, SINK_SECRET}),
    "simulate": _LOGIN_SECRETS | {SINK_SECRET},
    "demo-history": _LOGIN_SECRETS | {SINK_SECRET},
    "sink": _LOGIN_SECRETS | {SECRET_NAME},
}
"""Secret settings that are kept from commands which do not need them."""

_TIED = "VISITOR_DESK_TIED"
"""Set for what `children` starts: its standard input ends when its starter does."""

_LAST_S = 40.0
"""How long a process whose starter is gone may take to end in the ordinary way, in s."""


class StartError(RuntimeError):
    """Something can't be started, or did not stay up; the message says what to do."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket, before anything else is started.

    Raises `StartError` for a port in use, naming the setting to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartError(
            f"Can't listen on {host}:{port} ({error.strerror}). "
            f"Stop whatever uses it, or set {setting} to another port."
        ) from None
    return listener


def serve(
    app: Any,
    listener: socket.socket,
    *,
    grace_s: int,
    trusted_proxies: str,
    connection: Any = "auto",
    websocket: Any = "none",
    frame_bytes: int = 0,
) -> None:
    """Serve an ASGI app until told to stop; requests under way get `grace_s` seconds to end.

    `connection` is uvicorn's protocol class for a connection, `websocket` the one for websockets
    (without it there are none); `frame_bytes` is the largest websocket message allowed.

    What headers say about the caller's address and https is believed only from `trusted_proxies`
    (comma-separated addresses and networks; may be empty), because anybody can send such headers.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        http=connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=grace_s,
        ws=websocket,
        ws_max_size=frame_bytes,
    )
    uvicorn.Server(config).run(sockets=[listener])


def new_secret() -> str:
    """A fresh webhook secret, in Midbound's form."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def write_secret(path: Path) -> None:
    """Add a freshly made secret to `.env`, which only its owner may read."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        held = file.read()
        # A last line without a line break would swallow what is written after it.
        begin = "\n" if held and not held.endswith(b"\n") else ""
        file.write(
            f"{begin}# Replace with the secret that Midbound shows for your webhook.\n"
            f"{SECRET_NAME}={new_secret()}\n".encode()
        )


@contextmanager
def children(environment: dict[str, str]) -> Iterator[Callable[..., None]]:
    """Start commands of ours as processes; when we are told to stop, or one of them ends, end all.

    However this process ends, `kill -9` included, the pipe that ties them to it is closed with it
    (`end_with_starter`). Raises `StartError` if one ended by itself.
    """
    running: list[subprocess.Popen[bytes]] = []
    ending: list[subprocess.Popen[bytes]] = []
    tied, ours = os.pipe()  # ours is inherited by nobody, and never written to

    def start(*command: str, to_its_end: bool = False, ends: bool = False) -> None:
        """`to_its_end` waits for it; one that `ends` may end by itself, if all went well."""
        # A process group of their own, so that Ctrl-C reaches them only once, through us.
        child = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, "-m", "visitor_desk", *command],
            env=needed_by(command[0], environment),
            stdin=tied,
            stdout=subprocess.DEVNULL,  # what there is to say, we say
            start_new_session=True,
        )
        (ending if ends else running).append(child)
        if to_its_end:
            child.wait()
            running.remove(child)

    def are_well() -> bool:
        return all(child.poll() is None for child in running) and not any(
            child.poll() for child in ending
        )

    def ask_to_stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ask_to_stop)
    try:
        yield start
        while are_well():
            time.sleep(0.2)
        raise StartError(
            "A part of Visitor Desk ended by itself, so the rest was stopped. Its log above says "
            "why."
        )
    except KeyboardInterrupt:
        pass
    finally:
        running += ending
        for child in reversed(running):
            if child.poll() is None:
                child.terminate()
        for child in running:
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
        os.close(ours)
        os.close(tied)


def end_with_starter() -> None:
    """In a process that `children` started: end when the starting process is gone, however it
    ended.

    Otherwise a killed `up` would leave receiver and dashboard behind on their ports for good.
    """
    if os.environ.pop(_TIED, None):
        threading.Thread(target=_outlive_by_little, name="tie", daemon=True).start()


def _outlive_by_little() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_S)
    os._exit(1)


def needed_by(command: str, environment: dict[str, str]) -> dict[str, str]:
    """The environment for a command: without the secrets that only other parts need."""
    secrets_of_others = _NOT_FOR[command]
    needed = {k: v for k, v in environment.items() if k.upper() not in secrets_of_others}
    return needed | {"PYTHONPATH": _with_us_on_path(), _TIED: "1"}


def _with_us_on_path() -> str:
    here = str(Path(__file__).parent.parent)
    return os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH", ""))))


def wait_for(url: str, timeout_s: float = 60) -> None:
    """Return when an address answers. Raises `StartError` if it does not within `timeout_s` s."""
    import httpx

    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise StartError(f"{url} did not answer within {timeout_s:.0f} s. The log above says why.")
