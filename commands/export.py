"""Exports as files."""

from enum import StrEnum
from typing import Annotated

import typer

from commands.database import opened
from commands.terminal import say, write_out


class Export(StrEnum):
    """What can be exported."""

    leads = "leads"
    sessions = "sessions"
    companies = "companies"
    emails = "emails"
    quarantine = "quarantine"
    audit = "audit"


_Utm = Annotated[str | None, typer.Option(help="As sent; (none) for none.", show_default=False)]


def export(
    what: Annotated[Export, typer.Argument(help="Which table.")],
    *,
    out: Annotated[str, typer.Option(help="File to write, or - for standard output.")] = "-",
    q: Annotated[str | None, typer.Option(help="Part of a name, e-mail or company.")] = None,
    since: Annotated[str | None, typer.Option(help="Last activity from, ISO.")] = None,
    until: Annotated[str | None, typer.Option(help="Last activity to, ISO.")] = None,
    utm_source: _Utm = None,
    utm_medium: _Utm = None,
    utm_campaign: _Utm = None,
    utm_term: _Utm = None,
    utm_content: _Utm = None,
    stage: Annotated[str | None, typer.Option(help="resolved … finalized.")] = None,
    validity: Annotated[
        str | None, typer.Option(help="valid, catch_all, unchecked, error, sendable, …")
    ] = None,
    company: Annotated[str | None, typer.Option(help="Domain or name.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO-2 code.")] = None,
    pid: Annotated[str | None, typer.Option(help="Pixel.")] = None,
    referrer: Annotated[str | None, typer.Option(help="Sessions: part of the referrer.")] = None,
    landing_page: Annotated[str | None, typer.Option(help="Sessions: part of its URL.")] = None,
    click_id: Annotated[str | None, typer.Option(help="Sessions: gclid, fbclid or any.")] = None,
    device: Annotated[str | None, typer.Option(help="Sessions: desktop, mobile, …")] = None,
    visit: Annotated[str | None, typer.Option(help="Sessions: new or returning.")] = None,
    touch: Annotated[
        str | None, typer.Option(help="Sessions: utm_* of the lead's first or last touch.")
    ] = None,
    leads: Annotated[
        str | None, typer.Option(help="Sessions: of identified, new, employed, qualified leads.")
    ] = None,
    hot: Annotated[str | None, typer.Option(help="Sessions: saw HOT_PAGES, yes or no.")] = None,
    min_bot_score: Annotated[str | None, typer.Option(help="Sessions: 1 bot … 99 human.")] = None,
    min_pages: Annotated[str | None, typer.Option(help="Sessions: page views.")] = None,
    min_duration: Annotated[str | None, typer.Option(help="Sessions: seconds.")] = None,
    industry: Annotated[str | None, typer.Option(help="Companies.")] = None,
    funding: Annotated[str | None, typer.Option(help="Companies: last round.")] = None,
    min_employees: Annotated[str | None, typer.Option(help="Companies.")] = None,
    max_employees: Annotated[str | None, typer.Option(help="Companies.")] = None,
    min_growth: Annotated[str | None, typer.Option(help="Companies: % a year.")] = None,
    columns: Annotated[str | None, typer.Option(help="Some columns only: email,phone.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="For another tool. Leads: hubspot, salesforce, linkedin-contacts, "
            "google-customer-match. Companies: linkedin-companies. Sessions: google-conversions. "
            "Emails: sendable."
        ),
    ] = None,
    header: Annotated[str | None, typer.Option(help="Preset: your template's header row.")] = None,
    conversion_stage: Annotated[
        str | None, typer.Option(help="Conversions: the stage that counts; default qualified.")
    ] = None,
    conversion_name: Annotated[
        str | None, typer.Option(help="Conversions: name of the action in Google Ads.")
    ] = None,
    conversion_value: Annotated[
        str | None, typer.Option(help="Conversions: what one is worth; default: set in Google Ads.")
    ] = None,
    conversion_currency: Annotated[
        str | None, typer.Option(help="Conversions: of that value; default USD.")
    ] = None,
) -> None:
    """Write a CSV file of everything acknowledged so far.

    Example: visitor-desk export leads --validity valid --since 2026-01-01 --out leads.csv

    With --preset it says on standard error how many rows qualify, and why others don't.
    """
    given = dict(locals())
    from dashboard.exports.order import Order, OrderError
    from models.audit import system_user
    from models.projector.deriving import catch_up

    del given["what"], given["out"]
    try:
        order = Order.parse(what.value, given)
        preflight = order.new_preflight()
        with opened() as database:
            catch_up(database)
            with order.recorded(database, system_user()) as entry, database.read() as db:
                write_out(out, order.stream(db, preflight, entry.count))
    except (OrderError, TimeoutError) as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    if preflight:
        say("\n".join(f"{line}." for line in preflight.lines()))
