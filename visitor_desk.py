"""The command line: the one door to receiver, dashboard, simulator and database.

Commands start often, so each imports what it needs when it runs.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from models.settings import DEMO_DATABASE_URL, Settings, settings
from together import (
    SECRET_NAME,
    StartError,
    children,
    listen,
    new_secret,
    serve,
    wait_for,
    write_secret,
)

if TYPE_CHECKING:
    from models.audit import Entry
    from models.database import Database
    from models.keeping_out import Erased

cli = typer.Typer(
    help="Visitor Desk: see who is on your site, from signed Midbound webhooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
db_commands = typer.Typer(help="Look after the database.", no_args_is_help=True)
token_commands = typer.Typer(
    help="Tokens by which other servers read leads; never for browsers.", no_args_is_help=True
)
cli.add_typer(db_commands, name="db")
cli.add_typer(token_commands, name="token")

WEBHOOK_PATH = "/webhooks/midbound"


def main() -> None:
    """Run the command line. What a user can mend is said in a sentence, without a traceback."""
    from models.audit import AuditError
    from models.barred import KeyFileError
    from models.database import DatabaseUrlError
    from models.forgetting import WhoError
    from models.migrations import SchemaTooNewError
    from receiver.verify import SecretError

    try:
        cli()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in problem["loc"]).upper()
            _say(f"Setting {name}: {problem['msg']}")
        raise SystemExit(2) from None
    except (DatabaseUrlError, SchemaTooNewError, SecretError, KeyFileError, WhoError) as error:
        _say(f"{error}.")
        raise SystemExit(2) from None
    except (StartError, AuditError) as error:
        _say(str(error))
        raise SystemExit(1) from None


def _recorded(database: "Database", what: str, **said: str) -> "AbstractContextManager[Entry]":
    """What is done within stands in the audit log under the system's name of the user."""
    from models.audit import recorded, system_user

    return recorded(database, system_user(), what, said=said)


def _say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _database() -> Iterator["Database"]:
    """The database of the settings, its schema brought to this version's."""
    from sqlalchemy.exc import OperationalError

    from models import migrations
    from models.database import Database
    from models.logs import configure_logs

    configure_logs("WARNING")
    database = Database(settings().database_url)
    try:
        migrations.upgrade(database)
        yield database
    except OperationalError:
        _say("The database does not answer: check DATABASE_URL and that the server runs.")
        raise typer.Exit(1) from None
    finally:
        database.close()


@cli.command()
def receiver() -> None:
    """Take in webhooks and derive leads from them.

    Example: visitor-desk receiver
    """
    from sqlalchemy.exc import SQLAlchemyError

    from models.logs import configure_logs
    from models.migrations import refuse_newer
    from receiver.app import create_app
    from receiver.connection import Connection

    chosen = settings()
    configure_logs(chosen.log_level)
    app = create_app(chosen)
    # Away is no reason not to start: until it is back everything waits in the spool.
    with suppress(SQLAlchemyError), app.state.receiver.database.read() as db:
        refuse_newer(db)
    listener = listen(chosen.receiver_host, chosen.receiver_port, "RECEIVER_PORT")
    serve(
        app,
        listener,
        grace_s=25,
        trusted_proxies=chosen.trusted_proxies,
        connection=Connection,
    )


@cli.command()
def dashboard() -> None:
    """Serve the screens.

    Example: visitor-desk dashboard
    """
    chosen = settings()
    _refuse_unsafe(chosen)
    from dashboard.app import app
    from models.logs import configure_logs

    configure_logs(chosen.log_level)
    listener = listen(chosen.dashboard_host, chosen.dashboard_port, "DASHBOARD_PORT")
    serve(app, listener, grace_s=2, trusted_proxies=chosen.trusted_proxies)


def _refuse_unsafe(chosen: Settings) -> None:
    """Say what is wrong with who would get in, before anything is served."""
    from dashboard.login import refuse_half_a_login, refuse_public_address

    try:
        refuse_half_a_login(chosen)
        refuse_public_address(chosen)
    except ValueError as error:
        _say(str(error))
        raise typer.Exit(2) from None


