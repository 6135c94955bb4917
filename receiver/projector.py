"""The projector's process, as the receiver starts, wakes, watches and ends it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog

from models.projector import ONE_BY_ONE, Derived
from models.settings import Settings

RESTART_S, LONGEST_RESTART_S = 1.0, 30.0
"""How long to wait before a projector that died is started again; twice as long after each that
derived nothing, up to the longest."""

CAREFUL = 2
"""Deaths in a row after which the next one derives one by one, to find what they die of."""

STOP_S = 15.0
"""How long the batch at hand may take when all ends; what is cut off is derived next time."""

_log = structlog.get_logger("projector")


class Projector:
    """Keeps one process deriving: a core of its own, because meaning costs more than intake.

    The pipe that wakes it also ties it to us: whatever ends this process closes it.
    """

    def __init__(self, settings: Settings, on_derived: Callable[[Derived], None]) -> None:
        self._environment = _environment(settings)
        self._on_derived = on_derived
        # One pipe for all that follow each other, so that nothing is ever written to a closed one.
        self._wakes, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="projector", daemon=True)

    def start(self) -> None:
        """Start it, and again whenever it dies."""
        self._watcher.start()

    def wake(self) -> None:
        """Say that something came in."""
        with suppress(BlockingIOError):  # a full pipe will wake it, too
            os.write(self._wake, b"\n")

    def stop(self) -> None:
        """Let it finish the batch at hand, and end it."""
        self._stopping.set()
        os.close(self._wake)
        self._watcher.join(STOP_S)
        if self._process and self._watcher.is_alive():
            self._process.kill()
            self._watcher.join()
        os.close(self._wakes)

    def _watch(self) -> None:
        pause_s, deaths = RESTART_S, 0
        while not self._stopping.is_set():
            try:
                with self._begin(one_by_one=deaths >= CAREFUL) as self._process:
                    for line in self._process.stdout or ():
                        pause_s = RESTART_S
                        derived = Derived(**json.loads(line))
                        if not derived.alone:
                            deaths = 0
                        self._on_derived(derived)
            except OSError as error:
                _log.error("projector_not_started", error=type(error).__name__)
            else:
                if not self._stopping.is_set():
                    deaths += 1
                    _log.error("projector_died", status=self._process.returncode)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_RESTART_S)

    def _begin(self, *, one_by_one: bool) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "models.projector"],
            env=self._environment | ({ONE_BY_ONE: "1"} if one_by_one else {}),
            stdin=self._wakes,
            stdout=subprocess.PIPE,
        )


_NEEDED = (
    "database_url", "hot_pages", "log_level", "forgotten_file", "retention_days",
    "ignore_email_domains", "ignore_companies", "ignore_ips", "ignore_eu",
)  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, but of our settings only what the projector needs: the webhook secret is one of them.

    The database's URL holds a password, and a command line is everybody's to read.
    """
    ours = Settings.model_fields.keys()
    others = {name: value for name, value in os.environ.items() if name.lower() not in ours}
    needed = {name: getattr(settings, name) for name in _NEEDED}
    told = {name.upper(): str(value) for name, value in needed.items() if value is not None}
    return others | told | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
