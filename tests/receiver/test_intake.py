"""What the receiver takes in, from the request to the ledger, over HTTP on both databases."""

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from models.storage.database import Database
from tests.conftest import SECRET
from tests.processes import Running
from tests.receiver.conftest import LIMIT, NEXT_SECRET, Desk
from tests.receiver.midbound import (
    CLIENT,
    PATH,
    deliver,
    example,
    fresh,
    headers,
    ledger,
    metric,
    no_writes,
    payload,
    post,
    story,
)

pytestmark = pytest.mark.xdist_group("intake")

KINDS = (
    "identity.resolved",
    "identity.qualified",
    "identity.enriched",
    "identity.validated",
    "identity.session.finalized",
)


# Stored, duplicate, conflict


def test_a_new_delivery_is_stored(desk: Desk) -> None:
    answer = post(desk.url, fresh())
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})


def test_the_same_delivery_again_is_a_duplicate(desk: Desk) -> None:
    posting = fresh()
    post(desk.url, posting)
    answer = post(desk.url, posting)
    assert (answer.status_code, answer.json()) == (200, {"status": "duplicate"})


def test_the_same_id_with_another_body_is_a_duplicate(desk: Desk) -> None:
    posting = fresh(b"{}")
    post(desk.url, posting)
    answer = post(desk.url, posting._replace(body=b"[]"))
    assert (answer.status_code, answer.json()) == (200, {"status": "duplicate"})


def test_of_two_bodies_with_one_id_the_first_stays_in_the_ledger(desk: Desk) -> None:
    posting = fresh(b'{"body": "first"}')
    post(desk.url, posting)
    post(desk.url, posting._replace(body=b'{"body": "second"}'))
    assert ledger(desk.database)[posting.webhook_id].body == posting.body


@pytest.mark.parametrize(
    ("second", "outcome"), [(b"{}", "duplicate"), (b"[]", "conflict")], ids=["same", "other"]
)
def test_metrics_tell_a_conflict_from_a_duplicate(desk: Desk, second: bytes, outcome: str) -> None:
    line = f'visitor_desk_deliveries_total{{outcome="{outcome}",type="other"}}'
    before = metric(desk.url, line)
    posting = fresh(b"{}")
    post(desk.url, posting)
    post(desk.url, posting._replace(body=second))
    assert metric(desk.url, line) == before + 1


def test_the_same_delivery_many_times_at_once_is_stored_once(desk: Desk) -> None:
    posting = fresh()
    with ThreadPoolExecutor(8) as pool:
        with no_writes(desk.database):
            answers = [pool.submit(post, desk.url, posting) for _ in range(8)]
            time.sleep(0.2)
        statuses = Counter(answer.result().json()["status"] for answer in answers)
    assert statuses == {"stored": 1, "duplicate": 7}


def test_deliveries_that_wait_at_the_same_time_share_a_commit(desk: Desk) -> None:
    line = "visitor_desk_commit_seconds_count"
    before = metric(desk.url, line)
    with ThreadPoolExecutor(16) as pool:
        with no_writes(desk.database):
            answers = [pool.submit(post, desk.url, fresh()) for _ in range(16)]
            time.sleep(0.3)
        assert {answer.result().status_code for answer in answers} == {200}
    # What came first, perhaps alone, waited in a transaction; all others shared the next.
    assert metric(desk.url, line) - before == 2


# The ledger


def test_the_ledger_gives_the_exact_bytes_back(desk: Desk) -> None:
    posting = fresh('{ "b":1,\r\n\t"a" : "\\u00e9 é 🙂",  "a": 1.0 }\n '.encode())
    post(desk.url, posting)
    assert ledger(desk.database)[posting.webhook_id].body == posting.body


def test_the_signature_verifies_again_from_the_ledger_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = fresh(example("identity.enriched").body)
    post(desk.url, posting)
    kept = ledger(desk.database)[posting.webhook_id]
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", years_later)
    again = {
        "webhook-id": kept.webhook_id,
        "webhook-timestamp": kept.timestamp,
        "webhook-signature": kept.signature,
    }
    Webhook(SECRET).verify(kept.body, again)  # raises when it does not


def years_later(_self: Webhook, timestamp: str) -> object:
    """The reference verifier's reading of a timestamp, without its look at the clock."""
    return datetime.fromtimestamp(int(timestamp), UTC)


def test_the_ledger_keeps_the_time_of_receipt_in_milliseconds(desk: Desk) -> None:
    posting = fresh()
    before = time.time() * 1000
    post(desk.url, posting)
    after = time.time() * 1000
    assert before - 1 <= ledger(desk.database)[posting.webhook_id].received_at <= after


# Secrets


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET], ids=["old", "new"])
def test_while_a_secret_is_rotated_both_are_good(desk: Desk, secret: str) -> None:
    assert post(desk.url, fresh(), secret).status_code == 200


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET], ids=["old", "new"])
def test_while_a_secret_is_rotated_a_third_is_not(desk: Desk, secret: str) -> None:
    assert post(desk.url, fresh(), secret[:-4] + "AAA=").status_code == 401


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET], ids=["old", "new"])
def test_what_stands_behind_the_right_signature_is_read_for_no_secret(
    desk: Desk, secret: str
) -> None:
    posting = fresh()
    fields = headers(posting, secret)
    fields["webhook-signature"] += " garbage"
    assert CLIENT.post(desk.url + PATH, content=posting.body, headers=fields).status_code == 200


# The body limit


