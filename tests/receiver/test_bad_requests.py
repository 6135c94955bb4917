"""One valid request, broken in exactly one way: refused with a reason, and never an error."""

import base64
import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from receiver.verify import RefusedError, Verifier
from tests.conftest import SECRET
from tests.effort import examples
from tests.receiver.conftest import Desk
from tests.receiver.midbound import (
    CLIENT,
    PATH,
    Posting,
    example,
    headers,
    ledger,
    signature,
)

pytestmark = pytest.mark.xdist_group("bad_requests")

VALID = example("identity.qualified")
LIMIT = 64 * 1024
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
Headers = dict[str, str]


@pytest.fixture(scope="module")
def desk(open_desk: Callable[..., Iterator[Desk]]) -> Iterator[Desk]:
    """One database is enough: what is refused never gets there."""
    yield from open_desk("sqlite", MAX_BODY_BYTES=str(LIMIT))


def send(
    desk: Desk, fields: Headers | list[tuple[bytes, bytes]], body: bytes = VALID.body
) -> httpx.Response:
    return CLIENT.post(desk.url + PATH, headers=fields, content=body)


def is_refused(answer: httpx.Response) -> bool:
    """Whether the answer is 401 and says why in some words."""
    return (
        answer.status_code == 401
        and list(answer.json()) == ["detail"]
        and len(answer.json()["detail"].split()) > 2
    )


def signed_at(timestamp: str, secret: str = SECRET) -> Headers:
    """Headers that are right for a timestamp written like this."""
    return {
        "webhook-id": VALID.webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, VALID.webhook_id, timestamp, VALID.body),
    }


def test_the_unbroken_request_is_taken(desk: Desk) -> None:
    assert send(desk, headers(VALID)).status_code == 200


# Headers


@pytest.mark.parametrize("name", NAMES)
def test_without_a_header(desk: Desk, name: str) -> None:
    fields = headers(VALID)
    del fields[name]
    assert is_refused(send(desk, fields))


@pytest.mark.parametrize("name", NAMES)
def test_with_an_empty_header(desk: Desk, name: str) -> None:
    assert is_refused(send(desk, headers(VALID) | {name: ""}))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("second", [None, b"other"], ids=["the same", "another"])
@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_with_a_doubled_header(
    desk: Desk,
    name: str,
    second: bytes | None,
    is_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    fields = [(key.encode(), text.encode()) for key, text in headers(VALID).items()]
    doubled = (name.encode(), second or headers(VALID)[name].encode())
    assert is_refused(send(desk, [doubled, *fields] if is_first else [*fields, doubled]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [b"\xff\xfe", "é".encode(), "١٢٣".encode(), b"1\xa0"])
def test_with_a_header_that_is_not_ascii(desk: Desk, name: str, value: bytes) -> None:
    fields = [(key.encode(), text.encode()) for key, text in headers(VALID).items() if key != name]
    assert is_refused(send(desk, [*fields, (name.encode(), value)]))


@pytest.mark.parametrize("webhook_id", ["x" * 256, "x" * 300, "x" * 5000, "a\tb"])
def test_with_an_id_that_is_none(desk: Desk, webhook_id: str) -> None:
    posting = Posting(webhook_id, VALID.body)
    assert is_refused(send(desk, headers(posting)))


def test_with_the_longest_id(desk: Desk) -> None:
    posting = Posting("x" * 255, VALID.body)
    assert send(desk, headers(posting)).status_code == 200


@pytest.mark.parametrize("webhook_id", ["evt_other", VALID.webhook_id.lower(), "."])
def test_with_the_id_of_another(desk: Desk, webhook_id: str) -> None:
    assert is_refused(send(desk, headers(VALID) | {"webhook-id": webhook_id}))


# Timestamps


@pytest.mark.parametrize(
    "timestamp",
    ["now", "0x68E7", "1e9", "NaN", "inf", "-1", "--1", "1_760_000_000", "9" * 13, "9" * 400, "0"],
)
def test_with_a_timestamp_that_is_none(desk: Desk, timestamp: str) -> None:
    assert is_refused(send(desk, signed_at(timestamp)))


@pytest.mark.parametrize("form", ["{:.1f}", "+{:.0f}", "{:.0f}.", "{:.3e}", "{:.0f}000"])
def test_with_the_right_time_written_otherwise(desk: Desk, form: str) -> None:
    assert is_refused(send(desk, signed_at(form.format(time.time()))))


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 365, 10**9])
def test_with_a_time_too_far_away(desk: Desk, minutes: int) -> None:
    assert is_refused(send(desk, headers(VALID, age_s=minutes * 60)))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_with_a_time_within_the_tolerance(desk: Desk, minutes: int) -> None:
    assert send(desk, headers(VALID, age_s=minutes * 60)).status_code == 200


def test_with_another_time_than_was_signed(desk: Desk) -> None:
    fields = headers(VALID, age_s=10)
    fields["webhook-timestamp"] = str(int(fields["webhook-timestamp"]) + 1)
    assert is_refused(send(desk, fields))


# Signatures


@pytest.mark.parametrize(
    "value",
    [
        "v1",
        "v1,",
        ",",
        ", ,",
        "v1,!!!",
        "v1,A",
        "v1,AAAA",
        "v1,AAAA,BBBB",
        "v1,====",
        "v1," + "A" * 20_000,
        "v1," + base64.b64encode(b"\0" * 32).decode(),
    ],
)
def test_with_a_signature_that_is_none(desk: Desk, value: str) -> None:
    assert is_refused(send(desk, headers(VALID) | {"webhook-signature": value}))


