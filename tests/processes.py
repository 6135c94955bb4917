"""The product's commands as processes, for tests and benchmark."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.warm import Forked

START_S = 60
ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class Running:
    """A process of the product, with the addresses it was told to use."""

    process: subprocess.Popen[bytes] | Forked
    receiver: str
    dashboard: str
    log: Path

    def kill(self) -> None:
        """End it and all that it started at once, as a power cut would."""
        started = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        for its in started:
            its.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 30) -> int:
        """Ask it to end (SIGTERM); gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def start(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    by: Sequence[str] = (),
    fresh: bool = False,
) -> Iterator[Running]:
    """Run `visitor-desk COMMAND` in a folder; wait until what it serves is ready.

    `by` is a command that ends in running the one that follows it, as the same process. What is
    `fresh` starts from nothing, as a user's would: for what is measured, or looked up by name.
    """
    log = folder / f"{'-'.join(command)}-{time.monotonic_ns()}.log"
    # What Python reads before it runs anything has no effect on a fork.
    fresh = fresh or bool(by) or any(name.startswith(("PYTHON", "LD_")) for name in environment)
    its = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SENDER_PORT": str(free_port()),
        **environment,
    }
    process: subprocess.Popen[bytes] | Forked
    if fresh:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*by, sys.executable, "-m", "visitor_desk", *command],
                cwd=folder,
                env=its,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    else:
        process = Forked(command, cwd=folder, environment=its, output=log)
    running = Running(
        process,
        f"http://127.0.0.1:{environment['RECEIVER_PORT']}",
        f"http://127.0.0.1:{environment['DASHBOARD_PORT']}",
        log,
    )
    try:
        if command[0] in {"receiver", "up"}:
            wait_until_ready(running, f"{running.receiver}/readyz")
        if command[0] in {"dashboard", "up"}:
            wait_until_ready(running, f"{running.dashboard}/_stcore/health")
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(running: Running, url: str) -> None:
    """Return when the address answers 200. Raises with the process's log when it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not come up:\n{running.log.read_text()[-4000:]}")
