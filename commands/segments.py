"""Segments: filters saved under a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from commands.database import opened
from commands.terminal import plain, say
from models.settings import Settings


@contextmanager
def in_words() -> Iterator[None]:
    """An impossible request gives one sentence and exit status 2."""
    from models.filters.times import FilterError
    from models.segments.naming import NotSavedError

    try:
        yield
    except (FilterError, NotSavedError) as error:
        say(f"{plain(str(error))}.")
        raise typer.Exit(2) from None


def save(
    name: Annotated[str, typer.Argument(help="Its name in addresses and commands.")],
    query: Annotated[str, typer.Argument(help="Filters as in a page's address.")],
    *,
    title: Annotated[str | None, typer.Option(help="Its title on screens; default: NAME.")] = None,
    shared: Annotated[
        bool, typer.Option("--shared", help="For everybody; otherwise it is your own.")
    ] = False,
) -> None:
    """Save filters under a name, replacing what was saved there.

    Example: visitor-desk segment save dach "company_country=DE&company_country=AT" --shared
    """
    from models.audit import changing, filters_said, system_user
    from models.filters.query import Filters
    from models.segments import segments

    who = system_user()
    with in_words(), opened() as database:
        readable, people = filters_said(Filters.from_text(query))
        said = readable | {"name": name, "shared": "yes" if shared else "as before"}
        with changing(database, who, "segment save", said=said, names=people) as (db, entry):
            made = segments.save(db, name, query, who=who, title=title, is_shared=shared or None)
            entry.rows = 1
    typer.echo(f"saved: {made.name}")


def list_segments() -> None:
    """List the segments: name, whose it is, title.

    Example: visitor-desk segment list
    """
    from models.segments import segments

    with opened() as database, database.read() as db:
        found = segments.segments(db)
    for one in found:
        whose = ("shared, locked" if one.locked else "shared") if one.owner is None else one.owner
        typer.echo(f"{one.name}  {whose}  {plain(one.title)}")
    if not found:
        say("There are no segments.")


def show(name: Annotated[str, typer.Argument(help="Its name, as list shows it.")]) -> None:
    """Show a segment's filters, and how many leads are in it now.

    Example: visitor-desk segment show dach
    """
    from models.filters.query import Filters
    from models.filters.times import When
    from models.segments import segments
    from models.segments.asking import asked
    from models.segments.members import count

    with in_words(), opened() as database, database.read() as db:
        found = segments.named(db, name)
        question = asked(
            db,
            Filters.parse({"segment": found.name}),
            When.now(Settings().zone()),
            who=found.owner,
        )
        typer.echo(f"title: {plain(found.title)}")
        typer.echo(f"whose: {found.owner or 'shared'}{', locked' if found.locked else ''}")
        typer.echo(f"query: {plain(found.query)}")
        typer.echo(f"leads: {count(db, question)}")


def delete(name: Annotated[str, typer.Argument(help="Its name, as list shows it.")]) -> None:
    """Delete a segment; refused while another one uses it.

    Example: visitor-desk segment delete dach
    """
    from models.audit import changing, system_user
    from models.segments import segments

    who = system_user()
    with in_words(), opened() as database:
        said = {"name": name}
        with changing(database, who, "segment delete", said=said) as (db, entry):
            found = segments.remove(db, name, who=who)
            entry.rows = 1
    typer.echo(f"deleted: {found.name}")
