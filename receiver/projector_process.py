"""The projector's process: how the receiver starts, wakes, watches and stops it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import structlog

from models.projector.deriving import Derived
from models.projector.process import ONE_BY_ONE, Beside
from models.settings import Settings
from models.worker import Worker

RESTART_S, LONGEST_RESTART_S = 1.0, 30.0
"""How long to wait before a dead projector is restarted; twice as long after each one that derived
nothing, up to the longest."""

CAREFUL = 2
"""Deaths in a row after which the next one derives one by one, to find what kills them."""

STOP_S = 15.0
"""How long the current batch may take at shutdown; what is cut off is derived next time."""

_log = structlog.get_logger("projector")


class ProjectorProcess:
    """Keeps one process deriving, on a core of its own, because deriving costs more than intake.

    The pipe that wakes it also ties it to us: whatever ends this process closes the pipe.
    """

    def __init__(
        self,
        settings: Settings,
        on_derived: Callable[[Derived], None],
        on_death: Callable[[str], None],
    ) -> None:
        """Take the functions that hear what was derived and which thread died."""
        self._environment = _environment(settings)
        self._on_derived = on_derived
        # One pipe for all successive processes, so that nothing is ever written to a closed one.
        self._wakes, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._process: subprocess.Popen[bytes] | None = None
        self._on_death = on_death
        self._watcher = Worker("projector", self._watch, lambda: on_death("projector"))
        self._beside = Beside()

    def start(self) -> None:
        """Start it, and restart it whenever it dies."""
        self._watcher.start()

    def wake(self) -> None:
        """Say that something came in."""
        with suppress(BlockingIOError):  # a full pipe will wake it, too
            os.write(self._wake, b"\n")

    def failing(self) -> list[str]:
        """Our threads that keep dying."""
        return [self._watcher.name] if self._watcher.is_failing() else []

    def is_outdated_for_good(self) -> bool:
        """Whether data of older merge rules can't be derived again: its process keeps dying."""
        return self._beside.failing

    def stop(self) -> None:
        """Let it finish its current batch, and stop it."""
        self._watcher.tell_to_end()
        os.close(self._wake)
        if not self._watcher.join(STOP_S) and self._process:
            self._process.kill()
            self._watcher.join()
        os.close(self._wakes)

    def _watch(self, ending: threading.Event) -> None:
        pause_s, deaths = RESTART_S, 0
        while not ending.is_set():
            self._beside = Beside()
            try:
                with self._begin(one_by_one=deaths >= CAREFUL) as self._process:
                    for derived in self._listen(self._process):
                        pause_s = RESTART_S
                        if not derived.alone:
                            deaths = 0
                        self._on_derived(derived)
            except OSError as error:
                _log.error("projector_not_started", error=type(error).__name__)
            else:
                if not ending.is_set():
                    deaths += 1
                    _log.error("projector_died", status=self._process.returncode)
            ending.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_RESTART_S)

    def _listen(self, process: subprocess.Popen[bytes]) -> Iterator[Derived]:
        """Read what it reports as derived, until it ends. A report that can't be understood ends
        it, because it would go on unheard.

        Raises `ValueError` and `TypeError` for that.
        """
        for line in process.stdout or ():
            try:
                said = json.loads(line)
                derived = None if "worker" in said else Derived(**said)
                beside = Beside(**said) if derived is None else self._beside
            except (ValueError, TypeError):
                process.kill()
                raise
            for _ in range(beside.deaths - self._beside.deaths):
                self._on_death(beside.worker)
            self._beside = beside
            if derived is not None:
                yield derived

    def _begin(self, *, one_by_one: bool) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "models.projector.process"],
            env=self._environment | ({ONE_BY_ONE: "1"} if one_by_one else {}),
            stdin=self._wakes,
            stdout=subprocess.PIPE,
        )


_NEEDED = (
    "database_url", "hot_pages", "log_level", "forgotten_file", "retention_days", "time_zone",
    "ignore_email_domains", "ignore_companies", "ignore_ips", "ignore_eu",
)  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    """Our environment, but only with the settings the projector needs: not the webhook secret, for
    example.

    The database's URL is passed this way because it holds a password, and anybody can read a
    command line.
    """
    ours = Settings.model_fields.keys()
    others = {name: value for name, value in os.environ.items() if name.lower() not in ours}
    needed = {name: getattr(settings, name) for name in _NEEDED}
    its_own = {name.upper(): str(value) for name, value in needed.items() if value is not None}
    return others | its_own | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
