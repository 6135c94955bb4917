"""The quality of those whom a report counts: which companies are large, and how well leads fit."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from dashboard.data.activity import Numbers
from models.projection.summing import digest
from models.scoring.versions import known_fits
from models.storage.rows import load
from models.tables import COMPANY, LEAD

LARGE_EMPLOYER = 200
"""From this many people on, a company counts as large."""


class Quality(NamedTuple):
    """By digests, which are sorted: companies with at least `LARGE_EMPLOYER` people; leads whose
    fit is known, and their fits.
    """

    large: Numbers
    leads: Numbers
    fits: Numbers


_NONE = np.zeros(0, np.int64)
UNKNOWN = Quality(_NONE, _NONE, _NONE)


def quality_of(db: Connection, leads: Collection[str] | None = None) -> Quality:
    """The large companies, and the fits by the version in force; only of these leads, if any are
    given.
    """
    large = np.sort(np.array([digest(key) for key in _large(db, leads)], np.int64))
    known = known_fits(db, leads)
    digests = np.fromiter((digest(lead) for lead, _ in known), np.int64, len(known))
    order = np.argsort(digests)
    fits_of = np.fromiter((fit for _, fit in known), np.int64, len(known))
    return Quality(large, digests[order], fits_of[order])


def _large(db: Connection, leads: Collection[str] | None) -> list[str]:
    if leads is None:
        query = select(COMPANY.c.key).where(COMPANY.c.employee_count >= LARGE_EMPLOYER)
        return list(db.execute(query).scalars())
    people = load(db, LEAD, "key", leads, ("company_key",))
    keys = {row["company_key"] for row in people} - {None}
    employers = load(db, COMPANY, "key", keys, ("key", "employee_count"))
    return [row["key"] for row in employers if (row["employee_count"] or 0) >= LARGE_EMPLOYER]
