"""The command line: the one door to receiver, dashboard, simulator and database.

Commands start often, so each imports what it needs when it runs.
"""

from collections.abc import Callable

import typer
from pydantic import ValidationError

from commands.database import backup, check, replay, restore, upgrade
from commands.demo import demo_history
from commands.destinations import (
    add_destination,
    list_destinations,
    remove_destination,
    test_destination,
)
from commands.export import WithFilters, export
from commands.lists import delete as delete_list
from commands.lists import import_list, list_lists
from commands.personal_data import forget, ignore, prune, subject
from commands.processes import StartError, end_with_starter
from commands.rules import (
    add_rule,
    list_rules,
    pause_rule,
    preview_rule,
    remove_rule,
    resume_rule,
    why,
)
from commands.scoring import backtest, history, reset, set_definition, show
from commands.segments import delete as delete_segment
from commands.segments import list_segments
from commands.segments import save as save_segment
from commands.segments import show as show_segment
from commands.serving import dashboard, receiver, sender, simulate, sink, up
from commands.terminal import say
from commands.tokens import add, list_tokens, revoke

Command = Callable[..., None]

COMMANDS: list[Command] = [
    receiver, sender, dashboard, up, simulate, sink, export, replay, forget, subject, ignore,
    why,
]  # fmt: skip
DB_COMMANDS: list[Command] = [prune, upgrade, check, backup, restore]
TOKEN_COMMANDS: dict[str, Command] = {"add": add, "list": list_tokens, "revoke": revoke}
SCORING_COMMANDS: dict[str, Command] = {
    "show": show, "set": set_definition, "history": history, "reset": reset,
    "backtest": backtest,
}  # fmt: skip
SEGMENT_COMMANDS: dict[str, Command] = {
    "save": save_segment, "list": list_segments, "show": show_segment,
    "delete": delete_segment,
}  # fmt: skip
LIST_COMMANDS: dict[str, Command] = {
    "import": import_list, "list": list_lists, "delete": delete_list,
}  # fmt: skip
RULE_COMMANDS: dict[str, Command] = {
    "add": add_rule,
    "list": list_rules,
    "pause": pause_rule,
    "resume": resume_rule,
    "remove": remove_rule,
    "preview": preview_rule,
}
DESTINATION_COMMANDS: dict[str, Command] = {
    "add": add_destination,
    "list": list_destinations,
    "test": test_destination,
    "remove": remove_destination,
}

cli = typer.Typer(
    help="Visitor Desk: see who is on your site, from signed Midbound webhooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
db_commands = typer.Typer(help="Maintain the database.", no_args_is_help=True)
token_commands = typer.Typer(
    help="Tokens with which other servers read leads; never for browsers.", no_args_is_help=True
)
scoring_commands = typer.Typer(
    help="How leads are scored: who is worth calling.", no_args_is_help=True
)
rule_commands = typer.Typer(help="Whom to notify, when, and about whom.", no_args_is_help=True)
destination_commands = typer.Typer(help="Where messages about leads go.", no_args_is_help=True)
cli.add_typer(db_commands, name="db")
segment_commands = typer.Typer(
    help="Saved filters, for screens, exports and rules.", no_args_is_help=True
)
list_commands = typer.Typer(
    help="Lists of companies and people: customers, open deals.", no_args_is_help=True
)
cli.add_typer(scoring_commands, name="scoring")
cli.add_typer(token_commands, name="token")
cli.add_typer(segment_commands, name="segment")
cli.add_typer(list_commands, name="list")
cli.add_typer(rule_commands, name="rule")
cli.add_typer(destination_commands, name="destination")
for command in COMMANDS:
    cli.command(cls=WithFilters if command is export else None)(command)
cli.command("demo-history", hidden=True)(demo_history)  # `up --demo` starts it
for command in DB_COMMANDS:
    db_commands.command()(command)
for name, command in TOKEN_COMMANDS.items():
    token_commands.command(name)(command)
for name, command in SCORING_COMMANDS.items():
    scoring_commands.command(name)(command)
for name, command in SEGMENT_COMMANDS.items():
    segment_commands.command(name)(command)
for name, command in LIST_COMMANDS.items():
    list_commands.command(name)(command)
for name, command in RULE_COMMANDS.items():
    rule_commands.command(name)(command)
for name, command in DESTINATION_COMMANDS.items():
    destination_commands.command(name)(command)


def main() -> None:
    """Run the command line. What a user can mend is said in a sentence, without a traceback."""
    end_with_starter()
    try:
        cli()
    except UnicodeDecodeError:
        say(".env can't be read. Save it as UTF-8.")
        raise SystemExit(2) from None
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in problem["loc"]).upper()
            say(f"Setting {name}: {problem['msg'].removeprefix('Value error, ')}.")
        raise SystemExit(2) from None
    except Exception as error:
        said = _said_of(error)
        if said is None:
            raise
        sentence, status = said
        say(sentence)
        raise SystemExit(status) from None


def _said_of(error: Exception) -> tuple[str, int] | None:
    """The sentence for what a user can mend, and the exit status; None for what is a fault of ours.

    The errors' modules are loaded only now: without them a command answers in half the time.
    """
    from models.audit import AuditError
    from models.kept_out.names import KeyFileError
    from models.migrations import SchemaTooNewError
    from models.personal_data.forgetting import WhoError
    from models.storage.engines import DatabaseUrlError
    from receiver.verify import SecretError

    mended = (DatabaseUrlError, SchemaTooNewError, SecretError, KeyFileError, WhoError)
    if isinstance(error, mended):
        return f"{error}.", 2
    if isinstance(error, StartError | AuditError):
        return str(error), 1
    return None


if __name__ == "__main__":
    main()
