"""What is killed takes along what it started: no process stays behind, and no port."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import SECRET
from tests.desk import eventually
from tests.processes import ROOT, Running, free_port


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def _command(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def test_up_killed_takes_receiver_dashboard_simulator_and_projector_along(
    tmp_path: Path, run: Callable[..., Running]
) -> None:
    running = run("up", "--demo", database_url=f"sqlite:///{tmp_path}/data/demo.db")
    up = psutil.Process(running.process.pid)

    def started() -> list[psutil.Process]:
        return up.children(recursive=True)

    # The simulator that fills the demo is followed by the one that goes on.
    names = ("receiver", "dashboard", "--speed 20", "models.projector.process")
    eventually(lambda: all(any(n in _command(p) for p in started()) for n in names), 90)
    children = started()
    running.process.kill()
    running.process.wait()
    eventually(lambda: not _alive(children))
    for url in (f"{running.receiver}/healthz", f"{running.dashboard}/_stcore/health"):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)


def test_each_part_of_up_knows_its_own_secrets_only(
    sqlite_url: str, run: Callable[..., Running]
) -> None:
    login = {
        "OIDC_METADATA_URL": f"http://127.0.0.1:{free_port()}/.well-known/openid-configuration",
        "OIDC_CLIENT_ID": "desk",
        "OIDC_CLIENT_SECRET": "a secret of the login",
        "DASHBOARD_COOKIE_SECRET": "0123456789abcdef0123456789abcdef",
        "DASHBOARD_URL": "http://localhost:8501",
        "ROLE_OPS": "ops@acme.com",
    }
    running = run("up", database_url=sqlite_url, **login)
    environments = {
        _command(process).rpartition(" ")[2]: str(process.environ())
        for process in psutil.Process(running.process.pid).children(recursive=True)
    }
    assert SECRET in environments["receiver"]
    for name in ("dashboard", "models.projector.process"):
        assert SECRET not in environments[name]
    assert "a secret of the login" in environments["dashboard"]
    for name in ("receiver", "models.projector.process"):
        assert "a secret of the login" not in environments[name]
        assert login["DASHBOARD_COOKIE_SECRET"] not in environments[name]
    said = "MIDBOUND_CLOUD_WEBHOOK_SECRET in the environment"
    eventually(lambda: said in running.log.read_text())


def test_replay_killed_takes_its_reading_process_along() -> None:
    script = (
        "import os, time\n"
        "from models.projector.replay import reading_process\n"
        "if __name__ == '__main__':\n"
        "    with reading_process() as reader:\n"
        "        print(reader.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    reader = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    eventually(lambda: not _alive([reader]))
