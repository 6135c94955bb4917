"""A few people's lives: who visits what, whose browser it is, where they work, as it becomes known.

So few of each that nearly every event tells something of somebody who is known already.
"""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.reference.events import Delivery
from tests.reference.pools import START

_PEOPLE = ("ann", "bob", "cid")
_FIRMS = ("acme.com", "globex.com")
_TITLES = ("CTO", "CEO", "VP Sales", None)


def lives(seed: int, many: int) -> Iterator[Delivery]:
    """So many events of a minute, in any order of their making."""
    dice = random.Random(seed)
    for number in range(many):
        kind = dice.choice(("resolved", "resolved", "enriched", "session.finalized"))
        vid = dice.randint(0, 4)
        sid = f"sid-{vid}-{dice.randint(0, 2)}"
        # Now and then a browser is lent.
        who = dice.choice(_PEOPLE) if dice.random() < 0.2 else _PEOPLE[vid % len(_PEOPLE)]
        body = {
            "id": f"evt_life_{seed}_{number}",
            "type": f"identity.{kind}",
            "created": START - 1000 * dice.randint(0, 60),
            "data": _data(dice, kind, f"vid-{vid}", sid, who),
        }
        yield Delivery(f"msg_life_{seed}_{number}", START, json.dumps(body).encode())


def _data(dice: random.Random, kind: str, vid: str, sid: str, who: str) -> dict[str, Any]:
    session = {
        "vid": vid,
        "sid": sid,
        "createdAt": START - 1000 * (100 - 10 * int(sid[-1])),
        "landingPage": f"https://x.io/{dice.randint(0, 2)}",
        "network": {
            "country": dice.choice(("PT", "DE")),
            "botManagement": {"score": 5 if dice.random() < 0.1 else 90},
        },
    }
    url = f"https://linkedin.com/in/{who}" if dice.random() < 0.3 else None
    emails = [{"value": f"{who}@x.io"}] if dice.random() < 0.5 else []
    match kind:
        case "resolved":
            return {"session": session, "identity": {"linkedinUrl": url, "emails": emails}}
        case "enriched":
            firm = {
                "domain": dice.choice(_FIRMS),
                "name": "A firm",
                "_type": dice.choice(("full", "basic")),
                "employeeCount": dice.choice((3, 20, None)),
            }
            person = {
                "linkedinUrl": f"https://linkedin.com/in/{who}",
                "employments": [{"title": dice.choice(_TITLES), "company": firm}],
            }
            its = {"vid": vid, "sessionId": sid}
            return {"attribution": its, "enrichment": {"person": person, "companies": [firm]}}
        case _:
            return {"session": session | {"endedAt": START, "events": []}}
