"""Lists of companies and people: customers, open deals, competitors."""

from pathlib import Path
from typing import Annotated

import typer

from commands.database import opened
from commands.segments import in_words
from commands.terminal import plain, say
from models.settings import Settings


def import_list(
    name: Annotated[str, typer.Argument(help="Its name in addresses and commands.")],
    file: Annotated[Path, typer.Argument(help="CSV of domains, addresses or LinkedIn URLs.")],
    *,
    quiet: Annotated[
        bool | None,
        typer.Option("--quiet/--no-quiet", help="Keep its people out of Live and messages."),
    ] = None,
) -> None:
    """Import a list from a CSV file, replacing the list of this name.

    Example: visitor-desk list import customers customers.csv --quiet

    The column of domains, email addresses or LinkedIn URLs is found automatically; further columns
    may be named date, owner and label. Exit status 1: nothing in the file can be used, and no list
    was made.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    from models.audit import changing, system_user
    from models.filters.times import When
    from models.kept_out.names import barred_names
    from models.kept_out.sweeping import barred_among
    from models.segments import lists
    from models.segments.list_files import NothingError, read_list

    try:
        data = file.read_bytes()
    except OSError as error:
        say(f"Can't read {file}: {error.strerror}.")
        raise typer.Exit(2) from None
    with in_words(), opened() as database:
        try:
            found = read_list(data, When.now(Settings().zone()))
        except NothingError as error:
            say(f"{error}.")
            raise typer.Exit(1) from None
        with database.read() as db:
            barred = barred_among(db, barred_names(database, Settings().ignoring()), found.entries)
        entries = {value: one for value, one in found.entries.items() if value not in barred}
        for line in found.lines():
            say(f"{plain(line)}.")
        if barred:
            say(f"{len(barred):,} left out: they were forgotten or are ignored.")
        if not entries:
            say("Nothing in the file can be used, so no list was made.")
            raise typer.Exit(1)
        said = {"name": name, "quiet": {None: "as before", True: "yes", False: "no"}[quiet]}
        bar = (BarColumn(), MofNCompleteColumn())
        with (
            changing(database, system_user(), "list import", said=said) as (db, entry),
            Progress(*bar, console=Console(stderr=True)) as progress,
        ):
            task = progress.add_task("import", total=len(entries))
            made = lists.keep(
                db,
                name,
                entries,
                quiet=quiet,
                on_progress=lambda done, _total: progress.update(task, completed=done),
            )
            entry.rows = len(entries)
        with database.read() as db:
            leads = len({lead for _, lead in lists.matched(db, entries)})
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.kinds().items()))
    typer.echo(f"imported: {made}, {len(entries):,} entries ({kinds}) of {found.column}")
    typer.echo(f"leads on it now: {leads:,}")


def list_lists() -> None:
    """List the lists: name, entries, how many leads are on it, whether it is quiet.

    Example: visitor-desk list list
    """
    from models.segments import lists

    with opened() as database, database.read() as db:
        found = lists.lists(db)
    for one in found:
        quiet = "  quiet" if one.quiet else ""
        typer.echo(f"{one.name}  entries {one.entries:,}  leads {one.leads:,}{quiet}")
    if not found:
        say("There are no lists.")


def delete(name: Annotated[str, typer.Argument(help="Its name, as list shows it.")]) -> None:
    """Delete a list; refused while a segment uses it. Only the list is deleted, nobody's data.

    Example: visitor-desk list delete customers
    """
    from models.audit import changing, system_user
    from models.segments import lists

    with in_words(), opened() as database:
        said = {"name": name}
        with changing(database, system_user(), "list delete", said=said) as (db, entry):
            entry.rows = lists.remove(db, name)
    typer.echo(f"deleted: {name}")
