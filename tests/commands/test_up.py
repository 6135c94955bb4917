"""`up` and its demo: a secret made once, a welcome, history, and a clean end."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text

from commands.processes import needed_by, write_secret
from models.settings import Settings
from models.storage.database import Database
from tests.commands.test_command_line import PORTS, desk
from tests.desk import eventually
from tests.processes import ROOT, Running, free_port


def test_up_makes_a_secret_once_and_says_where_it_stands(tmp_path: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    first, second = (_up_until_welcome(tmp_path, ports) for _ in range(2))
    env = tmp_path / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    (secret,) = re.findall(r"MIDBOUND_CLOUD_WEBHOOK_SECRET=(whsec_\S{44})\n", env.read_text())
    for said in (first, second):
        assert f"http://127.0.0.1:{ports['RECEIVER_PORT']}/webhooks/midbound" in said
        assert f"http://127.0.0.1:{ports['DASHBOARD_PORT']}" in said
        assert str(env) in said
        assert "visitor-desk simulate" in said
        assert secret not in said


def test_a_secret_is_not_glued_to_a_last_line_without_its_end(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("ROLE_OPS=ann@acme.com")
    write_secret(env)
    held = Settings(_env_file=env)
    assert held.role_ops == "ann@acme.com"
    assert len(held.midbound_cloud_webhook_secret) == 1


def test_a_command_is_started_without_the_secrets_of_others() -> None:
    login = {"OIDC_CLIENT_SECRET", "DASHBOARD_COOKIE_SECRET"}
    secrets = login | {"MIDBOUND_CLOUD_WEBHOOK_SECRET", "VISITOR_DESK_SINK_SECRET"}
    told = {
        command: secrets & needed_by(command, dict.fromkeys(secrets, "hunter2")).keys()
        for command in ("receiver", "sender", "dashboard", "simulate", "demo-history", "sink")
    }
    ours = {"MIDBOUND_CLOUD_WEBHOOK_SECRET"}
    assert told == {
        "receiver": ours,
        "sender": set(),
        "dashboard": login,
        "simulate": ours,
        "demo-history": ours,
        "sink": {"VISITOR_DESK_SINK_SECRET"},
    }


def _up_until_welcome(folder: Path, environment: dict[str, str]) -> str:
    """Start `up`, press Ctrl-C once it said that it is up; gives what it printed."""
    clean = {k: v for k, v in os.environ.items() if k.lower() not in Settings.model_fields}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "visitor_desk", "up"],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    said += process.stdout.read()
    assert process.wait(30) == 0
    assert "Traceback" not in said
    return said


def test_the_demo_fills_its_own_database_with_three_weeks_once_and_stops_cleanly(
    tmp_path: Path, run: Callable[..., Running]
) -> None:
    url = f"sqlite:///{tmp_path}/data/demo.db"
    running = run("up", "--demo", database_url=url)
    begun = time.time()
    up = psutil.Process(running.process.pid)
    eventually(lambda: "demo-history" in commands_of(up), 60)
    eventually(lambda: "demo-history" not in commands_of(up), 240)
    database = Database(url)

    def past() -> tuple[int, int]:
        """How many deliveries were received more than an hour ago, and when the first."""
        query = "SELECT count(*), min(received_at) FROM delivery WHERE received_at < :then"
        with database.read() as db:
            count, first = db.execute(text(query), {"then": (begun - 3600) * 1000}).one()
        return count, first

    count, first = past()
    assert 20 < (begun - first / 1000) / 86_400 < 22
    assert count > 10_000
    eventually(lambda: lead_count(database) > 2000, 60)
    assert "won" in desk("list", "list", cwd=tmp_path, DATABASE_URL=url).stdout
    assert "[fit]" in desk("scoring", "show", cwd=tmp_path, DATABASE_URL=url).stdout
    assert httpx.get(f"{running.receiver}/readyz").json()["database"] == "ok"
    assert running.stop() == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{running.receiver}/readyz")

    again = run("up", "--demo", database_url=url)
    up = psutil.Process(again.process.pid)
    eventually(lambda: "--speed 20" in commands_of(up), 60)
    assert "demo-history" not in commands_of(up)
    assert again.stop() == 0
    assert past() == (count, first)
    database.close()


def commands_of(up: psutil.Process) -> str:
    """The command lines of all that it started and that has not ended."""
    lines = []
    for its in up.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            lines.append(" ".join(its.cmdline()))
    return "\n".join(lines)


def lead_count(database: Database) -> int:
    with database.read() as db:
        return int(db.execute(text("SELECT count(*) FROM lead")).scalar_one())
