"""Destinations: where messages about leads go."""

import sys
from typing import Annotated

import typer

from commands.database import opened, recorded
from commands.terminal import plain, say
from models.settings import Settings


def add_destination(
    name: Annotated[str, typer.Argument(help="A name for rules to use, such as sales.")],
    kind: Annotated[str, typer.Argument(help="slack or webhook.")],
    leave_out: Annotated[
        str | None,
        typer.Option(
            help="Columns of a lead to leave out, comma-separated, or (none). Default for slack: "
            "email,phone."
        ),
    ] = None,
) -> None:
    """Add a destination. Its secrets (its address and, for a webhook, its signing secret) are asked
    for, or read line by line from standard input; they are never shown again.

    Example: visitor-desk destination add sales slack < address.txt
    """
    from models.rules import destinations
    from models.rules.sealing import SealError

    if kind not in destinations.SECRETS:
        say(f"The kind must be one of {', '.join(destinations.KINDS)}.")
        raise typer.Exit(2)
    secrets = [_ask(destinations.ASKS[secret]) for secret in destinations.SECRETS[kind]]
    chosen = Settings()
    try:
        with opened() as database:
            # Checked before it is recorded: an impossible request is not a change.
            with database.read() as db:
                destinations.check(
                    db, name, kind, secrets,
                    leaves_out=_columns(leave_out), allow_private=chosen.sender_allow_private,
                )  # fmt: skip
            with recorded(database, "destination add", name=name, kind=kind) as entry:
                with database.write() as db:
                    destinations.add(
                        db,
                        chosen.sealing_key(),
                        name=name,
                        kind=kind,
                        secrets=secrets,
                        owner=_user(),
                        leaves_out=_columns(leave_out),
                        allow_private=chosen.sender_allow_private,
                    )
                entry.count(1)
    except (destinations.DestinationError, SealError) as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo(f"added: {name}")
    say(f"Try it with: visitor-desk destination test {name}")


def _ask(what: str) -> str:
    """A line that is not shown: typed at a prompt, or the next one from standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True)).strip()
    return sys.stdin.readline().strip()


def _columns(text: str | None) -> list[str] | None:
    return None if text is None else text.split(",")


def _user() -> str:
    from models.audit import system_user

    return system_user()


def list_destinations() -> None:
    """List destinations: name, kind, state, and what is left out; never an address.

    Example: visitor-desk destination list
    """
    from models.rules import destinations

    with opened() as database, database.read() as db:
        found = destinations.listed(db)
    for one in found:
        without = f"  leaves out {', '.join(one.leaves_out)}" if one.leaves_out else ""
        typer.echo(f"{one.name}  {one.kind}  {one.state()}{without}  added by {one.owner}")
    if not found:
        say("There are no destinations.")


def test_destination(
    name: Annotated[str, typer.Argument(help="Its name, as list shows it.")],
) -> None:
    """Send a made-up lead to a destination now, and show its answer. If the destination was
    switched off and accepts it, it is switched on again.

    Example: visitor-desk destination test sales
    """
    import asyncio

    from models.rules import destinations
    from sender.trial import try_out

    with opened() as database:
        with database.read() as db:
            destination = destinations.find(db, name)
        if destination is None:
            say(f"There is no destination named {plain(name)}; see visitor-desk destination list.")
            raise typer.Exit(1)
        with recorded(database, "destination test", name=name) as entry:
            tried = asyncio.run(try_out(destination, Settings()))
            if tried.taken:
                entry.count(1)
                with database.write() as db:
                    destinations.switch_on(db, name)
    status = f"{tried.status} " if tried.status else ""
    said = plain(f"{status}{tried.answer}".strip())
    if not tried.taken:
        say(f"{name} did not accept it: {said}")
        raise typer.Exit(1)
    typer.echo(f"{name} accepted it: {said}")


def remove_destination(
    name: Annotated[str, typer.Argument(help="Its name, as list shows it.")],
) -> None:
    """Remove a destination and its secrets; messages waiting for it will not be sent.

    Example: visitor-desk destination remove sales
    """
    from models.rules import destinations

    try:
        with opened() as database:
            with database.read() as db:
                destinations.refuse_used(db, name)
                is_there = destinations.find(db, name) is not None
            if is_there:
                with recorded(database, "destination remove", name=name) as entry:
                    with database.write() as db:
                        destinations.remove(db, name)
                    entry.count(1)
    except destinations.DestinationError as error:
        say(f"{error}.")
        raise typer.Exit(1) from None
    if not is_there:
        say(f"There is no destination named {plain(name)}; see visitor-desk destination list.")
        raise typer.Exit(1)
    typer.echo(f"removed: {name}")
