"""Tokens with which other servers read leads."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from commands.database import opened
from commands.terminal import say


def add(
    name: Annotated[str, typer.Argument(help="What it is for, such as website.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="visitor (the default), leads, export or audit; may be given again."),
    ] = None,
) -> None:
    """Make a token and print it, once: only its hash is kept.

    Example: visitor-desk token add crm --scope export --scope leads
    """
    from models import tokens

    try:
        with opened() as database, database.write() as db:
            token = tokens.add(db, name, scope or (tokens.LEAST,))
    except tokens.TokenError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    say(
        "It will not be shown again. Send it in the header Authorization: Bearer, followed by the "
        "token:"
    )
    typer.echo(token)


def list_tokens() -> None:
    """List the tokens: name, scopes, when each was made, the day it was last used (UTC).

    Example: visitor-desk token list
    """
    from models import tokens

    with opened() as database, database.read() as db:
        found = tokens.listed(db)
    for token in found:
        made = datetime.fromtimestamp(token.created_at / 1000, UTC).date().isoformat()
        scopes = f"{', '.join(token.opens)}{' (from before scopes)' * (token.scopes is None)}"
        used = token.last_used or "never"
        typer.echo(f"{token.name}  scopes {scopes}  made {made}  last used {used}")
    if not found:
        say("There are no tokens.")


def revoke(name: Annotated[str, typer.Argument(help="Its name, as list shows it.")]) -> None:
    """Revoke a token: from now on it gives access to nothing.

    Example: visitor-desk token revoke website
    """
    from models import tokens

    with opened() as database, database.write() as db:
        is_gone = tokens.revoke(db, name)
    if not is_gone:
        say(f"There is no token named {name}; see visitor-desk token list.")
        raise typer.Exit(1)
    typer.echo(f"revoked: {name}")
