"""The scoring definition: showing, changing and restoring it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.database import opened, recorded
from commands.terminal import plain, say
from models.settings import Settings


def show(
    version: Annotated[
        int | None, typer.Option(help="Its number, as history shows it; default: the newest.")
    ] = None,
) -> None:
    """Print the scoring definition, in the form that `scoring set` reads.

    Example: visitor-desk scoring show > scoring.toml
    """
    from models.scoring import versions

    try:
        with opened() as database, database.read() as db:
            found = versions.newest(db) if version is None else versions.version(db, version)
            shown_by = versions.in_force(db).version
    except versions.VersionError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    in_force = "in force" if found.number == shown_by else f"version {shown_by} is in force"
    say(f"Version {found.number}, by {plain(found.author)}; {in_force}.")
    sys.stdout.write(found.text)


def set_definition(
    file: Annotated[str, typer.Argument(help="Definition in TOML, or - for standard input.")],
    note: Annotated[str, typer.Option(help="Why, for those who read the history.")] = "",
) -> None:
    """Save a new scoring definition, and score all leads by it.

    Example: visitor-desk scoring set scoring.toml --note "Smaller companies, too"

    Until all leads are scored, everything uses the previous version.
    """
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        say(f"Can't read {file}: {why}.")
        raise typer.Exit(2) from None
    _save(text, note)


def history() -> None:
    """List the versions of the definition, newest first: number, when (UTC), by whom, note.

    Example: visitor-desk scoring history
    """
    from models.scoring import versions

    with opened() as database, database.read() as db:
        found, shown_by = versions.history(db), versions.in_force(db).version
    for one in found:
        made = datetime.fromtimestamp(one.at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        said = [str(one.number), made, plain(one.author), one.note and plain(one.note)]
        said.append("in force" if one.number == shown_by else "")
        typer.echo("  ".join(filter(None, said)))


def reset(
    version: Annotated[
        int | None,
        typer.Option(help="Return to this version; default: the one made from HOT_PAGES."),
    ] = None,
) -> None:
    """Return to an earlier definition, or to the one made from HOT_PAGES, as a new version.

    Example: visitor-desk scoring reset --version 3
    """
    from models.scoring import versions

    if version is None:
        _save(versions.first_text(Settings().hot_paths()), "Made of HOT_PAGES")
        return
    try:
        with opened() as database, database.read() as db:
            text = versions.version(db, version).text
    except versions.VersionError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    _save(text, f"As version {version}")


def _save(text: str, note: str) -> None:
    from models.audit import system_user
    from models.projector.rescoring import rescore
    from models.scoring import versions
    from models.scoring.definition import Definition, DefinitionError

    try:
        Definition.parse(text)
    except DefinitionError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    with opened() as database:
        with recorded(database, "scoring set"):
            number = versions.save(database, text, system_user(), note)
        say(f"Version {number} is saved; leads are being scored by it.")
        rescore(database)
    typer.echo(f"in force: {number}")


def backtest(
    won: Annotated[
        str | None, typer.Option(help="List of won deals, with dates; default: who came back.")
    ] = None,
    cut: Annotated[
        str | None,
        typer.Option(
            help="Date or time (UTC) to score as of; default: 30 days ago, or half way back."
        ),
    ] = None,
    calls: Annotated[int, typer.Option(help="How many leads the team can call.", min=1)] = 50,
) -> None:
    """Test whether the scores predict what happens: earlier scores against later outcomes.

    Example: visitor-desk scoring backtest --won customers --cut 2026-09-01

    What was received after the cut is not used for the scores, and outcomes before it do not count.
    With fewer than 20 won, it shows counts, which prove nothing.
    """
    from models.backtest.backtest import BacktestError, lines
    from models.backtest.backtest import backtest as test
    from models.filters.times import FilterError, When, moment

    try:
        at = None if cut is None else moment("cut", cut, When.now(Settings().zone()))
        with opened() as database:
            found = test(database, won, at, calls=calls)
    except (BacktestError, FilterError) as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo("\n".join(lines(found)))
