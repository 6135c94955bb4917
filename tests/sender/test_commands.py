"""Destinations by commands, as people run them."""

import os
import subprocess
from functools import partial
from pathlib import Path

from models.settings import Settings
from models.storage.database import Database
from tests import warm
from tests.models.test_audit import entries
from tests.processes import ROOT
from tests.sender.stand_in import SECRET, Said, slack, standing_in


def desk(
    *arguments: str, cwd: Path, given: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k.lower() not in Settings.model_fields}
    its = clean | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment}
    return warm.command(*arguments, cwd=cwd, environment=its, given=given)


def test_a_destination_is_added_tried_listed_and_removed(sqlite_url: str, tmp_path: Path) -> None:
    run = partial(desk, cwd=tmp_path, DATABASE_URL=sqlite_url, SENDER_ALLOW_PRIVATE="1")
    with standing_in(slack) as server:
        url = f"{server.url}/services/T/B/hushhush"
        added = run("destination", "add", "sales", "slack", given=f"{url}\n")
        assert (added.returncode, added.stdout) == (0, "added: sales\n")
        tried = run("destination", "test", "sales")
        assert (tried.returncode, tried.stdout) == (0, "sales accepted it: 200 ok\n")
        assert "Ada Example" in server.requests[0].body.decode()
        server.answer = lambda _: Said(404, f"no_service at {url}".encode())
        refused = run("destination", "test", "sales")
    assert refused.returncode == 1
    assert "404 no_service" in refused.stderr
    listed = run("destination", "list")
    assert listed.stdout.startswith("sales  slack  on  leaves out email, phone  added by shell:")
    removed = run("destination", "remove", "sales")
    assert removed.stdout == "removed: sales\n"
    for said in (added, tried, refused, listed, removed):
        assert "hushhush" not in said.stdout + said.stderr
    assert b"hushhush" not in (tmp_path / "desk.db").read_bytes()
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    database = Database(sqlite_url)
    assert [what for _, what, *_ in entries(database)] == [
        "destination add", "destination test", "destination test", "destination remove",
    ]  # fmt: skip


def test_a_webhook_takes_its_secret_from_the_second_line(sqlite_url: str, tmp_path: Path) -> None:
    run = partial(desk, cwd=tmp_path, DATABASE_URL=sqlite_url, SENDER_ALLOW_PRIVATE="1")
    with standing_in() as server:
        run("destination", "add", "crm", "webhook", given=f"{server.url}\n{SECRET}\n")
        tried = run("destination", "test", "crm")
    assert tried.returncode == 0, tried.stderr


def test_what_cannot_be_is_said_in_a_sentence(sqlite_url: str, tmp_path: Path) -> None:
    run = partial(desk, cwd=tmp_path, DATABASE_URL=sqlite_url)
    for kind, given, expected in (
        ("pigeon", "x\n", "The kind must be one of slack, webhook."),
        ("slack", "http://hooks.example.com/x\n", "must begin with https://"),
        ("slack", "https://me:pw@hooks.example.com/x\n", "not contain a user, password"),
        ("slack", "https://2852039166/latest\n", "Nothing is sent to an address where a cloud"),
        ("slack", "https://[fd00:ec2::254]/\n", "Nothing is sent to an address where a cloud"),
        ("webhook", f"https://0x7f.1/\n{SECRET}\n", "SENDER_ALLOW_PRIVATE=1 allows it."),
        ("slack", "\n", "nothing was given"),
        ("webhook", "https://hooks.example.com/x\nwhsec_short\n", "whsec_ followed by base64"),
    ):
        said = run("destination", "add", "one", kind, given=given)
        assert said.returncode == 2
        assert expected in said.stderr
        assert "hooks.example" not in said.stderr
    assert run("destination", "list").stderr == "There are no destinations.\n"
    assert run("destination", "remove", "one").returncode == 1
