"""How far visits get: the stage funnel of Operations, from the rows of `.stage_sets`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.screens.operations.intake import Row
from dashboard.widgets import words
from models.payloads.vocabulary import STAGES


@dataclass(slots=True)
class Step:
    """A stage of the funnel, in sessions: how many reached it, and what became of them."""

    label: str
    reached: int = 0
    went_on: int = 0
    running: int = 0

    @property
    def dropped(self) -> int:
        """Sessions that ended here."""
        return self.reached - self.went_on - self.running


def funnel(sets: Iterable[Row]) -> tuple[list[Step], int]:
    """The five steps from `.stage_sets`, and the number of sessions in all.

    Every session is finalized once it is quiet, so finalized is not a further step: a session
    dropped out where none of the later stages up to validated follows, unless it is still running.
    """
    steps = [Step(label) for label in words.STAGES]
    total = 0
    last = STAGES["finalized"]
    for row in sets:
        total += row["count"]
        numbers = [number for number in STAGES.values() if row["stages"] >> number & 1]
        pipeline = [number for number in numbers if number != last]
        for number in pipeline:
            step = steps[number - 1]
            step.reached += row["count"]
            if number != pipeline[-1]:
                step.went_on += row["count"]
            elif last not in numbers:
                step.running += row["running"]
        if last in numbers:
            steps[last - 1].reached += row["count"]
    return steps, total


def funnel_chart(steps: Sequence[Step], total: int, colours: Sequence[str]) -> go.Figure:
    """One bar per stage: continued, still running, stopped here."""
    figure = go.Figure()
    labels = [
        f"{step.label}  <br>{step.reached:,} · {_share(step.reached, total)}  " for step in steps
    ]
    goal = steps[STAGES["validated"] - 1]
    *pipeline, finalized = steps
    parts = (
        ("Continued", [step.went_on for step in pipeline if step is not goal], 0),
        ("Reached the end", [0, 0, 0, goal.dropped, finalized.reached], 5),
        ("Still running", [step.running for step in pipeline], 3),
        ("Stopped here", [step.dropped for step in pipeline if step is not goal], 6),
    )
    for label, values, colour in parts:
        figure.add_bar(
            y=labels[: len(values)],
            x=values,
            name=label,
            orientation="h",
            marker_color=colours[colour],
            marker_line_width=0,
            hovertemplate="%{x:,} sessions",
        )
    figure.update_layout(
        barmode="stack", hovermode="y unified", bargap=0.35, legend_traceorder="normal"
    )
    figure.update_xaxes(tickformat=",d", nticks=5)
    figure.update_yaxes(autorange="reversed")
    return figure


def _share(count: int, total: int) -> str:
    return f"{count / total:.0%}" if total else words.MISSING


def worst_drop(steps: Sequence[Step]) -> Step | None:
    """The stage after which the largest share of its sessions ended; validated is the goal."""
    dropped = [step for step in steps[:3] if step.dropped > 0]
    return max(dropped, key=lambda step: step.dropped / step.reached, default=None)
