"""The commands as people and scripts call them."""

import os
import re
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from models.audit import system_user
from models.filters.names import FILTERS
from models.settings import Settings
from models.storage.database import Database
from tests import warm
from tests.conftest import SECRET
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.desk import catch_up, exported, take_in
from tests.models.test_audit import entries
from tests.processes import ROOT, Running, free_port

DESCRIBED = (ROOT / "docs" / "commands.md").read_text()
COMMANDS = (
    "up", "receiver", "dashboard", "simulate", "export", "replay", "forget", "subject", "ignore",
    "db upgrade", "db check", "db backup", "db restore", "db prune",
    "segment save", "segment list", "segment show", "segment delete",
    "list import", "list list", "list delete",
    "scoring show", "scoring set", "scoring history", "scoring reset",
    "token add", "token list", "token revoke", "sender", "sink",
    "rule add", "rule list", "rule pause", "rule resume", "rule remove", "rule preview", "why",
    "destination add", "destination list", "destination test", "destination remove",
    "scoring backtest",
)  # fmt: skip


def desk(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with no settings but those given."""
    clean = {k: v for k, v in os.environ.items() if k.lower() not in Settings.model_fields}
    its = clean | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment}
    return warm.command(*arguments, cwd=cwd, environment=its)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    result = desk(*command.split(), "--help", cwd=tmp_path)
    assert result.returncode == 0
    assert f"Example: visitor-desk {command}" in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command: str) -> None:
    assert f"| `visitor-desk {command}" in DESCRIBED


def test_export_takes_every_filter_as_an_option(tmp_path: Path) -> None:
    text = desk("export", "--help", cwd=tmp_path).stdout
    for name in FILTERS:
        assert f"--{name.replace('_', '-')}" in text


def test_export_writes_what_the_library_writes(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())  # the command derives what nobody has derived yet
    out = tmp_path / "leads.csv"
    written = desk("export", "leads", "--out", str(out), cwd=tmp_path, DATABASE_URL=database_url)
    printed = desk("export", "leads", cwd=tmp_path, DATABASE_URL=database_url)
    assert written.returncode == printed.returncode == 0
    want = exported(database)["leads"]
    assert out.read_bytes() == want.encode()
    assert printed.stdout == want.replace("\r\n", "\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("export", "leads", "--since", "soon"), {}, "since must be an ISO date"),
        (("export", "quarantine", "--country", "PT"), {}, "quarantine takes only"),
        (("receiver",), {}, "MIDBOUND_CLOUD_WEBHOOK_SECRET is not set"),
        (("receiver",), {"MIDBOUND_CLOUD_WEBHOOK_SECRET": "whsec_short"}, "secret 1 in"),
        (("receiver",), {"RECEIVER_PORT": "http"}, "Setting RECEIVER_PORT"),
        (("export", "leads"), {"DATABASE_URL": "mysql://me:hunter2@x/y"}, "must begin with sqlite"),
        (("export", "leads"), {"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/x"}, "answer"),
        (("dashboard",), {"DASHBOARD_HOST": "0.0.0.0"}, "DASHBOARD_"),
        (("dashboard",), {"OIDC_CLIENT_SECRET": "hunter2"}, "OIDC_METADATA_URL, OIDC_CLIENT_ID"),
        (("up",), {"OIDC_CLIENT_SECRET": "hunter2"}, "OIDC_METADATA_URL, OIDC_CLIENT_ID"),
        (("dashboard",), {"DASHBOARD_COOKIE_SECRET": "hunter2"}, "DASHBOARD_COOKIE_SECRET"),
        (("dashboard",), {"ROLE_OPS": "hunter2"}, "ROLE_OPS must be"),
        (("token", "add", "a b"), {}, "letters, digits"),
        (("token", "add", "a", "--scope", "all"), {}, "visitor, leads, export, audit"),
        (("token", "revoke", "nobody"), {}, "no token named nobody"),
        (("segment", "save", "a", "owner=me", "--shared"), {}, "can't be in a shared segment"),
        (("segment", "save", "a", "segment=a"), {}, "can't be part of itself"),
        (("segment", "show", "nobody"), {}, "there is no segment named nobody"),
        (("list", "import", "a", "nowhere.csv"), {}, "Can't read nowhere.csv"),
        (("export", "leads", "--since-last", ""), {}, "--since-last needs a name"),
        (("list", "delete", "nobody"), {}, "there is no list named nobody"),
        (("export", "leads", "--segment", "nobody"), {}, "there is no segment named nobody"),
        (("simulate",), {}, "is not set"),
        (("forget",), {}, "say who"),
        (("subject", "--email", "nobody"), {}, "--email must be"),
        (("db", "prune"), {}, "RETENTION_DAYS is not set"),
        (("receiver",), {"IGNORE_IPS": "office"}, "Setting IGNORE_IPS"),
        (("receiver",), {"IGNORE_COMPANIES": "Firm, Inc."}, "double quotes"),
        (("receiver",), {"IGNORE_COMPANIES": "gmail.com"}, "not a company's, so it"),
        (("receiver",), {"IGNORE_EMAIL_DOMAINS": "ann@acme.com"}, "is not a domain"),
        (("receiver",), {"HOT_PAGES": "https://acme.com/pricing"}, "must be paths such as"),
        (("db", "check"), {"DATABASE_URL": "sqlite://data/x.db"}, "a third slash"),
        (("db", "check"), {"DATABASE_URL": "sqlite:///~/x.db"}, "can't begin with ~"),
    ],
    ids=str,
)
def test_what_a_user_can_mend_is_said_in_a_sentence(
    arguments: tuple[str, ...], environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    result = desk(*arguments, cwd=tmp_path, **environment)
    assert result.returncode != 0
    assert said in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    assert "hunter2" not in result.stderr + result.stdout


def test_an_env_file_that_is_no_utf8_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RECEIVER_PORT=8000", encoding="utf-16")
    result = desk("receiver", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (2, ".env can't be read. Save it as UTF-8.\n")


PORTS = ("RECEIVER_PORT", "SENDER_PORT", "DASHBOARD_PORT")


@pytest.mark.parametrize("setting", PORTS)
def test_a_port_in_use_is_said_in_a_sentence(setting: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {name: str(free_port()) for name in PORTS}
        ports[setting] = str(port)
        result = desk("up", "--demo", cwd=tmp_path, **ports)
    assert result.returncode == 1
    assert f"Can't listen on 127.0.0.1:{port}" in result.stderr
    assert setting in result.stderr


@pytest.mark.long_on("postgres")
def test_replay_and_db_commands_say_what_they_did(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())
    replayed = desk("replay", cwd=tmp_path, DATABASE_URL=database_url)
    assert "5 deliveries derived again" in replayed.stdout
    again = desk("replay", "--quarantined", cwd=tmp_path, DATABASE_URL=database_url)
    assert (again.returncode, again.stdout) == (0, "0 tried again, 0 still in quarantine\n")
    check = desk("db", "check", cwd=tmp_path, DATABASE_URL=database_url)
    assert (check.returncode, "5 deliveries" in check.stdout) == (0, True)


@pytest.mark.long_on("postgres")
def test_segments_and_lists_are_kept_asked_for_and_deleted(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return desk(*arguments, cwd=tmp_path, DATABASE_URL=database_url)

    take_in(database, vendors_examples())
    catch_up(database)
    saved = run("segment", "save", "south", "country=PT", "--shared", "--title", "The south")
    assert (saved.returncode, saved.stdout) == (0, "saved: south\n")
    (tmp_path / "customers.csv").write_text("\ufeffdomain;label\nmidbound.ai;x\ngmail.com;y\n")
    made = run("list", "import", "customers", "customers.csv", "--quiet")
    assert made.returncode == 0
    assert made.stdout.startswith("imported: customers, 1 entries (1 domain) of domain\n")
    assert "gmail.com" in made.stderr
    assert "quiet" in run("list", "list").stdout
    assert run("segment", "save", "ours", "list=customers&segment=south").returncode == 0
    assert "leads: 1" in run("segment", "show", "ours").stdout
    asked = run("export", "leads", "--segment", "ours", "--columns", "email").stdout
    assert asked.splitlines() == ["email", "peter@midbound.ai"]
    assert run("export", "leads", "--list-not", "customers").stdout.count("\n") == 1
    used = run("segment", "delete", "south")
    assert (used.returncode, "the segment ours uses it" in used.stderr) == (2, True)
    assert run("list", "delete", "customers").returncode == 2
    assert [run("segment", "delete", name).returncode for name in ("ours", "south")] == [0, 0]
    assert run("list", "delete", "customers").stdout == "deleted: customers\n"
    (tmp_path / "public.csv").write_text("gmail.com\nyahoo.com\n")
    nothing = run("list", "import", "none", "public.csv")
    assert (nothing.returncode, "Nothing in the file can be used" in nothing.stderr) == (1, True)
    (tmp_path / "empty.csv").write_text("\n")
    nothing = run("list", "import", "none", "empty.csv")
    assert nothing.returncode == 1
    assert "empty" in nothing.stderr
    said = [(what, rows) for _who, what, _filters, rows in entries(database)]
    assert ("segment save", 1) in said
    assert ("list import", 1) in said


def test_a_token_is_told_once_listed_and_taken_back(sqlite_url: str, tmp_path: Path) -> None:
    def token(*arguments: str) -> str:
        return desk("token", *arguments, cwd=tmp_path, DATABASE_URL=sqlite_url).stdout

    secret = token("add", "website").strip()
    assert re.fullmatch(r"vd_[\w-]{43}", secret)
    listed = token("list")
    assert re.fullmatch(r"website  scopes visitor  made \d{4}-\d\d-\d\d  last used never\n", listed)
    assert secret not in listed
    assert token("revoke", "website") == "revoked: website\n"
    assert token("list") == ""


def test_check_finds_a_session_without_its_lead(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    take_in(database, vendors_examples())
    exported(database)
    with database.write() as db:
        db.exec_driver_sql("DELETE FROM lead")
    check = desk("db", "check", cwd=tmp_path, DATABASE_URL=sqlite_url)
    assert (check.returncode, "1 sessions without their lead" in check.stderr) == (1, True)


def test_a_backup_taken_while_writing_gives_the_same_exports(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    take_in(database, vendors_examples())
    want = exported(database)
    copy = tmp_path / "copy.db"
    assert desk("db", "backup", str(copy), cwd=tmp_path, DATABASE_URL=sqlite_url).returncode == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert exported(Database(f"sqlite:///{copy}")) == want
    again = desk("db", "backup", str(copy), cwd=tmp_path, DATABASE_URL=sqlite_url)
    assert (again.returncode, "already exists" in again.stderr) == (2, True)


@pytest.mark.long_on("postgres")
def test_simulate_tells_what_became_of_its_events(
    database_url: str, run: Callable[..., Running], tmp_path: Path
) -> None:
    running = run("receiver", database_url=database_url)
    result = desk(
        "simulate", "--url", f"{running.receiver}/webhooks/midbound", "--visitors", "10",
        "--speed", "0", "--shuffle", "--duplicates", "0.2",
        cwd=tmp_path, MIDBOUND_CLOUD_WEBHOOK_SECRET=SECRET,
    )  # fmt: skip
    found = re.fullmatch(
        r"sent (\d+), stored (\d+), duplicates (\d+), retried 0, lost 0\n", result.stdout
    )
    assert found is not None
    sent, stored, duplicates = map(int, found.groups())
    assert sent == stored > duplicates > 0
    with Database(database_url).read() as db:
        kept = db.exec_driver_sql("SELECT count(*) FROM delivery").scalar()
    assert kept == sent - duplicates


@pytest.mark.long_on("postgres")
def test_what_commands_take_away_or_change_stands_in_the_audit_log(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())
    ann = ("--linkedin", "https://linkedin.com/in/ptrtht")
    for command in (
        ("replay",),
        ("replay", "--quarantined"),
        ("subject", *ann),
        ("export", "leads", "--q", "toth"),
        ("forget", *ann, "--yes"),
        ("forget", "--again"),
        ("db", "prune", "--however-much"),
    ):
        done = desk(*command, cwd=tmp_path, DATABASE_URL=database_url, RETENTION_DAYS="36500")
        assert done.returncode == 0, done.stderr
    log = entries(database)
    assert {who for who, *_ in log} == {system_user()}
    assert [(what, filters.partition(":")[0], rows) for _, what, filters, rows in log] == [
        ("replay", "", 5), ("replay", "quarantined=yes", 0), ("subject", "linkedin=hash", 5),
        ("export leads", "q=hash", 1), ("forget", "linkedin=hash", 5), ("forget", "again=yes", 0),
        ("prune", "days=36500", 0),
    ]  # fmt: skip
    assert "ptrtht" not in desk("export", "audit", cwd=tmp_path, DATABASE_URL=database_url).stdout


def test_scores_are_defined_by_a_text_that_can_be_taken_back(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    def scoring(*arguments: str) -> subprocess.CompletedProcess[str]:
        return desk("scoring", *arguments, cwd=tmp_path, DATABASE_URL=database_url)

    first = scoring("show").stdout
    assert 'path = "/pricing", points = 20' in first
    changed = tmp_path / "scoring.toml"
    changed.write_text(first + '[fit]\ntitle = { weight = 1, has = ["engineer"] }\n')
    assert scoring("set", str(changed), "--note", "Engineers").stdout == "in force: 2\n"
    assert scoring("show").stdout == changed.read_text()
    changed.write_text("[fit]\ntitle = { weight = 0, has = [1] }\n")
    refused = scoring("set", str(changed))
    assert refused.returncode == 2
    assert refused.stderr.strip() == (
        "fit.title.weight must be more than 0. To ignore the criterion, leave it out."
    )
    assert scoring("reset", "--version", "1").stdout == "in force: 3\n"
    assert scoring("show", "--version", "9").stderr == "there is no version 9; there are 1 to 3.\n"
    told = scoring("history").stdout.splitlines()
    assert [line.split()[0] for line in told] == ["3", "2", "1"]
    assert "As version 1  in force" in told[0]
    assert "Engineers" in told[1]
    assert [what for _, what, _, _ in entries(database)] == ["scoring set"] * 2
