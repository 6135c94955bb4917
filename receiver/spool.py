"""The spool: verified deliveries on local disk while the database is away.

A delivery is answered `spooled` only after an fsync. Each process has a folder of its own, locked
while it lives; what a killed process left behind is taken over by the next one that starts.
Draining something twice does no harm: the ledger recognises its `webhook-id`.

Folders are named by the database's own id, because its address and password may change. If the
database has not been reachable since the process started, nobody knows the id; then by its address.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog

from models.ledger.deliveries import Delivery
from models.storage.spool_folder import all_of, by_id, note_id
from receiver.spool_records import record, records

SEGMENT_BYTES = 16 * 1024 * 1024
"""A segment is deleted as a whole once it is drained, so it must not grow forever."""


PROBE_BYTES = 16 * 1024
"""Room for a few deliveries: with less, the spool counts as full."""

RESCUES = 3
"""How often files that vanished are written again before the disk counts as unusable."""

_log = structlog.get_logger("spool")


class SpoolFullError(Exception):
    """The spool holds `SPOOL_MAX_BYTES`, or the disk takes no more."""


class Spool:
    """One process's spool for one database. Not opened before `open`."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        max_bytes: int,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take `SPOOL_DIR`, `DATABASE_URL`, `SPOOL_MAX_BYTES`, and functions that hear of `damaged`
        records and of segments that `vanished`, were `shortened` or were `rescued` in time.
        """
        self._root = folder
        self._database_url = database_url
        self._max_bytes = max_bytes
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._held: dict[Path, BinaryIO] = {}
        self._segments: dict[Path, int] = {}
        self._open: BinaryIO | None = None
        self._numbers = count(1)

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return sum(list(self._segments.values()))

    def open(self, database_id: str | None = None) -> None:
        """Take a free folder, and take over what dead processes left behind.

        Without the database's id, the last id known for its address counts. Raises `OSError` when
        the folder can't be made or written.
        """
        if database_id is not None:
            note_id(self._root, self._database_url, database_id)
        home, *others = all_of(self._root, self._database_url)
        self._home = self._take(home, make=True)[0]
        for base in others:
            self._take(base, make=False)

    def belongs_to(self, database_id: str) -> None:
        """Learn the database's id: what waits under it is taken over, and new deliveries wait
        there.

        Raises `OSError` when the folder can't be made or written.
        """
        base = by_id(self._root, database_id)
        with self._lock:
            note_id(self._root, self._database_url, database_id)
            if self._home.parent == base:
                return
            self._home = self._take(base, make=True)[0]
            self._close_segment()

    def left_behind(self) -> dict[str, int]:
        """Folders next to ours that no living process holds, with the bytes waiting in them.

        They belong to another database, or to this one under an earlier address.
        """
        found: dict[str, int] = {}
        ours = {*all_of(self._root, self._database_url), *(held.parent for held in self._held)}
        for base in self._root.iterdir():
            if base in ours:
                continue
            for folder in base.glob("*/"):
                waiting = _size(folder.glob("*.spool"))
                if waiting and (lock := _locked(folder)):
                    lock.close()
                    found[base.name] = found.get(base.name, 0) + waiting
        return found

    def _take(self, base: Path, *, make: bool) -> list[Path]:
        """The free folders of a database, locked from now on; if there is none, a new one is made
        on request.
        """
        if make:
            base.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken: list[Path] = []
        for slot in count():
            folder = base / str(slot)
            if not folder.exists():
                if taken or not make:
                    return taken
                folder.mkdir(exist_ok=True, mode=0o700)
            if lock := _locked(folder):
                self._held[folder] = lock
                taken.append(folder)
                for segment in sorted(folder.glob("*.spool")):
                    self._segments[segment] = segment.stat().st_size
        raise AssertionError  # `count` has no end

    def has_room(self) -> bool:
        """Whether it may take more. Only a write shows that: the disk may be full, its quota used
        up, or mounted read-only by now.
        """
        if self.waiting + PROBE_BYTES > self._max_bytes:
            return False
        try:
            if not self._home.exists():
                with self._lock:
                    self._make_home_again()
            with TemporaryFile(dir=self._home) as probe:
                probe.write(bytes(PROBE_BYTES))
                probe.flush()
                os.fsync(probe.fileno())
        except OSError:
            return False
        return True

    def append(self, deliveries: Sequence[Delivery]) -> None:
        """Write deliveries; when this returns, they are on disk and will be found.

        Raises `SpoolFullError` if there is no room; then none is kept.
        """
        data = b"".join(record(delivery) for delivery in deliveries)
        with self._lock:
            if self.waiting + len(data) > self._max_bytes:
                raise SpoolFullError
            try:
                self._append(self._segment(), data)
                self._mend()
            except OSError as error:
                raise SpoolFullError from error

    def mend(self) -> None:
        """Check that the segment being written is still there, and if not save what it holds.

        Raises `OSError` when it can't be saved now.
        """
        with self._lock:
            self._mend()

    def _append(self, file: BinaryIO, data: bytes) -> None:
        start = file.seek(0, os.SEEK_END)
        self._say_if_shortened(Path(file.name), start)
        try:
            # A disk that is about to be full accepts part of a write without an error; the next
            # write fails.
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            # Half a record at the end would hide what is written after it.
            file.truncate(start)
            raise
        self._segments[Path(file.name)] = start + len(data)

    def _segment(self) -> BinaryIO:
        if self._open is None or self._open.seek(0, os.SEEK_END) > SEGMENT_BYTES:
            self._close_segment()
            self._open = self._new_segment()
        return self._open

    def _new_segment(self) -> BinaryIO:
        if not self._home.exists():
            self._make_home_again()
        while True:
            path = self._home / f"{next(self._numbers):09d}.spool"
            # The name may be taken by bytes set aside from an earlier segment.
            if not path.exists() and not path.with_suffix(".bad").exists():
                break
        # Unbuffered: writes go to the system at once, and errors come back at once.
        file = open(path, "x+b", buffering=0, opener=_private)  # noqa: SIM115 - it lives on
        _sync_folder(self._home)
        self._segments[path] = 0
        return file

    def _make_home_again(self) -> None:
        """Our folder is gone, and our lock with it: take a new one."""
        _log.error("spool_folder_gone")
        if lock := self._held.pop(self._home, None):
            lock.close()
        self._home = self._take(self._home.parent, make=True)[0]
        _sync_folder(self._home.parent)

    def _mend(self) -> None:
        """An fsync proves nothing about a file whose name is gone: nobody would find it again.
        Whatever it holds is written again, as long as it can still be read.
        """
        for _ in range(RESCUES):
            if self._open is None or _is_in_place(self._open):
                return
            lost = self._open
            lost.seek(0)
            data = lost.read()
            self._say_if_shortened(Path(lost.name), len(data))
            saved = self._new_segment()
            self._append(saved, data)
            self._open = saved
            self._segments.pop(Path(lost.name), None)
            lost.close()
            _log.error("spool_segment_rescued", bytes=len(data))
            self._on_trouble("rescued")
        raise OSError("the spool's files vanish as soon as they are written")

    def _close_segment(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def drain(self, into: Callable[[Sequence[Delivery]], object], group: int) -> int:
        """Pass what waits to `into`, some at a time; returns how many there were.

        If `into` raises, the drain ends, and the rest waits for the next one. Damaged records are
        set aside, in a `.bad` file next to their segment.
        """
        drained = 0
        while True:
            with self._lock:
                self._mend()
                if not self._segments:
                    return drained
                segment = next(iter(self._segments))
                if self._open is not None and Path(self._open.name) == segment:
                    self._close_segment()
            try:
                file = segment.open("rb")
            except FileNotFoundError:
                with self._lock:
                    lost = self._segments.pop(segment)
                _log.error("spool_segment_vanished", bytes=lost)
                self._on_trouble("vanished")
                continue
            damaged: list[bytes] = []
            with file:
                waiting: list[Delivery] = []
                for delivery in records(file, damaged.append):
                    waiting.append(delivery)
                    if len(waiting) == group:
                        into(waiting)
                        drained += len(waiting)
                        waiting = []
                if waiting:
                    into(waiting)
                    drained += len(waiting)
                self._say_if_shortened(segment, file.tell())
            if damaged:
                self._set_aside(segment.with_suffix(".bad"), damaged)
            with self._lock:
                segment.unlink(missing_ok=True)
                self._segments.pop(segment, None)

    def _say_if_shortened(self, segment: Path, found: int) -> None:
        """Report how much of a segment has been lost, given how many bytes it holds now: cut
        between two records, it would look complete.
        """
        lost = self._segments.get(segment, 0) - found
        if lost > 0:
            _log.error("spool_segment_shortened", bytes=lost)
            self._on_trouble("shortened")

    def _set_aside(self, path: Path, damaged: Sequence[bytes]) -> None:
        with suppress(FileNotFoundError):  # of a drain that was cut off
            path.unlink()
        with open(path, "xb", opener=_private) as file:
            file.write(b"".join(damaged))
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
        _log.error("spool_damaged", records=len(damaged), bytes=sum(map(len, damaged)))
        for _ in damaged:
            self._on_trouble("damaged")

    def close(self) -> None:
        """Release the folders; what waits in them stays for the next process."""
        self._close_segment()
        for lock in self._held.values():
            lock.close()
        self._held.clear()


def _locked(folder: Path) -> BinaryIO | None:
    """The lock of a folder; None when a living process holds it."""
    lock = (folder / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _size(segments: Iterator[Path]) -> int:
    total = 0
    for segment in segments:
        with suppress(FileNotFoundError):  # drained just now
            total += segment.stat().st_size
    return total


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """A file whose name is not on disk is lost with all that was fsynced into it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_in_place(file: BinaryIO) -> bool:
    """Whether an open file is still the one that its name leads to."""
    its = os.fstat(file.fileno())
    try:
        return its.st_nlink > 0 and os.path.samestat(its, Path(file.name).stat())
    except OSError:
        return False
