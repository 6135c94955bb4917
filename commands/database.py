"""How commands open the database, and the commands that maintain it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import say
from models.settings import Settings

if TYPE_CHECKING:
    from models.audit import Entry
    from models.storage.database import Database


@contextmanager
def opened() -> Iterator["Database"]:
    """The database from the settings, with its schema migrated to this version."""
    from sqlalchemy.exc import DatabaseError

    from models import migrations
    from models.logs import configure_logs
    from models.storage.database import Database
    from models.storage.outage import outage
    from models.storage.transient import is_away

    configure_logs("WARNING")
    chosen = Settings()
    database = Database(chosen.database_url, forgotten_file=chosen.forgotten_file)
    try:
        migrations.upgrade(database, chosen.hot_paths())
        yield database
    except DatabaseError as error:
        trouble = outage(error)
        if trouble.mend is None and not is_away(error):
            raise
        why = f" ({trouble.reason})" if trouble.reason else ""
        if trouble.mend:
            say(f"The database can't be used: {trouble.mend}{why}.")
        else:
            say(f"The database does not answer{why}: check DATABASE_URL and that the server runs.")
        raise typer.Exit(1) from None
    finally:
        database.close()


def recorded(
    database: "Database", what: str, *, names: Mapping[str, str] | None = None, **said: str
) -> "AbstractContextManager[Entry]":
    """Record what is done within in the audit log, under the operating system's user name."""
    from models import audit

    return audit.recorded(database, audit.system_user(), what, said=said, names=names)


def replay(
    *,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Derive only what is in quarantine.")
    ] = False,
) -> None:
    """Rebuild everything derived from the ledger, while receiver and dashboard keep running.

    Example: visitor-desk replay --quarantined
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from models.projector.deriving import replay_quarantined
    from models.projector.rebuilt import ReplayRunsError
    from models.projector.replay import reading_process
    from models.projector.replay import replay as rebuild

    try:
        with opened() as database:
            if quarantined:
                with recorded(database, "replay", quarantined="yes") as entry:
                    tried, left = replay_quarantined(database, Settings().ignoring())
                    entry.rows = tried - left
                typer.echo(f"{tried} tried again, {left} still in quarantine")
                return
            bar = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with (
                recorded(database, "replay") as entry,
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
        say(f"{error}.")
        raise typer.Exit(1) from None
    rows = ", ".join(f"{count} in {name}" for name, count in result.changed.items())
    typer.echo(f"{result.deliveries} deliveries derived again; rows changed: {rows or 'none'}")


def upgrade() -> None:
    """Migrate the schema to this version; `up` and `receiver` do so by themselves.

    Example: visitor-desk db upgrade
    """
    with opened():
        typer.echo("the schema matches this version")


def check() -> None:
    """Read the whole ledger and say whether everything is in order; exit status 1 if it is not.

    Example: visitor-desk db check
    """
    from models.upkeep import check_database

    with opened() as database:
        report = check_database(database)
    for line in report.lines:
        typer.echo(line)
    if report.faults:
        for fault in report.faults:
            say(f"FAULT: {fault}")
        raise typer.Exit(1)


def backup(file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]) -> None:
    """Copy a SQLite database while it is written to. For Postgres it says what to run.

    Example: visitor-desk db backup backups/visitor-desk-2026-11-21.db
    """
    from models.upkeep import BackupError, backup_database

    try:
        with opened() as database:
            backup_database(database, file)
    except BackupError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo(f"written: {file}")


def restore(file: Annotated[Path, typer.Argument(help="A backup made by db backup.")]) -> None:
    """Replace a SQLite database with a backup; refuses while anything is running on it.

    Example: visitor-desk db restore backups/visitor-desk-2026-11-21.db

    Everybody forgotten since is erased from it, and the previous file is kept next to it.
    """
    from models.logs import configure_logs
    from models.restore import RestoreError
    from models.restore import restore as put_back
    from models.storage.database import Database

    configure_logs("WARNING")
    chosen = Settings()
    database = Database(chosen.database_url, forgotten_file=chosen.forgotten_file)
    try:
        restored = put_back(database, file, chosen.ignoring(), chosen.hot_paths())
    except RestoreError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo(f"restored; {restored.names} names are kept out")
    if restored.aside:
        typer.echo(f"what was there before: {restored.aside}")
        say(
            "It holds personal data, including that of people forgotten since. Delete it once all "
            "is well."
        )