@cli.command()
def up(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Made-up visitors in a database of their own.")
    ] = False,
) -> None:
    """Migrate, then run receiver and dashboard until Ctrl-C.

    Example: visitor-desk up --demo
    """
    environment = _demo_environment() if demo else _own_environment()
    chosen = settings()
    _refuse_unsafe(chosen)
    for host, port, name in (
        (chosen.receiver_host, chosen.receiver_port, "RECEIVER_PORT"),
        (chosen.dashboard_host, chosen.dashboard_port, "DASHBOARD_PORT"),
    ):
        listen(host, port, name).close()
    environment.setdefault("LOG_LEVEL", "WARNING")
    with _database():
        pass
    with children(environment) as start:
        start("receiver")
        start("dashboard")
        wait_for(f"{_receiver_url(chosen)}/readyz")
        wait_for(f"{_dashboard_url(chosen)}/_stcore/health")
        play = ("simulate", "--url", _receiver_url(chosen) + WEBHOOK_PATH)
        if demo:
            # Some who were here before, so that no screen is empty when the first one arrives.
            start(*play, "--visitors", "40", "--speed", "0", "--seed", "7", to_its_end=True)
        _welcome(chosen, demo=demo)
        if demo:
            start(*play, "--speed", "20")


def _demo_environment() -> dict[str, str]:
    """Settings of the demo: its own database and secret, whatever `.env` says of the real ones."""
    os.environ.setdefault("DATABASE_URL", DEMO_DATABASE_URL)
    os.environ.setdefault(SECRET_NAME, new_secret())
    settings.cache_clear()
    return dict(os.environ)


def _own_environment() -> dict[str, str]:
    if not settings().midbound_cloud_webhook_secret:
        write_secret(Path(".env"))
        settings.cache_clear()
    return dict(os.environ)


def _receiver_url(chosen: Settings) -> str:
    return f"http://{_reachable(chosen.receiver_host)}:{chosen.receiver_port}"


def _dashboard_url(chosen: Settings) -> str:
    return f"http://{_reachable(chosen.dashboard_host)}:{chosen.dashboard_port}"


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _welcome(chosen: Settings, *, demo: bool) -> None:
    where = "made-up visitors arrive by themselves" if demo else "waiting for Midbound"
    lines = [
        "",
        f"  Visitor Desk is up: {where}.",
        "",
        f"  Dashboard   {_dashboard_url(chosen)}",
        f"  Receiver    {_receiver_url(chosen)}{WEBHOOK_PATH}",
    ]
    if not demo:
        lines += [
            f"  Secret      {SECRET_NAME} in {Path('.env').resolve()}",
            "  A sample    visitor-desk simulate --visitors 3",
        ]
    typer.echo("\n".join([*lines, "", "  Ctrl-C stops it.", ""]))