@pytest.mark.parametrize("version", ["", "v", "v1a", "v2", "V1", "v10", "v1 "])
def test_with_the_signature_under_another_version(desk: Desk, version: str) -> None:
    fields = headers(VALID)
    fields["webhook-signature"] = version + fields["webhook-signature"].removeprefix("v1")
    assert is_refused(send(desk, fields))


def test_with_the_signature_cut(desk: Desk) -> None:
    fields = headers(VALID)
    fields["webhook-signature"] = fields["webhook-signature"][:-5]
    assert is_refused(send(desk, fields))


def test_with_a_signature_of_another_secret(desk: Desk) -> None:
    secret = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
    assert is_refused(send(desk, headers(VALID, secret)))


@pytest.mark.parametrize(
    "others", ["v1a,AAAA", "v2,AAAA v1a,BBBB v3,CCCC", "v1,AAAA", "v2," + "A" * 5000]
)
@pytest.mark.parametrize("form", ["{others} {right}", "{right} {others}"], ids=["before", "after"])
def test_a_list_that_has_the_right_signature_is_taken(desk: Desk, others: str, form: str) -> None:
    fields = headers(VALID)
    right = fields["webhook-signature"]
    fields["webhook-signature"] = form.format(others=others, right=right)
    assert send(desk, fields).status_code == 200


# Bodies


@pytest.mark.parametrize("place", [0, 1, len(VALID.body) // 2, len(VALID.body) - 1])
def test_with_one_byte_changed(desk: Desk, place: int) -> None:
    body = bytearray(VALID.body)
    body[place] ^= 1
    assert is_refused(send(desk, headers(VALID), bytes(body)))


@pytest.mark.parametrize(
    "body",
    [b"", VALID.body[:-1], VALID.body + b"\n", b" " + VALID.body, VALID.body * 2],
    ids=["none", "cut", "a line more", "a blank before", "twice"],
)
def test_with_another_body_than_was_signed(desk: Desk, body: bytes) -> None:
    assert is_refused(send(desk, headers(VALID), body))


@pytest.mark.parametrize("body", [b"\xff", b'{"id": "\xc3"}', b"\xed\xa0\x80", b"\0\xfe"])
def test_with_a_body_that_is_not_utf8_though_signed(desk: Desk, body: bytes) -> None:
    posting = Posting("evt_bytes", body)
    assert is_refused(send(desk, headers(posting), body))


def test_with_a_body_that_is_too_large(desk: Desk) -> None:
    posting = Posting("evt_large", b" " * (LIMIT + 1))
    answer = send(desk, headers(posting), posting.body)
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])


def test_the_kind_of_content_does_not_matter(desk: Desk) -> None:
    fields = headers(VALID) | {"content-type": "multipart/form-data"}
    assert send(desk, fields).status_code == 200


def test_nothing_refused_is_in_the_ledger(desk: Desk) -> None:
    posting = Posting("evt_refused", VALID.body)
    for name in NAMES:
        send(desk, headers(posting) | {name: "1"})
    assert posting.webhook_id not in ledger(desk.database)


# Whatever there is

MANGLED = st.one_of(
    st.binary(max_size=40),
    st.text(st.characters(codec="ascii", exclude_characters="\r\n\0"), max_size=40).map(str.encode),
    st.from_regex(rb"v1a?,[A-Za-z0-9+/=]{0,48}( v1,[A-Za-z0-9+/=]{0,48})?", fullmatch=True),
    st.integers(-(10**14), 10**14).map(lambda number: str(number).encode()),
)
"""Header values that are nearly right, or not at all."""


@settings(max_examples=examples(400), deadline=None)
@given(data=st.data(), body=st.just(VALID.body) | st.binary(max_size=200))
def test_no_header_and_no_body_makes_an_error(desk: Desk, data: st.DataObject, body: bytes) -> None:
    right = headers(Posting("evt_any", body))
    lines = [b"POST %s HTTP/1.1" % PATH.encode(), b"Host: 127.0.0.1", b"Connection: close"]
    for name in NAMES:
        values = st.lists(st.just(right[name].encode()) | MANGLED, min_size=1, max_size=2)
        lines += [name.encode() + b": " + value for value in data.draw(values)]
    lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    # 400: a line break or the like among the values, which the HTTP parser does not let through.
    assert raw_status(desk, head + body) in {200, 400, 401}


def raw_status(desk: Desk, request: bytes) -> int:
    """The status that bytes are answered with, as they are: no client library mends them."""
    address = httpx.URL(desk.url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as line:
        line.sendall(request)
        return int(line.makefile("rb").readline().split()[1])


@settings(max_examples=examples(200), deadline=None)
@given(
    body=st.just(VALID.body) | st.text(max_size=40).map(str.encode),
    entry=st.sampled_from(["{}", "v1a,AAAA {}", "{} v2,BBBB", "v1,AAAA {}", "{}=", "v2{}", "{}x"]),
    age_s=st.sampled_from([0, 240, -240, 360, -360]),
)
def test_it_says_what_the_reference_verifier_says(body: bytes, entry: str, age_s: int) -> None:
    posting = Posting("evt_reference", body)
    fields = headers(posting, age_s=age_s)
    fields["webhook-signature"] = entry.format(fields["webhook-signature"])
    verifier = Verifier([SECRET])

    def ours() -> bool:
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        try:
            verifier.verify(verifier.claimed(raw), body)
        except RefusedError:
            return False
        return True

    def theirs() -> bool:
        try:
            Webhook(SECRET).verify(body, fields, json_parse=False)
        except (WebhookVerificationError, ValueError):
            return False
        return True

    assert ours() == theirs()
