"""What another definition would change: how soon the sample's picture is there, and all leads'."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from models.scoring import preview, versions
from models.scoring.definition import Definition
from models.storage.database import Database

FIT = """\
[fit]
seniority  = { weight = 30, any = ["c_level", "vp", "head", "director"] }
department = { weight = 10, any = ["marketing", "sales"] }
title      = { weight = 10, has = ["revenue operations"] }
employees  = { weight = 25, full = [50, 500], zero = [10, 5000] }
industry   = { weight = 15, any = ["Software Development"] }
country    = { weight = 10, any = ["US", "DE"] }
"""

OTHER = f"""{FIT}
[intent]
half_life_days = 7
return_visit = 4
signals = {{ form_submit = 25 }}
pages = [
  {{ path = "/pricing", points = 20, min_seconds = 5 }},
  {{ path = "/demo", points = 15 }},
  {{ path = "*", points = 1 }},
]
"""
"""A definition that asks for something else than the first one, of fit and of intent."""

_TIMES = 5


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds on the clock, and of them this process's CPU's; each time."""

    clock: list[float]
    cpu: list[float]

    def said(self) -> str:
        """Both in the middle."""
        clock, cpu = statistics.median(self.clock), statistics.median(self.cpu)
        return f"{clock:.2f} s (CPU {cpu:.2f})"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What each picture took: of the sample where fit alone has changed, where intent has, and the
    fit of all of so many leads; and to choose the sample.
    """

    leads: int
    sample: int
    chosen: Took
    fit_alone: Took
    intent: Took
    all_fits: Took


def measure(url: str) -> Previewed:
    """Look at two definitions, some times each; the first time may read from the disk."""
    database = Database(url)
    with database.read() as db:
        moment = int(time.time() * 1000)
        sample = preview.sample_of(db)
        intent_now = versions.newest(db).text.partition("[intent]")[2]
        fit_alone, other = (
            Definition.parse(text) for text in (f"{FIT}\n[intent]{intent_now}", OTHER)
        )
        found = Previewed(
            sample.leads,
            len(sample.keys),
            _took(lambda: preview.sample_of(db)),
            _took(lambda: preview.effect(db, sample, fit_alone, moment)),
            _took(lambda: preview.effect(db, sample, other, moment)),
            _took(lambda: preview.fits(db, other)),
        )
    database.close()
    return found


def _took(work: Callable[[], object]) -> Took:
    took = Took([], [])
    for _ in range(_TIMES):
        clock, cpu = time.perf_counter(), time.process_time()
        work()
        took.clock.append(time.perf_counter() - clock)
        took.cpu.append(time.process_time() - cpu)
    return took
