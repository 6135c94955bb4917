"""The tables: what intake keeps, what is derived from it, and daily summaries.

Each is a SQLModel class, and a Core table for queries, which is what this module exports.

Times are Unix milliseconds (UTC), 64-bit. Text is compared by code point on both databases
(`COLLATE "C"` on Postgres, whatever the cluster's locale), so that exports sort the same. Lists and
whole profiles are canonical JSON text, so that two databases can be compared byte by byte.

A `rank` is sortable text: as-of time, `created`, event id and `webhook-id`; the greatest wins, and
its last part names the delivery that a fact came from (`facts.rank`).
"""

from models.tables.annotations import GIVEN, MENTION, MENTION_LEAD, MENTION_VISIT, STATEMENT
from models.tables.column_types import SERIAL, TEXT, table
from models.tables.days import EVENT_DAY, HEARD_DAY, LEAD_DAY, SESSION_DAY
from models.tables.events import EVENT, PROJECTION, QUARANTINE, STAKE, UNKNOWN
from models.tables.intake import COMMIT_LAG, DELIVERY, DESK, PENDING, REPEAT, SUSPECT, WITHHELD
from models.tables.people import (
    ADDRESS,
    COMPANY,
    COMPANY_NAME,
    EMAIL_CHECK,
    LEAD,
    LEAD_ADDRESS,
    LEAD_IDENTIFIER,
    LEAD_PART,
    LEAD_WORD,
    LONGEST_SEARCH,
    PERSON,
    SHORT_COMPANY_NAME,
)
from models.tables.scores import FIT_KEY, LEAD_SCORE, NEVER, SCORING, SESSION_POINTS
from models.tables.segments import LIST, LIST_ENTRY, SEGMENT
from models.tables.visits import (
    PAGE_EVENT,
    SESSION,
    SESSION_ADDRESS,
    SESSION_PAGE,
    URL_ADDRESS,
    VISITOR,
    VISITOR_ADDRESS,
)

DERIVED = (
    EVENT, STAKE, QUARANTINE, UNKNOWN, VISITOR, SESSION, PAGE_EVENT, SESSION_PAGE,
    SESSION_ADDRESS, VISITOR_ADDRESS, ADDRESS, EMAIL_CHECK, PERSON, COMPANY, LEAD, LEAD_WORD,
    LEAD_ADDRESS, LEAD_IDENTIFIER, LEAD_PART, URL_ADDRESS, MENTION_LEAD, SESSION_POINTS,
    LEAD_SCORE,
)  # fmt: skip
"""What `replay` rebuilds. They have no foreign keys: only the projector writes them, and Postgres
would look up each parent row again at every insert."""

__all__ = [
    "ADDRESS", "COMMIT_LAG", "COMPANY", "COMPANY_NAME", "DELIVERY", "DERIVED", "DESK",
    "EMAIL_CHECK", "EVENT", "EVENT_DAY", "FIT_KEY", "GIVEN", "HEARD_DAY", "LEAD", "LEAD_ADDRESS",
    "LEAD_DAY", "LEAD_IDENTIFIER", "LEAD_PART", "LEAD_SCORE", "LEAD_WORD", "LIST", "LIST_ENTRY",
    "LONGEST_SEARCH", "MENTION", "MENTION_LEAD", "MENTION_VISIT", "NEVER", "PAGE_EVENT", "PENDING",
    "PERSON", "PROJECTION", "QUARANTINE", "REPEAT", "SCORING", "SEGMENT", "SERIAL", "SESSION",
    "SESSION_ADDRESS", "SESSION_DAY", "SESSION_PAGE", "SESSION_POINTS", "SHORT_COMPANY_NAME",
    "STAKE", "STATEMENT", "SUSPECT", "TEXT", "UNKNOWN",
    "URL_ADDRESS", "VISITOR", "VISITOR_ADDRESS", "WITHHELD", "table",
]  # fmt: skip
