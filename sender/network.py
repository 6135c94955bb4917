"""One request to an address that somebody gave us, which must not reach an internal machine.

The host name is looked up once, each IP address it resolves to is checked, and the connection goes
to one that was checked: a name that resolves differently a moment later gains nothing.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

ANSWER_S = 15.0
"""How long a destination may take to answer, counted from connecting, in seconds."""

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; the rest is left."""

KEPT_OPEN_S, MOST_IDLE = 30, 64
"""How long a connection stays open without a message, and how many may."""

_METADATA = tuple(
    map(ipaddress.ip_network, ("169.254.0.0/16", "fd00:ec2::/32", "100.100.100.200/32"))
)
"""Where clouds hand a machine its secrets: never reached, whatever is allowed."""

_HOLDS_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96")))
"""IPv6 addresses that end in the IPv4 address they stand for."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedError(Exception):
    """Nothing was sent: the address is not allowed. The message says why, without quoting more than
    the host's kind."""


class UnreachableError(Exception):
    """Nothing was answered; the message says in a word or two what went wrong."""


class Answer(NamedTuple):
    """What a destination answered: status, headers by name in lower case, the beginning of the
    body."""

    status: int
    headers: Mapping[str, str]
    text: str


def may_reach(address: str, *, allow_private: bool) -> bool:
    """Whether messages may go to an IP address. One inside another (`::ffff:10.0.0.1`) counts as
    the inner one.
    """
    try:
        plain = _meant(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if any(plain in network for network in _METADATA if network.version == plain.version):
        return False
    if plain.is_multicast or plain.is_unspecified:
        return False
    return allow_private or plain.is_global


def _meant(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _HOLDS_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to what a host name resolves to, once it has been checked."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the host up, check its addresses, and connect to the first one that answers."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise UnreachableError("its host name is not known") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # All of them: a name that resolves to a public and an internal address is up to no good.
        if not all(may_reach(one, allow_private=self._allow_private) for one in addresses):
            raise RefusedError(
                "its host name resolves to a private, link-local or metadata address"
                + ("" if self._allow_private else "; SENDER_ALLOW_PRIVATE=1 allows private ones")
            )
        trouble: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble or UnreachableError("its host name resolves to no address")

    async def connect_unix_socket(
        self, *_args: Any, **_options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: nobody gives us one."""
        raise RefusedError("it is not a web address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Network:
    """Keeps connections to destinations open from one message to the next.

    Each is used by one message at a time, so the library's pool is not needed; it looks through all
    connections for each message, which took longer than everything else about a message.
    """

    def __init__(self, *, allow_private: bool) -> None:
        """`allow_private`: also http and private addresses, but never a cloud's metadata."""
        self._allow_private = allow_private
        self._ssl_context = ssl.create_default_context(cafile=_certificates())
        self._backend = _Guarded(allow_private=allow_private)
        self._idle: dict[str, list[httpcore.AsyncHTTPConnection]] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post to an address and return its answer; a redirect is an answer like any other.

        Raises `RefusedError` for an address that may not be reached, `UnreachableError` when there
        is no whole answer within `ANSWER_S` seconds.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self._allow_private and parts.scheme == "http"):
            raise RefusedError("it is not an https address")
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._post(url, body, headers)
        except TimeoutError:
            raise UnreachableError(f"no answer within {ANSWER_S:.0f} s") from None
        except httpcore.TimeoutException:
            raise UnreachableError("no connection in time") from None
        except httpcore.ConnectError as error:
            raise UnreachableError(_word(error)) from None
        except (httpcore.ProtocolError, httpcore.NetworkError):
            raise UnreachableError("the connection broke before an answer") from None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        # No compression, so that what is read is bounded by what is counted.
        asked = {"content-length": str(len(body)), "accept-encoding": "identity", **headers}
        limits = dict.fromkeys(("connect", "read", "write", "pool"), ANSWER_S)
        connection = await self._take(httpcore.URL(url).origin)
        try:
            return await _ask(connection, url, body, asked, limits)
        finally:
            await self._put_back(connection, httpcore.URL(url).origin)

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """A connection that is still open, else a new one."""
        idle = self._idle.get(str(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=KEPT_OPEN_S,
            network_backend=self._backend,
        )

    async def _put_back(
        self, connection: httpcore.AsyncHTTPConnection, origin: httpcore.Origin
    ) -> None:
        if sum(map(len, self._idle.values())) >= MOST_IDLE:
            await self._close_expired()
        if connection.is_idle() and sum(map(len, self._idle.values())) < MOST_IDLE:
            self._idle.setdefault(str(origin), []).append(connection)
        else:
            await connection.aclose()

    async def _close_expired(self) -> None:
        for origin, idle in list(self._idle.items()):
            expired = [one for one in idle if one.has_expired()]
            self._idle[origin] = [one for one in idle if one not in expired]
            if not self._idle[origin]:
                del self._idle[origin]
            for one in expired:
                await one.aclose()

    async def close(self) -> None:
        """Close what is open."""
        idle, self._idle = self._idle, {}
        for connection in (one for its in idle.values() for one in its):
            await connection.aclose()


async def _ask(
    connection: httpcore.AsyncHTTPConnection,
    url: str,
    body: bytes,
    asked: Mapping[str, str],
    limits: Mapping[str, float],
) -> Answer:
    async with connection.stream(
        "POST",
        url,
        headers=[
            ("host", _host(url)),
            *((name.encode(), value.encode()) for name, value in asked.items()),
        ],
        content=body,
        extensions={"timeout": limits},
    ) as response:
        read = bytearray()
        async for chunk in response.aiter_stream():
            read += chunk
            if len(read) >= LARGEST_ANSWER:
                break
        given = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        said = bytes(read[:LARGEST_ANSWER]).decode("utf-8", "replace")
        return Answer(response.status, given, said)


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return host if parts.port in {None, usual} else f"{host}:{parts.port}"


def _certificates() -> str:
    import certifi  # noqa: PLC0415 - only the sender speaks TLS of its own

    return certifi.where()


def _word(error: Exception) -> str:
    """What went wrong with a connection, in our own words: the system's may quote the address."""
    text = str(error).lower()
    if "certificate" in text or "ssl" in text:
        return "its certificate can't be trusted"
    if "refused" in text:
        return "the connection was refused"
    return "no connection"
