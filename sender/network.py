"""One request to an address that somebody gave us, which must not reach an internal machine.

The host name is looked up once, each IP address it resolves to is checked, and the connection goes
to one that was checked: a name that resolves differently a moment later gains nothing.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from models.rules.reach import refusal
from sender.connection import Answer, BrokenError, Connection

ANSWER_S = 15.0
"""How long a destination may take to answer, counted from connecting, in seconds."""

KEPT_OPEN_S, MOST_IDLE = 30, 64
"""How long a connection stays open without a message, and how many may."""


class RefusedError(Exception):
    """Nothing was sent: the address is not allowed. The message says why, without quoting more than
    the host's kind."""


class UnreachableError(Exception):
    """Nothing was answered; the message says in a word or two what went wrong."""


class Origin(NamedTuple):
    """Where a connection goes to."""

    is_tls: bool
    host: str
    port: int


class Network:
    """Keeps connections to destinations open from one message to the next; each is one message's at
    a time.
    """

    def __init__(self, *, allow_private: bool, answer_s: float = ANSWER_S) -> None:
        """`allow_private`: also http and private addresses, but never a cloud's metadata.

        `answer_s`: how long a destination may take to answer, in seconds.
        """
        self._allow_private = allow_private
        self._answer_s = answer_s
        self._ssl_context = ssl.create_default_context(cafile=_certificates())
        self._idle: dict[Origin, list[tuple[float, Connection]]] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post to an address and return its answer; a redirect is an answer like any other.

        Raises `RefusedError` for an address that may not be reached, `UnreachableError` when there
        is no whole answer within `answer_s` seconds.
        """
        origin, begin = _asked(url)
        if not origin.is_tls and not self._allow_private:
            raise RefusedError("it is not an https address")
        # No compression, so that what is read is bounded by what is counted.
        lines = {"content-length": len(body), "accept-encoding": "identity", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._post(origin, begin + head.encode("ascii") + b"\r\n" + body)
        except TimeoutError:
            raise UnreachableError(f"no answer within {self._answer_s:.0f} s") from None
        except BrokenError:
            raise UnreachableError("the connection broke before an answer") from None
        except OSError as error:
            raise UnreachableError(_word(error)) from None

    async def _post(self, origin: Origin, request: bytes) -> Answer:
        connection = self._take(origin) or await self._connect(origin)
        try:
            return await connection.ask(request)
        finally:
            self._put_back(connection, origin)

    def _take(self, origin: Origin) -> Connection | None:
        """A connection that is open still."""
        idle = self._idle.get(origin, [])
        while idle:
            since, connection = idle.pop()
            if connection.is_open and time.monotonic() - since < KEPT_OPEN_S:
                return connection
            connection.close()
        return None

    async def _connect(self, origin: Origin) -> Connection:
        """Look the host up, check its addresses, and connect to the first one that answers."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise UnreachableError("its host name is not known") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # All of them: a name that resolves to a public and an internal address is up to no good.
        if any(refusal(one, allow_private=self._allow_private) for one in addresses):
            raise RefusedError(
                "its host name resolves to a private, link-local or metadata address"
                + ("" if self._allow_private else "; SENDER_ALLOW_PRIVATE=1 allows private ones")
            )
        trouble: OSError | None = None
        for address in addresses:
            try:
                _, connection = await loop.create_connection(
                    Connection,
                    address,
                    origin.port,
                    ssl=self._ssl_context if origin.is_tls else None,
                    server_hostname=origin.host if origin.is_tls else None,
                )
            except OSError as error:
                trouble = error
            else:
                return connection
        raise trouble or UnreachableError("its host name resolves to no address")

    def _put_back(self, connection: Connection, origin: Origin) -> None:
        if sum(map(len, self._idle.values())) >= MOST_IDLE:
            self._close_expired()
        if connection.is_open and sum(map(len, self._idle.values())) < MOST_IDLE:
            self._idle.setdefault(origin, []).append((time.monotonic(), connection))
        else:
            connection.close()

    def _close_expired(self) -> None:
        now = time.monotonic()
        for origin, idle in list(self._idle.items()):
            kept = [one for one in idle if one[1].is_open and now - one[0] < KEPT_OPEN_S]
            for one in idle:
                if one not in kept:
                    one[1].close()
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]

    async def close(self) -> None:
        """Close what is open."""
        idle, self._idle = self._idle, {}
        for _, connection in (one for its in idle.values() for one in its):
            connection.close()
        await asyncio.sleep(0)  # so that what was ended gets closed


_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=256)
def _asked(url: str) -> tuple[Origin, bytes]:
    """Where an address leads, and the beginning of a request to it. Raises `RefusedError`."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host = host if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise RefusedError("it is not a web address") from None
    if parts.scheme not in _PORTS or not host:
        raise RefusedError("it is not an https address")
    origin = Origin(parts.scheme == "https", host, port or _PORTS[parts.scheme])
    named = f"[{host}]" if ":" in host else host
    if origin.port != _PORTS[parts.scheme]:
        named += f":{origin.port}"
    target = quote(parts.path or "/", safe=_SAFE) + (
        f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    )
    return origin, f"POST {target} HTTP/1.1\r\nhost: {named}\r\n".encode("ascii")


_SAFE = "%/?:@!$&'()*+,;=-._~[]|"
"""What stays as it is in an address: it may be written in escapes already."""


def _certificates() -> str:
    import certifi  # noqa: PLC0415 - only the sender speaks TLS of its own

    return certifi.where()


def _word(error: OSError) -> str:
    """What went wrong with a connection, in our own words: the system's may quote the address."""
    if isinstance(error, ssl.SSLError):
        return "its certificate can't be trusted"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    return "no connection"