def test_a_body_as_large_as_the_limit_is_stored(desk: Desk) -> None:
    assert post(desk.url, fresh(b" " * LIMIT)).status_code == 200


def test_a_body_one_byte_larger_is_refused(desk: Desk) -> None:
    answer = post(desk.url, fresh(b" " * (LIMIT + 1)))
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])


def test_a_body_declared_too_large_is_refused_before_it_is_sent(desk: Desk) -> None:
    with connection(desk.url) as line:
        line.sendall(request_head(f"Content-Length: {10**15}"))
        assert status_of(line) == 413


def test_an_endless_body_is_refused_once_it_is_over_the_limit(desk: Desk) -> None:
    with connection(desk.url) as line:
        line.sendall(request_head("Transfer-Encoding: chunked"))
        send_chunks(line, LIMIT // 1024 + 1)
        assert status_of(line) == 413  # without the chunk that would end it


def test_an_endless_body_is_not_read_on_after_the_answer(desk: Desk) -> None:
    with connection(desk.url) as line:
        line.sendall(request_head("Transfer-Encoding: chunked"))
        send_chunks(line, LIMIT // 1024 + 1)
        status_of(line)
        with pytest.raises(ConnectionError):
            send_chunks(line, 1000, pause_s=0.002)


def connection(receiver: str) -> socket.socket:
    address = httpx.URL(receiver)
    return socket.create_connection((address.host, address.port or 80), timeout=10)


def request_head(line: str) -> bytes:
    signed = "".join(f"{name}: {value}\r\n" for name, value in headers(fresh()).items())
    return f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{signed}{line}\r\n\r\n".encode()


def send_chunks(line: socket.socket, chunks: int, *, pause_s: float = 0) -> None:
    """Send so many KiB of a chunked body."""
    for _ in range(chunks):
        line.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
        time.sleep(pause_s)


def status_of(line: socket.socket) -> int:
    """The status of the answer on a connection."""
    head = b""
    while b"\r\n" not in head:
        more = line.recv(1024)
        assert more, "closed without an answer"
        head += more
    return int(head.split()[1])


# Its end


def test_sigterm_in_the_middle_of_a_burst_loses_nothing_that_was_accepted(
    run: Callable[..., Running], database_url: str
) -> None:
    receiver = run("receiver", database_url=database_url)
    postings = story(visitors=60, seed=11)

    def stop(answered: int) -> None:
        if answered >= 50:
            receiver.process.terminate()

    answers = asyncio.run(deliver(lambda _: [receiver.receiver], postings, on_answer=stop))
    receiver.process.wait(20)
    assert answers.left, "the burst was over before SIGTERM"
    database = Database(database_url)
    assert answers.accepted <= ledger(database).keys()
    database.close()


@pytest.mark.long_on("postgres")
def test_sigterm_lets_what_waits_for_its_commit_finish(
    run: Callable[..., Running], database_url: str
) -> None:
    receiver = run("receiver", database_url=database_url)
    database = Database(database_url)
    with ThreadPoolExecutor(8) as pool:
        with no_writes(database):
            answers = [pool.submit(post, receiver.receiver, fresh()) for _ in range(8)]
            time.sleep(0.3)
            receiver.process.terminate()
            time.sleep(0.3)
        assert [answer.result().status_code for answer in answers] == [200] * 8
    receiver.process.wait(20)
    database.close()


# Its log

PERSONAL = (
    "Peter", "Toth", "peter@midbound.ai", "peter.toth@gmail.com", "ptrtht", "351913168884",
    "89.154.32.71", "1100", "Midbound", "01KH5FW03RXBE3EZGHKW8V1J7M", "01KH5FW03R8XCZQ7PCYNV4ND1H",
    "CjwKCAjw9pGjBhB", "example.com",
)  # fmt: skip
"""What the examples say about a human, their browser and their visit."""


@pytest.mark.long_on("postgres")
def test_the_log_holds_no_secret_and_nothing_personal(
    run: Callable[..., Running], database_url: str
) -> None:
    receiver = run("receiver", database_url=database_url, LOG_LEVEL="DEBUG")
    examples = [example(kind) for kind in KINDS]
    for posting in examples:
        post(receiver.receiver, posting)
        post(receiver.receiver, posting._replace(body=posting.body + b" "))  # a conflict
        post(receiver.receiver, fresh(posting.body[:-1]))  # quarantined
        post(receiver.receiver, posting, NEXT_SECRET)  # refused
        CLIENT.post(
            receiver.receiver + PATH,
            params={"email": "peter@midbound.ai"},
            content=posting.body,
            headers=headers(posting) | {"webhook-id": "peter@midbound.ai"},
        )
        CLIENT.get(f"{receiver.receiver}/ptrtht", headers={"Host": "peter@midbound.ai"})
    broken = payload("identity.enriched") | {"created": "Peter Toth"}
    post(receiver.receiver, fresh(json.dumps(broken).encode()))
    with connection(receiver.receiver) as line:
        line.sendall(b"Peter Toth peter@midbound.ai\r\n\r\n")
        line.recv(1024)
    with connection(receiver.receiver) as line:  # hangs up in the middle of a body
        line.sendall(request_head("Content-Length: 5000") + b"Peter Toth")
    receiver.stop()
    log = receiver.log.read_text()
    signatures = [headers(posting)["webhook-signature"][3:] for posting in examples]
    secrets = [SECRET.removeprefix("whsec_"), "whsec_", *signatures]
    assert [text for text in (*PERSONAL, *secrets) if text in log] == []
