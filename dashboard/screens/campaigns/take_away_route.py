"""The route that gives Campaigns' chart and numbers as files; each is in the audit log first."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast, get_args

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.access.bearer import AWAY
from dashboard.data.activity import LEVELS, Level, Range
from dashboard.data.settings import now
from dashboard.errors import answer_to
from dashboard.exports.csv_text import records
from dashboard.filters.ranges import AGAINST, Against
from dashboard.screens.campaigns import chart, report
from dashboard.screens.campaigns.picture import svg
from dashboard.screens.campaigns.queries import Touch
from dashboard.screens.campaigns.report import Line, Measure, Numbers, Question, Report
from dashboard.widgets.charts import PALETTE
from dashboard.widgets.days import end_of_today
from models.audit import AuditError, filters_said, recorded
from models.exports.cells import safe_text
from models.filters.query import Filters
from models.filters.query import Question as Asked
from models.filters.times import FilterError
from models.storage.database import Database

_BAD, _UNKNOWN, _TRY_LATER = 400, 404, 503
_TYPES = {"table.csv": "text/csv", "chart.csv": "text/csv", "chart.svg": "image/svg+xml"}
_MOST_NAMES = 200
_OWN = frozenset({"by", "touch", "against", "measure", "look", "rows"})
"""Parameters that are no filters; `touch` says under which visit a lead counts."""


class _Wanted(NamedTuple):
    """A file's parameters: the report, the chart's type and the rows chosen in it."""

    question: Question
    filters: Filters
    look: chart.Look
    names: list[str]


class CampaignFiles:
    """The route `/api/campaigns/{name}`."""

    def __init__(self, source: Callable[[], Database], primary: Callable[[], Database]) -> None:
        """Take functions for the database to read from and the one with the audit log."""
        self._source = source
        self._primary = primary

    async def respond(self, request: Request) -> Response:
        """Answer with the file, or with a sentence: 400, 404, 503."""
        name = request.path_params["name"]
        if name not in _TYPES:
            return _refusal(_UNKNOWN, f"There is no such file. Available: {', '.join(_TYPES)}.")
        try:
            wanted = _wanted(request, request.state.who)
        except FilterError as error:
            return _refusal(_BAD, f"{error}.")
        try:
            text = await to_thread.run_sync(self._file, name, wanted, request.state.who)
        except FilterError as error:
            return _refusal(_BAD, f"{error}.")
        except AuditError as error:
            return _refusal(_TRY_LATER, str(error))
        except SQLAlchemyError as error:
            return _refusal(*answer_to(error, AWAY))
        headers = {
            "content-disposition": f'attachment; filename="campaigns-{name}"',
            "cache-control": "no-store",
        }
        kind = f"{_TYPES[name]}; charset=utf-8"
        return Response(text.encode(), headers=headers, media_type=kind)

    def _file(self, name: str, wanted: _Wanted, who: str) -> str:
        said, names = filters_said(wanted.filters)
        said["by"] = wanted.question.level
        with (
            recorded(
                self._primary(), who, f"export campaigns {name}", said=said, names=names
            ) as it,
            self._source().read() as db,
        ):
            found = report.report(db, wanted.question)
            it.count(len(found.lines))
            if name == "table.csv":
                return _table(found, wanted.question.level)
            labels = [label_of(line, wanted.question.level) for line in found.lines]
            drawn = chart.drawn(found, wanted.names, PALETTE["light"], labels)
            if name == "chart.csv":
                return _numbers(drawn)
            before = f"All of it, {AGAINST[wanted.question.against].removeprefix('the ')}"
            title = f"{wanted.question.measure.capitalize()} by {wanted.question.level}"
            return svg(drawn, wanted.look, title, before)


def label_of(line: Line, level: Level) -> str:
    """What a line is called on the screen and in files."""
    return line.name or f"(no {level})"


def _wanted(request: Request, who: str) -> _Wanted:
    """Raises `FilterError` for impossible parameters."""
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    filters = Filters.parse({name: given[name] for name in given if name not in _OWN})
    asked = Asked(filters.only("since", "until"), now())

    def one(name: str, choices: Sequence[str]) -> Any:
        value = given.get(name, [choices[0]])[-1]
        if value not in choices:
            raise FilterError(f"{name} must be one of {', '.join(choices)}")
        return value

    question = Question(
        cast("Level", one("by", LEVELS)),
        Range(asked.since, asked.until),
        cast("Touch", one("touch", get_args(Touch))),
        end_of_today(),
        filters.without("since", "until"),
        cast("Against", one("against", tuple(AGAINST))),
        cast("Measure", one("measure", get_args(Measure))),
        who,
    )
    look = cast("chart.Look", one("look", get_args(chart.Look)))
    return _Wanted(question, filters, look, given.get("rows", [])[:_MOST_NAMES])


def _table(found: Report, level: Level) -> str:
    """Lines, with the total last; numbers of the range before in columns of their own."""
    names = Numbers._fields
    header = [level, "also", *names, *(f"{name}_before" for name in names)]
    lines = [*((label_of(line, level), line) for line in found.lines), ("(all)", found.total)]
    rows = [
        [
            safe_text(label),
            safe_text(", ".join(line.also)),
            *(_cell(value) for value in line.now),
            *(_cell(value) for value in line.before or (None,) * len(names)),
        ]
        for label, line in lines
    ]
    return records(list(zip(header, *rows, strict=True)))


def _numbers(drawn: chart.Drawn) -> str:
    """One row per step, one column per series."""
    header = ["from", *(safe_text(series.name) for series in drawn.series), "before"]
    columns = [series.counts for series in drawn.series]
    before: Sequence[int | None] = drawn.before or [None] * len(drawn.steps)
    rows = [
        [step, *(_cell(number) for number in numbers)]
        for step, *numbers in zip(drawn.steps, *columns, before, strict=True)
    ]
    return records(list(zip(header, *rows, strict=True)))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.2f}".rstrip("0").rstrip(".")


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)
