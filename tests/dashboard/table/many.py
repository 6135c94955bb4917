"""Leads by the thousand, written straight into their table: for what is asked of the list alone."""

from sqlalchemy import insert

from models.storage.database import Database
from models.tables import LEAD, LEAD_WORD
from models.tables.scores import LEAD_SCORE, NEVER

NEWEST_MS = 1_760_000_000_000


def lead(number: int, **facts: object) -> dict[str, object]:
    """A lead of this number; the higher the later seen."""
    return {
        "key": f"guest{number:06}@example.com",
        "full_name": f"Guest {number:06}",
        "email": f"guest{number:06}@example.com",
        "job_title": f"Title {number % 7}",
        "stage": 1 + number % 5,
        "stages": 2,
        "sessions": 1 + number % 11,
        "pageviews": number % 3,
        "first_seen": NEWEST_MS - 1,
        "last_seen": NEWEST_MS + number * 1000,
        "heard_at": NEWEST_MS + number * 1000,
        "last_sid": f"sid{number}",
        "sort_name": f"guest {number:06}",
        "search": f"guest {number:06}",
        "is_bot": False,
    } | facts


def fill(database: Database, numbers: range) -> None:
    """Write leads of these numbers."""
    with database.write() as db:
        db.execute(insert(LEAD), [lead(number) for number in numbers])
        words = [("guest", number) for number in numbers]
        words += [(f"{number:06}", number) for number in numbers]
        said = [{"word": word, "lead": lead(number)["key"]} for word, number in words]
        db.execute(insert(LEAD_WORD), said)
        nothing = {"version": 1, "intent_key": NEVER, "newest_point": 0}
        db.execute(
            insert(LEAD_SCORE), [nothing | {"lead": lead(number)["key"]} for number in numbers]
        )
