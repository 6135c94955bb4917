"""Playing against a receiver: signatures, retries, duplicates, shuffling, stopping."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError

from simulator import play as playing
from simulator.delivery import encode, sign
from simulator.dice import Dice
from simulator.play import Tally, play, repeated, shuffled
from simulator.visits import ScheduledEvent

SECRET = "whsec_c2ltdWxhdG9yLXRlc3Qtc2VjcmV0LTAxMjM0NTY3"
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass
class Receiver:
    """Verifies as Midbound's SDK does and answers as ours; the first `refuses` tries get a 503."""

    refuses: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    taken: list[Message] = field(default_factory=list)
    ahead_ms: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer = self.judge(headers, body)
        await asyncio.sleep(0)
        self.at_once -= 1
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def judge(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        try:
            event = Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError as error:
            return 401, {"detail": str(error)}
        key = headers["webhook-id"]
        assert key == event["id"]
        self.tries[key] += 1
        if self.tries[key] <= self.refuses:
            return 503, {"detail": "away"}
        self.ahead_ms.append(event["created"] - time.time() * 1000)
        known = any(taken["id"] == key for taken in self.taken)
        self.taken.append(event)
        return 200, {"status": "duplicate" if known else "stored"}


def against(receiver: Receiver, play_it: Callable[[str], Awaitable[Tally]]) -> Tally:
    """Serve `receiver` on a free port and play against it, all in one event loop."""

    async def run() -> Tally:
        server = uvicorn.Server(
            uvicorn.Config(receiver, port=0, log_level="warning", lifespan="off")
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 — uvicorn has no event to await
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            return await play_it(f"http://127.0.0.1:{port}/webhooks/midbound")
        finally:
            server.should_exit = True
            await serving

    return asyncio.run(run())


async def plainly(url: str, **how: object) -> Tally:
    """Play 12 people as fast as 800 events a second go, unless told otherwise."""
    settings: dict[str, Any] = {
        "url": url,
        "secret": SECRET,
        "visitors": 12,
        "rate": 800.0,
        "speed": 0.0,
        "seed": 4,
        "shuffle": False,
        "duplicates": 0.0,
        **how,
    }
    return await play(**settings)


def test_all_events_arrive_once_in_order_signed_and_none_from_the_future() -> None:
    receiver = Receiver()
    tally = against(receiver, plainly)
    sent = len(receiver.taken)
    assert sent > 40
    assert tally == Tally(sent=sent, stored=sent)
    assert len({event["id"] for event in receiver.taken}) == sent
    assert max(receiver.ahead_ms) <= 1
    assert min(receiver.ahead_ms) > -5000


def test_the_story_sets_the_pace_when_there_is_speed() -> None:
    receiver = Receiver()
    began = time.monotonic()
    # One person's whole story, days of it, within a second or two.
    tally = against(
        receiver,
        lambda url: plainly(url, visitors=3, rate=None, speed=400_000.0, arrivals_per_minute=600.0),
    )
    took_ms = (time.monotonic() - began) * 1000
    span_ms = receiver.taken[-1]["created"] - receiver.taken[0]["created"]
    assert tally.stored == tally.sent == len(receiver.taken)
    assert span_ms <= took_ms
    assert max(receiver.ahead_ms) <= 1


def test_a_rate_bounds_the_story() -> None:
    receiver = Receiver()
    began = time.monotonic()
    tally = against(receiver, lambda url: plainly(url, rate=100.0, speed=1_000_000.0))
    assert time.monotonic() - began > (tally.sent - 1) / 100 - 0.2


def test_refused_deliveries_are_tried_again_under_the_same_id_until_taken() -> None:
    receiver = Receiver(refuses=2)
    answers: list[tuple[str, int]] = []
    tally = against(
        receiver,
        lambda url: plainly(
            url,
            visitors=2,
            rate=400.0,
            speed=1_000_000.0,
            on_answer=lambda key, status: answers.append((key, status)),
        ),
    )
    assert tally.stored == tally.sent == len(receiver.taken)
    assert tally.lost == 0
    assert tally.retried == 2 * tally.sent
    assert set(receiver.tries.values()) == {3}
    assert Counter(status for _, status in answers) == {503: 2 * tally.sent, 200: tally.sent}


def test_a_delivery_refused_four_times_is_lost() -> None:
    receiver = Receiver(refuses=99)
    tally = against(receiver, lambda url: plainly(url, visitors=1, speed=1_000_000.0))
    assert tally == Tally(sent=tally.sent, retried=3 * tally.sent, lost=tally.sent)
    assert set(receiver.tries.values()) == {4}


def test_a_receiver_that_is_down_costs_retries_not_an_error() -> None:
    answers: list[int] = []
    tally = asyncio.run(
        plainly(
            "http://127.0.0.1:9/",
            visitors=1,
            speed=1_000_000.0,
            on_answer=lambda _, status: answers.append(status),
        )
    )
    assert tally.lost == tally.sent > 0
    assert set(answers) == {0}


def test_a_share_of_events_is_sent_twice_under_one_id() -> None:
    receiver = Receiver()
    tally = against(receiver, lambda url: plainly(url, duplicates=1.0))
    assert set(receiver.tries.values()) == {2}
    assert tally.sent == tally.stored == 2 * tally.duplicates


def test_shuffling_changes_the_order_and_nothing_else() -> None:
    plain, mixed = Receiver(), Receiver()
    against(plain, plainly)
    against(mixed, lambda url: plainly(url, shuffle=True))
    created = [event["created"] for event in mixed.taken]
    assert len(mixed.taken) == len(plain.taken)
    assert created != sorted(created)
    assert max(mixed.ahead_ms) <= 1


def test_no_more_than_the_bound_are_in_flight() -> None:
    receiver = Receiver()
    against(receiver, lambda url: plainly(url, visitors=25, rate=None))
    assert receiver.most_at_once <= playing.IN_FLIGHT


def test_stopping_ends_an_endless_play_with_its_tally() -> None:
    receiver = Receiver(refuses=99)  # so that retries are waiting, half a minute long

    async def stopped(url: str) -> Tally:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.4, stop.set)
        return await plainly(url, visitors=None, rate=200.0, stop=stop)

    began = time.monotonic()
    tally = against(receiver, stopped)
    assert time.monotonic() - began < 5
    assert tally.sent == tally.lost > 10
    assert tally.retried == 0


@pytest.mark.parametrize(
    "how",
    [
        {"url": "ftp://example.com/"},
        {"url": "/webhooks"},
        {"speed": -1.0},
        {"rate": 0.0},
        {"duplicates": 1.5},
        {"secret": "whsec_"},
        {"secret": "whsec_x"},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — a bad secret's message is the library's own
        asyncio.run(plainly(**{"url": "http://127.0.0.1:9/", **how}))


def test_a_signature_holds_for_its_time_body_and_id() -> None:
    body = encode({"id": "evt_1", "name": "Łódź"})
    headers = sign(SECRET, "evt_1", body)
    assert headers["content-type"] == "application/json"
    assert Webhook(SECRET).verify(body, headers) == {"id": "evt_1", "name": "Łódź"}
    assert sign(SECRET, "evt_1", body, now_s=1_700_000_000)["webhook-timestamp"] == "1700000000"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def scheduled(number: int) -> ScheduledEvent:
    return ScheduledEvent(number, {"id": str(number), "created": number})


def test_repeating_gives_about_the_share_asked_for() -> None:
    story = [scheduled(number) for number in range(2000)]
    assert 2500 < len(list(repeated(story, 0.3, Dice(1)))) < 2700
    assert list(repeated(story, 0.0, Dice(1))) == story


def test_a_shuffled_event_never_goes_out_before_its_time() -> None:
    story = [scheduled(number) for number in range(500)]
    mixed = list(shuffled(story, 24, Dice(1)))
    assert Counter(s.event["id"] for s in mixed) == Counter(s.event["id"] for s in story)
    assert [s.event for s in mixed] != [s.event for s in story]
    assert all(s.at_ms >= s.event["created"] for s in mixed)
    assert [s.at_ms for s in mixed] == sorted(s.at_ms for s in mixed)
