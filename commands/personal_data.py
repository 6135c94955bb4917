"""Whose data it is: forgetting, subject access, ignoring, retention."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from commands.database import opened, recorded
from commands.terminal import plain, say, write_out
from models.settings import Settings

if TYPE_CHECKING:
    from models.kept_out.erasing import Erased
    from models.storage.database import Database

_SPOOL_S = 10
"""How long a receiver may take to bring in what it holds in its spool, in seconds."""

_Email = Annotated[str | None, typer.Option(help="An email address of theirs.")]
_LinkedIn = Annotated[str | None, typer.Option(help="The URL of their LinkedIn profile.")]
_Vid = Annotated[str | None, typer.Option(help="Midbound's id of their browser.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def forget(
    *,
    email: _Email = None,
    linkedin: _LinkedIn = None,
    vid: _Vid = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Forget everybody who was forgotten before; run this after a restore."
        ),
    ] = False,
    yes: _Yes = False,
) -> None:
    """Erase a human everywhere, for good, and keep them out; first shows what would be deleted, and
    asks.

    Example: visitor-desk forget --email ann@example.com

    Exit status 0: they are gone, even if there was nothing. 1: nothing was done, or not everything;
    the message says which. 2: it could not tell who is meant.
    """
    from models.personal_data import forgetting

    who = None if again else forgetting.Who.parse(email=email, linkedin=linkedin, vid=vid)
    lists = Settings().ignoring()
    with opened() as database:
        _bring_in_spool(database)
        if who is None:
            with recorded(database, "forget", again="yes") as entry:
                count, erased = forgetting.forget_again(database, lists)
                entry.rows = erased.deliveries.total()
            typer.echo(f"{count} names are kept out")
        else:
            if not yes:
                _show_erased("would be deleted", forgetting.preview(database, who, lists))
                if not typer.confirm("Erase this for good?", default=False):
                    raise typer.Exit(1)
            with recorded(database, "forget", names=who.named()) as entry:
                erased = forgetting.forget(database, who, lists)
                entry.rows = erased.deliveries.total()
        _show_erased("gone", erased)
        _scrub(database)


def subject(
    *,
    email: _Email = None,
    linkedin: _LinkedIn = None,
    vid: _Vid = None,
    out: Annotated[str, typer.Option(help="File to write, or - for standard output.")] = "-",
) -> None:
    """Write everything held on a human as one JSON file.

    Example: visitor-desk subject --email ann@example.com --out ann.json
    """
    import json

    from models.personal_data.forgetting import Who
    from models.personal_data.subject import subject as held_on

    who = Who.parse(email=email, linkedin=linkedin, vid=vid)
    with opened() as database, recorded(database, "subject", names=who.named()) as entry:
        held = held_on(database, who, Settings().ignoring())
        entry.rows = len(held["deliveries"])
    write_out(out, iter([json.dumps(held, indent=2, sort_keys=True), "\n"]))
    if not held["deliveries"]:
        say("Nothing is held on them.")


def ignore(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show who matches.")] = False,
    yes: _Yes = False,
) -> None:
    """Apply the IGNORE_ settings to what is already kept; incoming events are checked anyway.

    Example: visitor-desk ignore --dry-run

    To try out other lists, set them for one run: IGNORE_EU=1 visitor-desk ignore --dry-run
    """
    from models.personal_data.ignoring import erase_hits, hits

    lists = Settings().ignoring()
    with opened() as database:
        hit = list(hits(database, lists))
        for one in hit:
            typer.echo(f"{one.reason}\t{plain(one.lead)}\t{plain(one.full_name)}")
        typer.echo(f"{len(hit)} leads match")
        if dry_run or not hit:
            return
        if not yes and not typer.confirm("Erase them for good?", default=False):
            raise typer.Exit(1)
        with recorded(database, "ignore") as entry:
            erased = erase_hits(database, lists)
            entry.rows = erased.deliveries.total()
        _show_erased("gone", erased)
        _scrub(database)


def _show_erased(what: str, erased: "Erased") -> None:
    for key, name in sorted(erased.leads.items()):
        typer.echo(f"  {plain(key)}\t{plain(name)}")
    typer.echo(
        f"{what}: {len(erased.leads)} leads, {erased.sessions} visits,"
        f" {sum(erased.deliveries.values())} deliveries"
    )


def _bring_in_spool(database: "Database") -> None:
    """What waits in the spool may be theirs, too, so bring it into the ledger: ourselves, or
    through the receiver that holds it.
    """
    from models.ledger import deliveries as ledger
    from models.storage.desk_id import desk_id
    from models.storage.spool_folder import note_id
    from receiver.spool import Spool

    chosen = Settings()
    with database.read() as db:
        its_id = desk_id(db)
    note_id(chosen.spool_folder(), chosen.database_url, its_id)
    if not chosen.spooled_bytes():
        return
    spool = Spool(chosen.spool_folder(), chosen.database_url, chosen.spool_max_bytes)
    spool.open(its_id)
    spool.drain(lambda deliveries: ledger.keep(database, deliveries), 256)
    spool.close()
    deadline = time.monotonic() + _SPOOL_S
    while chosen.spooled_bytes():
        if time.monotonic() > deadline:
            say("A receiver still holds deliveries in its spool. Once it has brought them in, run")
            say("visitor-desk forget --again")
            return
        time.sleep(0.1)


def prune(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be deleted.")
    ] = False,
    however_much: Annotated[
        bool,
        typer.Option("--however-much", help="Also delete what retention waits for you to confirm."),
    ] = False,
) -> None:
    """Remove visits older than RETENTION_DAYS, with their deliveries; a receiver does so daily.

    Example: visitor-desk db prune --dry-run
    """
    from models.projector.retention import Pruned, count_old, cutoff, reason_to_ask
    from models.projector.retention import prune as remove_old

    days = Settings().retention_days
    if days is None:
        say("RETENTION_DAYS is not set: everything is kept.")
        raise typer.Exit(2)
    with opened() as database:
        why = reason_to_ask(database, days)
        if dry_run:
            total = count_old(database, cutoff(days))
        elif why and not however_much:
            say(f"Nothing was removed: {why}.")
            say("If that is intended, run: visitor-desk db prune --however-much")
            raise typer.Exit(1)
        else:
            total = Pruned()
            with recorded(database, "prune", days=str(days)) as entry:
                for pruned in remove_old(database, cutoff(days)):
                    total.add(pruned)
                    entry.rows = total.deliveries
            _scrub(database)
    said = "would be deleted" if dry_run else "gone"
    typer.echo(f"{said}: {total.sessions} visits, {total.deliveries} deliveries")


def _scrub(database: "Database") -> None:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        clean = database.scrub()
    except SQLAlchemyError:
        clean = False
    if not clean:
        say(
            "It is erased, but traces of deleted rows could not be cleaned out of the database's "
            "files:"
        )
        say("stop whatever has been reading for a long time, then run visitor-desk forget --again")
        raise typer.Exit(1)
