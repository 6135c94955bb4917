"""Streams of deliveries that hit the hard cases of the merge rules.

One generator for both uses: `Dice` makes every choice, thrown by Hypothesis (`streams`, shrinks:
the first of each pool is the plainest, and a whole delivery can be dropped) or by a seed
(`random_stream`, for thousands). Names come from small neighbourhoods, so that collisions are
common and chains of visitors long, but a large stream is not one single human.
"""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from tests.reference.events import Delivery
from tests.reference.pools import (
    ADDRESSES,
    AHEAD,
    BROKEN,
    COMPANIES,
    COUNTRIES,
    ENRICHED,
    NO_EVENTS,
    NUMBERS,
    PEOPLE,
    PHONES,
    SIDS,
    START,
    TEXTS,
    TYPES,
    VALIDITIES,
    VIDS,
    Json,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Dice:
    """Every choice; `throw(n)` gives 0 … n-1 and 0 is the plainest.

    `visits`: how many there may be of each of a neighbourhood's sessions, so that leads get large.
    """

    throw: Callable[[int], int]
    neighbourhoods: int = 1
    visits: int = 1

    def pick(self, pool: Sequence[T]) -> T:
        return pool[self.throw(len(pool))]

    def mostly(self, pool: Sequence[T], first: int) -> T:
        """Pick one of the `first` of the pool four times of five, any at all otherwise."""
        return pool[self.throw(len(pool) if self.chance(20) else first)]

    def chance(self, percent: int) -> bool:
        return self.throw(100) >= 100 - percent

    def maybe(self, percent: int, make: Callable[[], object]) -> object:
        """Give what is made, or null; null is the plainer one."""
        return make() if self.chance(percent) else None

    def several(self, most: int, make: Callable[[], object]) -> list[object]:
        return [make() for _ in range(self.throw(most + 1))]


def delivered(dice: Dice, number: int) -> list[Delivery]:
    """Make one event and give its delivery, or two: again, under another id, or a conflict.

    `number` is what makes the `webhook_id` its own.
    """
    home = dice.throw(dice.neighbourhoods)
    # Not in the order of the events: a tie of two events is decided by it.
    webhook_id = f"msg_{dice.throw(10)}_{number}"
    if dice.chance(2):
        webhook_id = dice.pick(("=1+1_", "-5_", "@msg_")) + str(number)
    received_at = START + 60_000 + dice.throw(1000)
    body = dice.pick(NO_EVENTS) if dice.chance(3) else encoded(dice, event(dice, home, received_at))
    one = Delivery(webhook_id, received_at, body)
    if not dice.chance(15):
        return [one]
    again = dice.pick(
        (
            one,
            Delivery(webhook_id + "b", received_at + 1, body),
            Delivery(webhook_id, received_at + 2, encoded(dice, event(dice, home, received_at))),
        )
    )
    return [one, again]


def encoded(dice: Dice, sent: Json) -> bytes:
    text = json.dumps(sent, ensure_ascii=dice.chance(50))
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be sent as an escape
        return json.dumps(sent).encode()


def event(dice: Dice, home: int, received_at: int) -> Json:
    # Each session has its usual visitor, and at times another.
    which = dice.throw(len(SIDS)) if dice.chance(20) else dice.throw(5)

    # Now and then a neighbour's name: that joins whole neighbourhoods.
    def name(pool: Sequence[str], first: int) -> str:
        n = home + 1 if dice.chance(4) else home
        # Every other neighbourhood is shy: hardly a URL, so that addresses decide.
        if pool is PEOPLE and home % 2 and not dice.chance(10):
            return "https://example.com/no-profile"
        # There each visitor shares one address with the next: a chain, of many hops.
        if pool is ADDRESSES and home % 2 and dice.chance(75):
            return f"link{n}.{which % 4 + dice.throw(2)}@x.io"
        return dice.mostly(pool, first).replace("{n}", str(n))

    kind = dice.pick(TYPES)
    created = START + 1000 * dice.throw(5)
    again = f"#{dice.throw(dice.visits)}" if dice.visits > 1 else ""
    sid = SIDS[which].replace("{n}", str(home)) + again
    vid = name(VIDS, 4) if dice.chance(25) else VIDS[which % 4].replace("{n}", str(home))
    data: Json = {}
    finalized = kind == TYPES[4]
    if not finalized or dice.chance(10):
        data["attribution"] = {"type": "website", "pixelId": "pxl", "sessionId": sid, "vid": vid}
        if dice.chance(8):  # the session's counts
            data["attribution"] = {"sessionId": "s-other", "vid": name(VIDS, 4)}
    if dice.chance(97 if finalized else 60):
        data["session"] = session(dice, vid, sid, created, finalized=finalized)
    if kind in TYPES[:2]:
        data["identity"] = identity(dice, name)
    if kind == TYPES[2]:
        data["query"] = {"match": dice.pick(("email", "linkedinUrl")), "value": name(PEOPLE, 3)}
    if kind == TYPES[2] or (finalized and dice.chance(40)):
        data["enrichment"] = dice.maybe(90, lambda: enrichment(dice, name, home))
    if kind == TYPES[3]:
        data["validations"] = dice.several(2, lambda: validation(dice, name))
    if finalized:
        data["sessionEndedAt"] = dice.maybe(60, lambda: created - dice.throw(3000))
        data["finalizedAt"] = dice.pick(BROKEN) if dice.chance(3) else created

    # Few ids, so that two events have one, with one `created`, too.
    sent: Json = {"id": f"evt_{dice.throw(30)}", "type": kind, "created": created, "data": data}
    if dice.chance(3):
        sent["type"] = dice.pick(("identity.new_thing", "=unheard.of", "nul\0", "x" * 300))
    if dice.chance(5):
        sent["created"] = float(created)
    put_ahead(dice, sent, received_at)
    if dice.chance(5):
        sent["data"] = {**data, "unknown": {"field": [1, None, "\0"]}, "more\ud800": "x"}
    if dice.chance(15):
        break_field(dice, sent)
    return sent


def put_ahead(dice: Dice, sent: Json, received_at: int) -> None:
    """Now and then let a wrong clock say one of the event's times."""
    if not dice.chance(5):
        return
    ahead = received_at + dice.pick(AHEAD)
    data = sent["data"]
    block = data.get("session") if isinstance(data, dict) else None
    pages = block.get("events") if isinstance(block, dict) else None
    place = dice.throw(4)
    if place == 1 and isinstance(block, dict):
        block[dice.pick(("createdAt", "endedAt", "lastActivity"))] = ahead
    elif place == 2 and isinstance(data, dict):
        data["sessionEndedAt"] = ahead
    elif place == 3 and pages:
        pages[0]["ts"] = ahead
    else:
        sent["created"] = ahead


def break_field(dice: Dice, sent: Json) -> None:
    """Put something unexpected into any one place, or take it away."""
    places: list[tuple[Json | list[object], object]] = []

    def walk(parent: object) -> None:
        if isinstance(parent, dict):
            for key in parent:
                places.append((parent, key))
                walk(parent[key])
        elif isinstance(parent, list):
            for index, item in enumerate(parent):
                places.append((parent, index))
                walk(item)

    walk(sent)
    parent, key = dice.pick(places)
    if isinstance(parent, dict) and isinstance(key, str):
        if dice.chance(20):
            del parent[key]
        else:
            parent[key] = dice.pick(BROKEN)
    elif isinstance(parent, list) and isinstance(key, int):
        parent[key] = dice.pick(BROKEN)


def session(dice: Dice, vid: str, sid: str, created: int, *, finalized: bool) -> Json:
    def time() -> int:
        return created - 2500 + dice.throw(5000)

    block: Json = {
        "pid": "pxl",
        "vid": dice.maybe(90, lambda: vid),
        "sid": dice.maybe(90, lambda: sid),
        "createdAt": dice.maybe(80, time),
        "endedAt": dice.maybe(20, time),
        "landingPage": f"https://example.com/{dice.throw(4)}",
        "network": {
            "country": dice.mostly(COUNTRIES, 2),
            "city": "Lisbon",
            "botManagement": {"score": dice.mostly(NUMBERS, 1)},
        },
    }
    if finalized:
        block["lastActivity"] = dice.maybe(60, time)
        block["events"] = dice.several(3, lambda: page_event(dice, time()))
        block["enrichments"] = dice.pick((None, [{"enrichmentData": "enr"}], "not read"))
    if not finalized or not dice.chance(50):
        block["utm"] = dice.maybe(70, lambda: utm(dice))
    if dice.chance(30):
        block["referrer"] = dice.pick(TEXTS)
        block["gclid"] = dice.pick(TEXTS)
        block["fbclid"] = dice.pick(TEXTS)
        block["timezone"] = dice.pick(TEXTS)
        block["userAgent"] = dice.pick(TEXTS)
        block["landingPage"] = dice.pick(TEXTS)
    # A finalized session without its own names and without attribution is broken; keep it rare.
    if finalized and dice.chance(95):
        block.update(vid=vid, sid=sid)
    return block


def utm(dice: Dice) -> Json:
    names = ("source", "medium", "campaign", "term", "content")
    return {name: dice.maybe(50, lambda: dice.mostly(TEXTS, 2)) for name in names}


def page_event(dice: Dice, ts: int) -> Json:
    url = dice.mostly(("https://example.com/a", "https://example.com/b", None, "", *TEXTS), 3)
    signal = dice.pick(("pageview", "pageview", "click", None))
    return {"signal": signal, "url": url, "ts": START + 1000 if dice.chance(40) else ts, "v": "1"}


Name = Callable[[Sequence[str], int], str]


def identity(dice: Dice, name: Name) -> Json:
    def email() -> Json:
        kind = dice.pick(("professional", "personal", None, "Professional", 1))
        return {"value": name(ADDRESSES, 5), "type": kind}

    block: Json = {"emails": dice.several(2, email)}
    block["linkedinUrl"] = dice.maybe(30, lambda: name(PEOPLE, 3))
    block["phones"] = dice.several(2, lambda: dice.pick((*PHONES, 5)))
    if dice.chance(60):
        block["demographics"] = {
            "firstName": dice.maybe(70, lambda: dice.mostly(("Ann", "Bob", *TEXTS), 2)),
            "lastName": dice.maybe(70, lambda: dice.mostly(("Lee", "Roy", *TEXTS), 2)),
        }
        block["location"] = {
            "city": dice.maybe(70, lambda: dice.mostly(("Lisbon", *TEXTS), 1)),
            "country": dice.maybe(70, lambda: dice.pick(COUNTRIES)),
        }
        block["professional"] = {
            "jobTitle": dice.maybe(70, lambda: dice.mostly(("CTO", *TEXTS), 1)),
            "companyName": dice.maybe(70, lambda: dice.mostly(("Acme", *TEXTS), 1)),
        }
    return block


def validation(dice: Dice, name: Name) -> Json:
    error: object = dice.maybe(40, lambda: {"code": dice.pick(("timeout", "greylisted", 5, None))})
    return {
        "email": name(ADDRESSES, 5),
        "validity": dice.pick(VALIDITIES),
        "provider": dice.pick(("millionverifier", "other", None)),
        "error": error,
    }


def enrichment(dice: Dice, name: Name, home: int) -> Json:
    return {
        "person": dice.maybe(75, lambda: person(dice, name, home)),
        "companies": dice.several(2, lambda: company(dice, home)),
        "emailValidations": dice.several(2, lambda: validation(dice, name)),
    }


def person(dice: Dice, name: Name, home: int) -> Json:
    def job() -> Json:
        return {
            "title": dice.maybe(80, lambda: dice.mostly(("CTO", "CEO", *TEXTS), 2)),
            "endDate": dice.pick((None, "2023-12", "", 2023)),
            "company": dice.maybe(85, lambda: company(dice, home)),
        }

    return {
        "linkedinUrl": dice.maybe(75, lambda: name(PEOPLE, 3)),
        "enrichedAt": dice.maybe(75, lambda: dice.mostly(ENRICHED, 4)),
        "firstName": dice.maybe(60, lambda: dice.mostly(("Ann", "Bob", *TEXTS), 2)),
        "lastName": dice.maybe(60, lambda: dice.mostly(("Lee", "Roy", *TEXTS), 2)),
        "fullName": dice.maybe(40, lambda: dice.mostly(("Ann Lee", *TEXTS), 1)),
        "email": dice.maybe(40, lambda: name(ADDRESSES, 4)),
        "location": dice.maybe(
            60,
            lambda: {
                "locality": dice.maybe(60, lambda: dice.mostly(("Porto", *TEXTS), 1)),
                "countryCode": dice.maybe(60, lambda: dice.pick(COUNTRIES)),
                "country": dice.maybe(60, lambda: dice.pick(COUNTRIES)),
            },
        ),
        "skills": dice.pick((None, ["a", 5, "", None], "not a list")),
        "employments": dice.several(2, job),
        "experience": dice.several(1, job),
    }


def company(dice: Dice, home: int) -> Json:
    named = dice.mostly(COMPANIES, 5)
    block: Json = {
        field: text.replace("{n}", str(home)) if isinstance(text, str) else text
        for field, text in named.items()
    }
    block["_type"] = dice.pick(("basic", "full", None))
    block["enrichedAt"] = dice.maybe(70, lambda: dice.mostly(ENRICHED, 4))
    block["employeeCount"] = dice.mostly(NUMBERS, 3)
    if block["_type"] == "full":
        block["industry"] = dice.mostly(("Software", *TEXTS), 1)
        block["foundedYear"] = dice.mostly((2024, 2019, *NUMBERS), 2)
        block["address"] = {"countryCode": dice.pick((*COUNTRIES, None)), "country": "Portugal"}
    if dice.chance(25):
        block["estimatedRevenue"] = {
            "min": dice.pick(NUMBERS),
            "max": dice.pick(NUMBERS),
            "currency": dice.pick(TEXTS),
        }
        block["headcount"] = {"growth": {"yoy": dice.pick(NUMBERS)}}
        block["webTraffic"] = {"monthlyVisitors": dice.pick(NUMBERS)}
        block["funding"] = {
            "totalRaisedUsd": dice.pick(NUMBERS),
            "lastRoundType": dice.pick(TEXTS),
        }
    return block


def random_stream(seed: int, size: int) -> list[Delivery]:
    """Give `size` deliveries, always the same for a seed; conflicts, too (see below)."""
    return _thrown(Dice(random.Random(seed).randrange, neighbourhoods=1 + size // 25), size)


def stream_of_large_leads(seed: int, size: int) -> list[Delivery]:
    """The same of few people, who visit very often."""
    return _thrown(Dice(random.Random(seed).randrange, neighbourhoods=2, visits=40), size)


def _thrown(dice: Dice, size: int) -> list[Delivery]:
    stream: list[Delivery] = []
    for number in itertools.count():
        stream += delivered(dice, number)
        if len(stream) >= size:
            break
    return stream[:size]


@st.composite
def one_delivered(draw: st.DrawFn) -> list[Delivery]:
    dice = Dice(lambda n: draw(st.integers(0, n - 1)), neighbourhoods=2)
    return delivered(dice, 0)


def streams(max_size: int = 12) -> st.SearchStrategy[list[Delivery]]:
    """Give up to `max_size` events' deliveries, repeats beside; conflicts, too (see below)."""
    return st.lists(one_delivered(), max_size=max_size).map(numbered)


def numbered(many: list[list[Delivery]]) -> list[Delivery]:
    """Put each event's place into its `webhook_id`s: made apart, so that any one can be dropped."""
    return [
        Delivery(f"{one.webhook_id}_{place}", one.received_at, one.body)
        for place, own in enumerate(many)
        for one in own
    ]


def without_conflicts(stream: Sequence[Delivery]) -> list[Delivery]:
    """Drop each delivery that differs from the first of its `webhook_id`; repeats stay.

    Only so is a stream a set that may be put in any order: of two bodies under one id the first
    to arrive stays, which is the one thing that hangs on the order.
    """
    first: dict[str, Delivery] = {}
    return [one for one in stream if first.setdefault(one.webhook_id, one) == one]
