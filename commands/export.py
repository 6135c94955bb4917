"""Exports as files."""

from contextlib import nullcontext
from enum import StrEnum
from functools import cache, partial
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand

from commands.database import opened
from commands.terminal import say, write_out
from models.settings import Settings

if TYPE_CHECKING:
    from models.filters.names import Filter


class Export(StrEnum):
    """What can be exported."""

    leads = "leads"
    sessions = "sessions"
    companies = "companies"
    emails = "emails"
    quarantine = "quarantine"
    audit = "audit"


_GIVEN = "visitor_desk.filters"
"""Where a run stores the filters it was given, by parameter."""


class WithFilters(TyperCommand):
    """A command with an option for each filter and operator, from the one table of filters.

    The options are made only when this command is run: loading the table would slow down the start
    of all others.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own parameters and the filters' options."""
        own = super().get_params(ctx)
        return [*own[:-1], *_filter_options(), own[-1]]  # `--help` stays the last


@cache
def _filter_options() -> list[Any]:
    """The options that typer makes from a function that has them all as parameters."""
    from models.filters.names import FILTERS

    def filters() -> None:
        """Never called: its parameters are what is wanted."""

    options = {
        f"{one.name}_{operator}": _option(one, operator)
        for one in FILTERS.values()
        for operator in one.operators
    }
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in options.items()
    ]
    filters.__annotations__ = options
    vars(filters)["__signature__"] = Signature(parameters)
    app = typer.Typer(add_completion=False)
    app.command()(filters)
    return list(typer.main.get_command(app).params)


def _option(one: "Filter", operator: str) -> Any:
    is_usual = operator == "is"
    parameter = one.name if is_usual else f"{one.name}.{operator}"

    def note(ctx: typer.Context, values: list[str] | None) -> None:
        if values:
            ctx.meta.setdefault(_GIVEN, {})[parameter] = list(values)

    option = typer.Option(
        f"--{parameter}".replace("_", "-").replace(".", "-"),
        help=_help(one) if is_usual else None,
        hidden=not is_usual,
        show_default=False,
        expose_value=False,
        callback=note,
    )
    return Annotated[list[str] | None, option]


def _help(one: "Filter") -> str:
    """What a filter means, what it takes, and which other options it has."""
    words = f" One of {', '.join(one.words)}." if one.kind == "word" else ""
    others = ", ".join(
        f"--{one.name}-{operator}".replace("_", "-") for operator in one.operators[1:]
    )
    return f"{one.meaning}{words}" + (f" Also {others}." if others else "")


def export(
    ctx: typer.Context,
    what: Annotated[Export, typer.Argument(help="Which table to export.")],
    *,
    out: Annotated[str, typer.Option(help="File to write, or - for standard output.")] = "-",
    columns: Annotated[str | None, typer.Option(help="Only these columns: email,phone.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Format for another tool. Leads: hubspot, salesforce, linkedin-contacts, "
            "google-customer-match. Companies: linkedin-companies. Sessions: google-conversions. "
            "Emails: sendable."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Work out scores, and days such as -7d, as of then (times: UTC); default: now."
        ),
    ] = None,
    header: Annotated[
        str | None, typer.Option(help="With a preset: your template's header row.")
    ] = None,
    since_last: Annotated[
        str | None,
        typer.Option(
            help="Only rows that no export under this name has contained; choose any name."
        ),
    ] = None,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="With --since-last: also rows that have changed since."),
    ] = False,
    conversion_stage: Annotated[
        str | None, typer.Option(help="Conversions: the stage that counts; default: qualified.")
    ] = None,
    conversion_name: Annotated[
        str | None, typer.Option(help="Conversions: name of the conversion action in Google Ads.")
    ] = None,
    conversion_value: Annotated[
        str | None,
        typer.Option(help="Conversions: the value of one; default: as set in Google Ads."),
    ] = None,
    conversion_currency: Annotated[
        str | None, typer.Option(help="Conversions: currency of that value; default: USD.")
    ] = None,
) -> None:
    """Write a CSV file of everything acknowledged so far.

    Example: visitor-desk export leads --validity valid --since 2026-01-01 --out leads.csv

    An option given several times means any of its values; --utm-campaign-not means none of them,
    --utm-campaign-has contains one of them. (none) stands for a missing value.

    With --since-last NAME, it writes only rows that no export of this kind under that name has
    contained before.

    With --preset, it says on standard error how many rows qualify, and why others don't.
    """
    given = {
        "columns": columns,
        "preset": preset,
        "at": at,
        "header": header,
        "since_last": ("changed" if changed else "new") if since_last else None,
        "conversion_stage": conversion_stage,
        "conversion_name": conversion_name,
        "conversion_value": conversion_value,
        "conversion_currency": conversion_currency,
        **ctx.meta.get(_GIVEN, {}),
    }
    from dashboard.exports.giving import GivingError
    from dashboard.exports.order import Order, OrderError, memory_name
    from models.audit import system_user
    from models.filters.times import When
    from models.projector.deriving import catch_up
    from models.segments.asking import asked, without_kept

    chosen = Settings()
    try:
        Order.parse(
            what.value, given, When.now(chosen.zone()), without_kept
        )  # before anything is opened
        memory = memory_name(since_last, changed=changed)
        with opened() as database:
            catch_up(database, chosen.ignoring())
            with database.read() as db:
                ask = partial(asked, db, who=system_user())
                order = Order.parse(what.value, given, When.now(chosen.zone()), ask)
            preflight, giving = order.new_preflight(), order.giving(memory)
            with giving.alone(database) if giving else nullcontext():
                with order.recorded(database, system_user()) as entry, database.read() as db:
                    write_out(out, order.stream(db, preflight, entry.count, giving))
                if giving:
                    giving.remember(database)
    except (OrderError, GivingError, TimeoutError) as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    if preflight:
        say("\n".join(f"{line}." for line in preflight.lines()))
