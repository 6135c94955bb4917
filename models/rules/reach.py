"""Which IP addresses messages may go to: an address that shows its own is refused when it is added,
and what a host name resolves to is refused by the sender.
"""

import ipaddress
import socket

_METADATA = tuple(
    map(ipaddress.ip_network, ("169.254.0.0/16", "fd00:ec2::/32", "100.100.100.200/32"))
)
"""Where clouds hand a machine its secrets: never reached, whatever is allowed."""

_ENDS_IN_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::/96")))
"""IPv6 addresses that end in the IPv4 address they stand for."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def refusal(address: str, *, allow_private: bool) -> str | None:
    """What an IP address is that no message may go to, in words that end "Nothing is sent to"; None
    if messages may. One inside another (`::ffff:10.0.0.1`) counts as the inner one.
    """
    try:
        plain = _meant(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "what is no IP address"
    if any(plain in network for network in _METADATA if network.version == plain.version):
        return "an address where a cloud keeps its machines' secrets"
    if plain.is_multicast or plain.is_unspecified:
        return "an address that is not one machine's"
    if not allow_private and not plain.is_global:
        return "a private address; SENDER_ALLOW_PRIVATE=1 allows it"
    return None


def address_in(host: str) -> str | None:
    """The IP address that a URL's host stands for by itself; None for a name to be looked up.

    Systems read IPv4 addresses in more spellings than one: `2130706433`, `0x7f.1` and `0177.0.0.1`
    are 127.0.0.1.
    """
    host = host.removesuffix(".")
    if ":" in host:
        return host
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _meant(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _ENDS_IN_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return address
