"""From what was measured of scoring to lines of the table, each with its goal."""

import statistics

from tests.bench.report import Row
from tests.bench.scoring.deriving import Derived
from tests.bench.scoring.previewing import Previewed
from tests.bench.scoring.rescoring import RATE, Rescored
from tests.bench.screens.reads import p95

_SLOWER = 1.10
_PICTURE_S, _ALL_FITS_S = 1.5, 10.0
_RESCORED_S = 120.0
_SHOWN_MS = 1_200.0


def of_deriving(derived: Derived) -> Row:
    """What scores cost, against none."""
    ratios = derived.ratios()
    ratio = statistics.median(ratios)
    return Row(
        f"{derived.database}: deriving with scores",
        "without",
        ratio,
        (min(ratios), max(ratios)),
        f"CPU {sum(derived.scored):,.0f} against {sum(derived.bare):,.0f} ms",
        f"≤ {_SLOWER:g}",
        ratio <= _SLOWER,
    )


def of_preview(database: str, previewed: Previewed) -> list[Row]:
    """What another definition would change."""
    work = f"{database}, {previewed.leads:,} leads: preview"
    sample = f"of {previewed.sample:,}"
    pictures = (
        (f"{work} {sample} where fit has changed", previewed.fit_alone, _PICTURE_S),
        (f"{work} {sample} where intent has changed", previewed.intent, _PICTURE_S),
        (f"{work}, fit of all", previewed.all_fits, _ALL_FITS_S),
    )
    return [
        Row(f"{work}, choosing the sample", absolute=previewed.chosen.said()),
        *(
            Row(
                name,
                absolute=took.said(),
                goal=f"≤ {most:g} s",
                met=statistics.median(took.clock) <= most,
            )
            for name, took, most in pictures
        ),
    ]


def of_rescoring(database: str, rescored: Rescored) -> list[Row]:
    """A new version, and what the others noticed of it."""
    work = f"{database}: {rescored.leads:,} leads, {rescored.visits:,} visits scored anew"
    shown = p95(rescored.beside.shown)
    return [
        Row(
            f"{work} beside {RATE} events/s",
            absolute=f"{rescored.seconds:.0f} s (CPU of the whole desk {rescored.cpu:.0f})",
            goal=f"≤ {_RESCORED_S:.0f} s",
            met=rescored.seconds <= _RESCORED_S,
        ),
        Row(
            f"{database}: answers meanwhile",
            "before",
            absolute=_against(rescored.beside.answers, rescored.before.answers),
        ),
        Row(
            f"{database}: 200 to the feed meanwhile",
            "before",
            absolute=_against(rescored.beside.shown, rescored.before.shown),
            goal=f"p95 ≤ {_SHOWN_MS:,.0f} ms",
            met=shown <= _SHOWN_MS,
        ),
    ]


def _against(beside: list[float], before: list[float]) -> str:
    said = [f"p50 {statistics.median(ms):.0f}, p95 {p95(ms):.0f}" for ms in (beside, before)]
    return f"{said[0]} against {said[1]} ms"
