"""Where a message may go, and which addresses show it by themselves."""

import pytest

from models.rules.destinations import DestinationError, check_address
from models.rules.reach import refusal

METADATA = (
    "169.254.169.254", "169.254.0.1", "2852039166", "0xa9fea9fe", "0XA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376", "025177524776", "169.254.43518", "169.16689662", "169.254.169.254.",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:FFFF:A9FE:A9FE]",
    "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]",
    "[fd00:0ec2:0:0:0:0:0:1]", "[fd00:ec2::254%25eth0]", "100.100.100.200",
)  # fmt: skip
NO_MACHINE = ("0.0.0.0", "0", "[::]", "224.0.0.1", "0xe0000001", "[ff02::1]")
PRIVATE = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.0.0.1.",
    "10.0.0.8", "012.0.0.8", "192.168.1", "172.16.0.1", "100.64.0.1", "[::1]", "[fc00::1]",
    "[fe80::1]", "[fe80::1%25eth0]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]", "localhost",
    "LocalHost.", "desk.localhost",
)  # fmt: skip
PUBLIC = (
    "93.184.215.14", "1572394766", "0x5db8d70e", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]",
    "hooks.example.com", "10.example.com", "0x7f.example.com", "localhost.example.com", "1.2.3.4.5",
)  # fmt: skip


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
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "0.0.0.0"],
)
def test_metadata_is_never_reached(address: str) -> None:
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fc00::1"])
def test_private_ones_are_where_it_is_allowed(address: str) -> None:
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("url", ["https://{}/hook", "https://{}:8443/?a=b"])
@pytest.mark.parametrize("host", METADATA + NO_MACHINE)
def test_what_is_never_sent_to_is_refused_however_it_is_written(host: str, url: str) -> None:
    for allow_private in (False, True):
        with pytest.raises(DestinationError, match="Nothing is sent to an address") as refused:
            check_address(url.format(host), allow_private=allow_private)
        assert host not in str(refused.value)


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_unless_it_is_allowed(host: str) -> None:
    with pytest.raises(DestinationError, match="SENDER_ALLOW_PRIVATE=1 allows it"):
        check_address(f"https://{host}/hook", allow_private=False)
    check_address(f"https://{host}/hook", allow_private=True)
    check_address(f"http://{host}:8003/hook", allow_private=True)


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_and_any_name_may_be_added(host: str) -> None:
    check_address(f"https://{host}/hook", allow_private=False)
    with pytest.raises(DestinationError, match="must begin with https://"):
        check_address(f"http://{host}/hook", allow_private=False)