@cli.command()
def simulate(
    *,
    url: Annotated[str, typer.Option(help="Webhook address; default: this receiver's.")] = "",
    visitors: Annotated[
        int | None, typer.Option(min=1, help="People to play; default: without end.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="At most so many events a second.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Story seconds a second; 0: as fast as it goes.")
    ] = 20,
    seed: Annotated[int, typer.Option(help="The same seed plays the same story.")] = 1,
    shuffle: Annotated[bool, typer.Option(help="Deliver out of order.")] = False,
    duplicates: Annotated[
        float, typer.Option(min=0, max=1, help="Share of events that are sent twice.")
    ] = 0.0,
) -> None:
    """Play Midbound: made-up people visit, their events are signed and sent.

    Example: visitor-desk simulate --visitors 50 --speed 0 --shuffle --duplicates 0.1
    """
    from simulator.play import play

    chosen = settings()
    if not chosen.midbound_cloud_webhook_secret:
        _say(f"{SECRET_NAME} is not set: the receiver would refuse what is not signed with it.")
        raise typer.Exit(2)
    stop = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        tally = await play(
            url=url or _receiver_url(chosen) + WEBHOOK_PATH,
            secret=chosen.midbound_cloud_webhook_secret[0].get_secret_value(),
            visitors=visitors,
            rate=rate,
            speed=speed,
            seed=seed,
            shuffle=shuffle,
            duplicates=duplicates,
            stop=stop,
        )
        typer.echo(
            f"sent {tally.sent}, stored {tally.stored}, duplicates {tally.duplicates}, "
            f"retried {tally.retried}, lost {tally.lost}"
        )
        if tally.lost:
            raise typer.Exit(1)

    asyncio.run(run())


class Export(StrEnum):
    """What can be exported."""

    leads = "leads"
    sessions = "sessions"
    companies = "companies"
    emails = "emails"
    quarantine = "quarantine"
    audit = "audit"


_Utm = Annotated[str | None, typer.Option(help="As sent; (none) for none.", show_default=False)]


@cli.command()
def export(
    what: Annotated[Export, typer.Argument(help="Which table.")],
    *,
    out: Annotated[str, typer.Option(help="File to write, or - for standard output.")] = "-",
    q: Annotated[str | None, typer.Option(help="Part of a name, e-mail or company.")] = None,
    since: Annotated[str | None, typer.Option(help="Last activity from, ISO, UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="Last activity to, ISO, UTC.")] = None,
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
    from dashboard.export_order import Order, OrderError
    from models.audit import system_user
    from models.projector import catch_up

    del given["what"], given["out"]
    try:
        order = Order.parse(what.value, given)
        preflight = order.new_preflight()
        with _database() as database:
            catch_up(database)
            with order.recorded(database, system_user()) as entry, database.read() as db:
                _write_out(out, order.stream(db, preflight, entry.count))
    except (OrderError, TimeoutError) as error:
        _say(f"{error}.")
        raise typer.Exit(2) from None
    if preflight:
        _say("\n".join(f"{line}." for line in preflight.lines()))


def _write_out(out: str, chunks: Iterator[str]) -> None:
    """Write text to standard output, or to a file that appears whole or not at all."""
    if out == "-":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk.encode())
        sys.stdout.buffer.flush()
        return
    part = Path(f"{out}.part")
    try:
        # It holds personal data: only for whoever asked for it.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk.encode())
        part.replace(out)
    except OSError as error:
        _say(f"Can't write {out}: {error.strerror}.")
        raise typer.Exit(1) from None
    finally:
        part.unlink(missing_ok=True)


@cli.command()
def replay(
    *,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Only what is set aside.")
    ] = False,
) -> None:
    """Rebuild everything derived from the ledger, while receiver and dashboard go on.

    Example: visitor-desk replay --quarantined
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from models.replay import ReplayRunsError, reading_process, replay_quarantined
    from models.replay import replay as rebuild

    try:
        with _database() as database:
            if quarantined:
                with _recorded(database, "replay", quarantined="yes") as entry:
                    tried, left = replay_quarantined(database)
                    entry.rows = tried - left
                typer.echo(f"{tried} tried again, {left} stay in quarantine")
                return
            bar = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with (
                _recorded(database, "replay") as entry,
                reading_process() as reader,
                Progress(*bar, console=Console(stderr=True)) as progress,
            ):
                task = progress.add_task("replay")
                result = rebuild(
                    database,
                    lambda done, total: progress.update(task, completed=done, total=total),
                    reader,
                )
                entry.rows = result.deliveries
    except (ReplayRunsError, TimeoutError) as error:
        _say(f"{error}.")
        raise typer.Exit(1) from None
    rows = ", ".join(f"{count} in {name}" for name, count in result.changed.items())
    typer.echo(f"{result.deliveries} deliveries derived again; rows changed: {rows or 'none'}")


_Email = Annotated[str | None, typer.Option(help="An e-mail address of theirs.")]
_LinkedIn = Annotated[str | None, typer.Option(help="The URL of their LinkedIn profile.")]
_Vid = Annotated[str | None, typer.Option(help="Midbound's id of their browser.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@cli.command()
def forget(
    *,
    email: _Email = None,
    linkedin: _LinkedIn = None,
    vid: _Vid = None,
    again: Annotated[
        bool, typer.Option("--again", help="Everybody forgotten before: run it after a restore.")
    ] = False,
    yes: _Yes = False,
) -> None:
    """Erase a human everywhere, for good, and keep them out; shows first what goes, and asks.

    Example: visitor-desk forget --email ann@example.com

    Exit status 0: they are gone, also when nothing was there. 1: nothing was done, or not all of
    it, as it says. 2: it could not tell who is meant.
    """
    from models import forgetting
    from models.audit import recorded, system_user

    who = None if again else forgetting.Who.parse(email=email, linkedin=linkedin, vid=vid)
    with _database() as database:
        _bring_in_spool(database)
        if who is None:
            with _recorded(database, "forget", again="yes") as entry:
                count, erased = forgetting.forget_again(database)
                entry.rows = erased.deliveries.total()
            typer.echo(f"{count} names are kept out")
        else:
            if not yes:
                _show_erased("would go", forgetting.preview(database, who))
                if not typer.confirm("Erase this for good?", default=False):
                    raise typer.Exit(1)
            with recorded(database, system_user(), "forget", names=who.named()) as entry:
                erased = forgetting.forget(database, who)
                entry.rows = erased.deliveries.total()
        _show_erased("gone", erased)
        _scrub(database)


@cli.command()
def subject(
    *,
    email: _Email = None,
    linkedin: _LinkedIn = None,
    vid: _Vid = None,
    out: Annotated[str, typer.Option(help="File to write, or - for standard output.")] = "-",
) -> None:
    """Write all that is held on a human as one JSON file.

    Example: visitor-desk subject --email ann@example.com --out ann.json
    """
    import json

    from models.audit import recorded, system_user
    from models.forgetting import Who
    from models.subject import subject as held_on

    who = Who.parse(email=email, linkedin=linkedin, vid=vid)
    with (
        _database() as database,
        recorded(database, system_user(), "subject", names=who.named()) as entry,
    ):
        held = held_on(database, who)
        entry.rows = len(held["deliveries"])
    _write_out(out, iter([json.dumps(held, indent=2, sort_keys=True), "\n"]))
    if not held["deliveries"]:
        _say("Nothing is held on them.")


@cli.command()
def ignore(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show whom they hit.")] = False,
    yes: _Yes = False,
) -> None:
    """Apply the IGNORE_ settings to what is kept already; what comes in is judged by itself.

    Example: visitor-desk ignore --dry-run

    Set other lists for one run to try them: IGNORE_EU=1 visitor-desk ignore --dry-run
    """
    from models.review import erase_hits, hits

    with _database() as database:
        hit = list(hits(database))
        for one in hit:
            typer.echo(f"{one.reason}\t{_plain(one.lead)}\t{_plain(one.full_name)}")
        typer.echo(f"{len(hit)} leads are hit")
        if dry_run or not hit:
            return
        if not yes and not typer.confirm("Erase them for good?", default=False):
            raise typer.Exit(1)
        with _recorded(database, "ignore") as entry:
            erased = erase_hits(database)
            entry.rows = erased.deliveries.total()
        _show_erased("gone", erased)
        _scrub(database)


def _show_erased(what: str, erased: "Erased") -> None:
    for key, name in sorted(erased.leads.items()):
        typer.echo(f"  {_plain(key)}\t{_plain(name)}")
    typer.echo(
        f"{what}: {len(erased.leads)} leads, {erased.sessions} visits,"
        f" {sum(erased.deliveries.values())} deliveries"
    )


def _plain(text: str | None) -> str:
    """Text of a payload for the terminal, which would obey its control characters."""
    return "".join(c if c.isprintable() else "�" for c in text) if text else "–"


def _bring_in_spool(database: "Database") -> None:
    """What waits in the spool is theirs, too, perhaps: into the ledger with it, by us or by the
    receiver that holds it.
    """
    from models import ledger
    from receiver.spool import Spool

    chosen = settings()
    spool = Spool(chosen.spool_folder(), chosen.database_url, chosen.spool_max_bytes)
    if not spool.waiting():
        return
    spool.open()
    spool.drain(lambda deliveries: ledger.keep(database, deliveries), 256)
    spool.close()
    deadline = time.monotonic() + _SPOOL_S
    while spool.waiting():
        if time.monotonic() > deadline:
            _say("A receiver holds deliveries in its spool still: once it has brought them in, run")
            _say("visitor-desk forget --again")
            return
        time.sleep(0.1)


_SPOOL_S = 10


def _scrub(database: "Database") -> None:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        clean = database.scrub()
    except SQLAlchemyError:
        clean = False
    if not clean:
        _say("It is erased, but the database's files could not be cleaned of what was deleted:")
        _say("end whatever reads for long, then run visitor-desk forget --again")
        raise typer.Exit(1)


@db_commands.command()
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
) -> None:
    """Remove visits older than RETENTION_DAYS, with their deliveries; a receiver does so daily.

    Example: visitor-desk db prune --dry-run
    """
    from models.retention import Pruned, count_old, cutoff
    from models.retention import prune as remove_old

    days = settings().retention_days
    if days is None:
        _say("RETENTION_DAYS is not set: everything is kept.")
        raise typer.Exit(2)
    with _database() as database:
        if dry_run:
            total = count_old(database, cutoff(days))
        else:
            total = Pruned()
            with _recorded(database, "prune", days=str(days)) as entry:
                for pruned in remove_old(database, cutoff(days)):
                    total.add(pruned)
                    entry.rows = total.deliveries
            _scrub(database)
    said = "would go" if dry_run else "gone"
    typer.echo(f"{said}: {total.sessions} visits, {total.deliveries} deliveries")


@db_commands.command()
def upgrade() -> None:
    """Bring the schema to this version's; `up` and `receiver` do so by themselves.

    Example: visitor-desk db upgrade
    """
    with _database():
        typer.echo("the schema is this version's")


@db_commands.command()
def check() -> None:
    """Read the whole ledger and say whether all is in order; exit 1 when it is not.

    Example: visitor-desk db check
    """
    from models.check import check_database

    with _database() as database:
        report = check_database(database)
    for line in report.lines:
        typer.echo(line)
    if report.faults:
        for fault in report.faults:
            _say(f"FAULT: {fault}")
        raise typer.Exit(1)


@db_commands.command()
def backup(file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]) -> None:
    """Copy a SQLite database while it is written to. For Postgres it says what to run.

    Example: visitor-desk db backup backups/visitor-desk-2026-11-21.db
    """
    from models.check import BackupError, backup_database

    try:
        with _database() as database:
            backup_database(database, file)
    except BackupError as error:
        _say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo(f"written: {file}")


@token_commands.command()
def add(name: Annotated[str, typer.Argument(help="What it is for, such as website.")]) -> None:
    """Make a token and print it, this once: only its hash is kept.

    Example: visitor-desk token add website
    """
    from models import tokens

    try:
        with _database() as database, database.write() as db:
            token = tokens.add(db, name)
    except tokens.TokenError as error:
        _say(f"{error}.")
        raise typer.Exit(2) from None
    _say("It is not shown again. To be sent as: Authorization: Bearer, then the token:")
    typer.echo(token)


@token_commands.command("list")
def list_tokens() -> None:
    """List the tokens: name, when it was made, the day it was used last (UTC).

    Example: visitor-desk token list
    """
    from models import tokens

    with _database() as database, database.read() as db:
        found = tokens.listed(db)
    for token in found:
        made = datetime.fromtimestamp(token.created_at / 1000, UTC).date().isoformat()
        typer.echo(f"{token.name}  made {made}  last used {token.last_used or 'never'}")
    if not found:
        _say("There are no tokens.")


@token_commands.command()
def revoke(name: Annotated[str, typer.Argument(help="Its name, as list shows it.")]) -> None:
    """Take a token back: from now on it opens nothing.

    Example: visitor-desk token revoke website
    """
    from models import tokens

    with _database() as database, database.write() as db:
        is_gone = tokens.revoke(db, name)
    if not is_gone:
        _say(f"There is no token named {name}; see visitor-desk token list.")
        raise typer.Exit(1)
    typer.echo(f"revoked: {name}")


if __name__ == "__main__":
    main()
