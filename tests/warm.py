"""The product's commands as forks of one process that has loaded what they need.

A command that starts from nothing spends most of a second or two loading libraries, and the tests
start many hundred. What a fork does is the same, from the arguments on: its environment, folder
and standard streams are its own.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from visitor_desk import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.warm_modules"])


class Forked:
    """A command that runs, with what the tests ask of `subprocess.Popen`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
        given: Path = Path(os.devnull),
    ) -> None:
        """Start `visitor-desk COMMAND`; without `errors` they go to `output`, too."""
        files = [str(given), str(output), str(errors) if errors else ""]
        self._process = _FORKS.Process(
            target=_run, args=(list(command), str(cwd), dict(environment), files)
        )
        with _no_script():
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit status, negative after a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it ended. Raises `subprocess.TimeoutExpired` after `timeout` s."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("visitor-desk", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


@contextmanager
def _no_script() -> Iterator[None]:
    """Forks would run whichever script runs here, too: a page, after Streamlit's `AppTest`."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _run(command: list[str], cwd: str, environment: dict[str, str], files: list[str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    given, output, errors = files
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    os.dup2(os.open(given, os.O_RDONLY), 0)
    os.dup2(os.open(output, appending, 0o600), 1)
    os.dup2(os.open(errors, appending, 0o600) if errors else 1, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["visitor-desk", *command]
    main()


def command(
    *arguments: str, cwd: Path, environment: Mapping[str, str], given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; gives its status and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("in", "out", "err")]
        files[0].write_text(given, encoding="utf-8")
        forked = Forked(
            arguments, cwd=cwd, environment=environment,
            given=files[0], output=files[1], errors=files[2],
        )  # fmt: skip
        try:
            status = forked.wait(120)
        except subprocess.TimeoutExpired:
            forked.kill()
            raise
        said = [file.read_text(encoding="utf-8") for file in files[1:]]
    return subprocess.CompletedProcess(arguments, status, *said)
