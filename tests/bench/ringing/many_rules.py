"""Rules as a desk of many teams has them: some that mean many, most that mean hardly anybody."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import insert

from models.rules import destinations
from models.storage.database import Database
from models.tables import SEGMENT
from models.tables.rules import RULE

_ASKED: Sequence[Callable[[int], str]] = (
    lambda n: f"page=/pricing/{n}&seniority=vp",
    lambda n: f"utm_campaign=camp-{n}",
    lambda n: f"company=firm{n}.com&hot=yes",
    lambda n: f"industry=Industry+{n}&country=DE",
    lambda n: f"job_title.has=chief+{n}&min_employees={n + 50}",
    lambda n: f"utm_source=s{n}&page=/demo",
)
_OFTEN: Sequence[str] = (
    "page=/pricing&min_employees=200",
    "hot=yes&seniority=c_level&seniority=vp",
    "channel=Paid+Search&job_title.not=student",
    "country=US&department=marketing",
)
_EVERY = 25
"""One rule of so many is one that means many."""

_OCCASIONS = ("visit", "once", "return", "company")


def add_rules(database: Database, many: int, key_file: Path, url: str) -> None:
    """Add so many rules, which tell a destination of this address."""
    if not many:
        return
    segments, rules = [], []
    for n in range(many):
        often = _OFTEN[n // _EVERY % len(_OFTEN)]
        query = often if n % _EVERY == 0 else _ASKED[n % len(_ASKED)](n)
        occasion = _OCCASIONS[n // len(_ASKED) % len(_OCCASIONS)]
        people, days = (2, 7) if occasion == "company" else (None, None)
        segments.append({
            "name": f"s{n}", "title": f"s{n}", "query": query,
            "owner": None, "locked": False, "saved_at": n,
        })  # fmt: skip
        rules.append({
            "name": f"r{n}", "segment": f"s{n}", "occasion": occasion, "destinations": "many",
            "cooldown_hours": 24, "cap_per_hour": 30, "quiet": None, "people": people,
            "days": days, "assign_to": None, "turn": 0, "paused": False, "owner": "bench",
            "created_at": n, "changed_at": n,
        })  # fmt: skip
    with database.write() as db:
        destinations.add(
            db, key_file, name="many", kind="slack", secrets=[url],
            owner="bench", allow_private=True,
        )  # fmt: skip
        db.execute(insert(SEGMENT), segments)
        db.execute(insert(RULE), rules)
