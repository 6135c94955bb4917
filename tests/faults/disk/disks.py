"""Disks that a test can fill: small ones of the receiver's own, in memory, and really full.

A mount namespace shows them to the receiver alone, for which most systems ask no rights. Where one
does, a limit on the size of files stands for them: another error, and the same for all files, but
no room all the same. pytest's warnings tell of it.
"""

import os
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from resource import RLIM_INFINITY

import psutil

from tests.conftest import SECRET
from tests.processes import ROOT, Running, free_port, start

SIZES = {"data": "8m", "spool": "64k"}
"""The database's disk, and the spool's."""

_FILLER = "filler"
_PAGE = 4096


@dataclass(slots=True)
class SmallDesk:
    """A receiver on SQLite whose disks can be filled."""

    running: Running
    folder: Path
    are_disks: bool

    def fill(self, *names: str) -> None:
        """Leave no room on these disks (`SIZES`).

        A limit on files knows no disks: where the spool's is not among them, files may grow until
        that has its size, and the database's log has it already.
        """
        if not self.are_disks:
            log = self.folder / "data/desk.db-wal"
            self._limit(0 if "spool" in names else min(60_000, log.stat().st_size))
            return
        for name in names:
            with (self._seen(name) / _FILLER).open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(_PAGE))

    def free(self) -> None:
        """Give the room back."""
        if not self.are_disks:
            self._limit(RLIM_INFINITY)
            return
        for name in SIZES:
            (self._seen(name) / _FILLER).unlink(missing_ok=True)

    def spooled(self) -> list[Path]:
        """Files that wait in the spool."""
        return list(self._seen("spool").rglob("*.spool"))

    def backup(self) -> str:
        """URL of a copy of the database: only the product itself reaches the one on its disk."""
        copy = self.folder / "copy.db"
        enter = ["nsenter", "-t", str(self.running.process.pid), "-U", "-m"]
        subprocess.run(
            [
                *([*enter, "--preserve-credentials"] if self.are_disks else []),
                *(sys.executable, "-m", "visitor_desk", "db", "backup", str(copy)),
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": _url(self.folder)},
        )
        return f"sqlite:///{copy}"

    def _seen(self, name: str) -> Path:
        """The folder as the receiver sees it."""
        seen = Path(f"/proc/{self.running.process.pid}/root") if self.are_disks else Path("/")
        return seen / self.folder.relative_to("/") / name

    def _limit(self, most_bytes: int) -> None:
        """Let no file of the receiver and its projector grow beyond some bytes."""
        receiver = psutil.Process(self.running.process.pid)
        for its in (receiver, *receiver.children()):
            its.rlimit(psutil.RLIMIT_FSIZE, (most_bytes, RLIM_INFINITY))


@contextmanager
def small_desk(folder: Path, **environment: str) -> Iterator[SmallDesk]:
    """A receiver whose database and spool lie on disks of their own."""
    for name in SIZES:
        (folder / name).mkdir()
    with_disks = _with_disks(folder)
    are_disks = _works([*with_disks, "true"])
    if not are_disks:
        warnings.warn("no disks of our own here: a limit on files stands for them", stacklevel=3)
    values = {
        "DATABASE_URL": _url(folder),
        "SPOOL_DIR": str(folder / "spool"),
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    } | environment
    with start(["receiver"], folder, values, by=with_disks if are_disks else ()) as running:
        yield SmallDesk(running, folder, are_disks)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder}/data/desk.db"


def _with_disks(folder: Path) -> list[str]:
    """A command that mounts the disks in a namespace, and becomes what follows it."""
    mounts = [
        f"mount -t tmpfs -o size={size} tmpfs {shlex.quote(str(folder / name))}"
        for name, size in SIZES.items()
    ]
    return ["unshare", "-Urm", "sh", "-c", " && ".join([*mounts, 'exec "$@"']), "sh"]


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
