"""Rules: whom to notify, when, and about whom."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from commands.database import opened, recorded
from commands.terminal import plain, say

_Name = Annotated[str, typer.Argument(help="Its name, as list shows it.")]


def add_rule(
    name: Annotated[str, typer.Argument(help="A name for it, such as hot-accounts.")],
    *,
    when: Annotated[str, typer.Option(help="visit, once, return or company.")],
    segment: Annotated[str, typer.Option(help="The shared segment that a lead must match.")],
    to: Annotated[str, typer.Option(help="Destinations, comma-separated.")],
    cooldown_hours: Annotated[
        int, typer.Option(help="Hours before the same lead or company can ring again.")
    ] = 24,
    cap_per_hour: Annotated[
        int, typer.Option(help="Most messages an hour; the rest are sent together in one.")
    ] = 30,
    quiet: Annotated[
        str | None,
        typer.Option(help="Hours during which messages wait: 20:00-08:00@Europe/Lisbon."),
    ] = None,
    people: Annotated[
        int | None, typer.Option(help="With company: this many different people.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="With company: within this many days.")] = None,
    assign_to: Annotated[
        str | None,
        typer.Option(
            help=(
                "Email addresses to assign leads to, in turn, comma-separated; or owner: whom a "
                "list names."
            )
        ),
    ] = None,
) -> None:
    """Add a rule; it applies to everything that comes in from then on.

    Example: visitor-desk rule add hot --when visit --segment hot-leads --to sales
    """
    from models.audit import system_user
    from models.rules import rules

    try:
        rule = rules.read(
            name,
            segment,
            when,
            to.split(","),
            cooldown_hours=cooldown_hours,
            cap_per_hour=cap_per_hour,
            quiet=quiet,
            people=people,
            days=days,
            assign_to=(assign_to or "").split(","),
        )
        with opened() as database:
            # Checked before it is recorded: an impossible request is not a change.
            with database.read() as db:
                rules.check(db, rule)
            with recorded(database, "rule add", name=name, segment=segment, to=to) as entry:
                with database.write() as db:
                    made = rules.add(db, rule, system_user())
                entry.count(1)
    except rules.RuleError as error:
        say(f"{error}.")
        raise typer.Exit(2) from None
    typer.echo(f"added: {made.name}")
    say(f"What it would have done: visitor-desk rule preview {made.name}")


def list_rules() -> None:
    """List rules: name, segment, when they ring, where their messages go.

    Example: visitor-desk rule list
    """
    from models.rules import rules

    with opened() as database, database.read() as db:
        found = rules.listed(db)
    for rule in found:
        paused = "  paused" if rule.paused else ""
        typer.echo(
            f"{rule.name}  {rule.occasion}  segment {rule.segment}  to"
            f" {', '.join(rule.destinations)}  {rule.words()}{paused}"
        )
    if not found:
        say("There are no rules.")


def pause_rule(name: _Name) -> None:
    """Pause a rule: what matches meanwhile makes no message, neither then nor later.

    Example: visitor-desk rule pause hot
    """
    _pause(name, "pause", paused=True)


def resume_rule(name: _Name) -> None:
    """Resume a paused rule.

    Example: visitor-desk rule resume hot
    """
    _pause(name, "resume", paused=False)


def _pause(name: str, what: str, *, paused: bool) -> None:
    from models.rules import rules

    try:
        with opened() as database:
            with database.read() as db:
                rules.named(db, name)
            with recorded(database, f"rule {what}", name=name) as entry:
                with database.write() as db:
                    rules.pause(db, name, paused=paused)
                entry.count(1)
    except rules.RuleError as error:
        say(f"{error}.")
        raise typer.Exit(1) from None
    typer.echo(f"{what}d: {name}")


def remove_rule(name: _Name) -> None:
    """Remove a rule and its waiting messages; what was sent stays in the outbox.

    Example: visitor-desk rule remove hot
    """
    from models.rules import rules

    try:
        with opened() as database:
            with database.read() as db:
                rules.named(db, name)
            with recorded(database, "rule remove", name=name) as entry:
                with database.write() as db:
                    rules.remove(db, name)
                entry.count(1)
    except rules.RuleError as error:
        say(f"{error}.")
        raise typer.Exit(1) from None
    typer.echo(f"removed: {name}")


def preview_rule(
    name: _Name,
    days: Annotated[int, typer.Option(min=1, max=365, help="How far back to look.")] = 7,
) -> None:
    """Say how often a rule would have rung in the last days, and for whom.

    Example: visitor-desk rule preview hot --days 30
    """
    from models.rules import preview, rules

    try:
        with opened() as database, database.read() as db:
            found = preview.preview(db, name, days, time.time_ns() // 1_000_000)
    except rules.RuleError as error:
        say(f"{error}.")
        raise typer.Exit(1) from None
    times = "1 time" if len(found.rang) == 1 else f"{len(found.rang):,} times"
    typer.echo(f"{name} would have rung {times} in {days} days.")
    for rang in found.rang[:100]:
        company = f"  {plain(rang.company)}" if rang.company else ""
        typer.echo(f"{_time(rang.at)}  {plain(rang.name or rang.lead)}{company}")
    silent = {why: n for why, n in found.outcomes.items() if why not in {"rings", "rolled up"}}
    for why, number in sorted(silent.items()):
        say(f"{number:,} more matched, but: {why}.")
    if found.is_cut:
        say(f"Only the newest {preview.MOST_VISITS:,} matching visits were looked at.")


def why(
    lead: Annotated[str, typer.Argument(help="A lead's key, as in the export.")],
    rule: Annotated[str, typer.Argument(help="A rule's name.")],
) -> None:
    """Say why a rule rings for a lead, or why it does not, and what was sent.

    Example: visitor-desk why linkedin.com/in/name hot
    """
    from models.rules import rules
    from models.rules.explaining import explained

    try:
        with opened() as database, database.read() as db:
            found = explained(db, lead, rule, time.time_ns() // 1_000_000)
    except rules.RuleError as error:
        say(f"{error}.")
        raise typer.Exit(1) from None
    word = "would ring" if found.rings else "does not ring"
    typer.echo(f"{rule} {word} for {plain(lead)} by the newest visit.")
    marks = {True: "yes", False: "no ", None: "   "}
    for check in found.checks:
        met = f": {plain(check.met)}" if check.met else ""
        typer.echo(f"  {marks[check.holds]}  {plain(check.asked)}{met}")
    for row in found.sent:
        answer = f", {row['status']} {plain(row['answer'] or '')}" if row["status"] else ""
        typer.echo(f"{_time(row['made_at'])}  {row['state']} to {row['destination']}{answer}")
    if not found.sent:
        typer.echo("Nothing was sent.")


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
