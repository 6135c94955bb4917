"""The spool: verified deliveries on local disk while the database is away.

A delivery is answered `spooled` only after an fsync. Each process has a folder of its own, locked
while it lives; what a killed process left is taken over by the next one that starts. What is
drained twice does no harm: the ledger knows it by its `webhook-id`.
"""

import fcntl
import json
import os
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from models.ledger import Delivery
from models.settings import spool_of

SEGMENT_BYTES = 16 * 1024 * 1024
"""A segment is deleted whole once it is drained, so it must not grow for ever."""


PROBE_BYTES = 16 * 1024
"""Room for some deliveries: with less there is none."""


class SpoolFullError(Exception):
    """The spool holds `SPOOL_MAX_BYTES`, or the disk takes no more."""


class Spool:
    """One process's spool for one database. Not opened before `open`."""

    def __init__(self, folder: Path, database_url: str, max_bytes: int) -> None:
        self._base = spool_of(folder, database_url)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._held: list[BinaryIO] = []
        self._segments: list[Path] = []
        self._open: BinaryIO | None = None
        self._numbers = count(1)
        self.bytes = 0

    def open(self) -> None:
        """Take a free folder, and over what processes left that are gone.

        Raises `OSError` when the folder can't be made or written.
        """
        self._base.mkdir(parents=True, exist_ok=True, mode=0o700)
        for slot in count():
            folder = self._base / str(slot)
            is_new = not folder.exists()
            folder.mkdir(exist_ok=True, mode=0o700)
            lock = (folder / "lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._held.append(lock)
            self._segments += sorted(folder.glob("*.spool"))
            if is_new or not (self._base / str(slot + 1)).exists():
                break
        self._folder = Path(self._held[0].name).parent
        self.bytes = sum(segment.stat().st_size for segment in self._segments)

    def waiting(self) -> int:
        """Bytes that wait in the folders of all processes."""
        return sum(segment.stat().st_size for segment in self._base.glob("*/*.spool"))

    def has_room(self) -> bool:
        """Whether it may take more, which a disk tells only by a write: it may be full, its quota
        used up, or mounted read-only by now.
        """
        if self.bytes + PROBE_BYTES > self._max_bytes:
            return False
        try:
            with TemporaryFile(dir=self._folder) as probe:
                probe.write(bytes(PROBE_BYTES))
                probe.flush()
                os.fsync(probe.fileno())
        except OSError:
            return False
        return True

    def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Write deliveries; they are on disk when this returns.

        Raises `SpoolFullError` when there is no room; none is kept then.
        """
        data = b"".join(_record(delivery) for delivery in deliveries)
        with self._lock:
            if self.bytes + len(data) > self._max_bytes:
                raise SpoolFullError
            try:
                file = self._segment()
                start = file.tell()
                try:
                    # A disk that is about to be full takes a part, which is no error: the next is.
                    rest = memoryview(data)
                    while rest:
                        rest = rest[file.write(rest) :]
                    os.fsync(file.fileno())
                except OSError:
                    # Half a record at the end would hide what is written after it.
                    file.truncate(start)
                    file.seek(start)
                    raise
            except OSError as error:
                raise SpoolFullError from error
            self.bytes += len(data)

    def _segment(self) -> BinaryIO:
        if self._open is None or self._open.tell() > SEGMENT_BYTES:
            self._close_segment()
            while True:
                path = self._folder / f"{next(self._numbers):09d}.spool"
                if not path.exists():
                    break
            # Unbuffered: what is written is the system's, and an error is ours at once.
            self._open = open(path, "xb", buffering=0, opener=_private)  # noqa: SIM115 - it lives on
            _sync_folder(self._folder)
            self._segments.append(path)
        return self._open

    def _close_segment(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def drain(self, into: Callable[[Sequence[Delivery]], object], group: int) -> int:
        """Give what waits to `into`, some at a time; gives how many there were.

        What `into` raises ends the drain; the rest waits for the next one.
        """
        drained = 0
        while True:
            with self._lock:
                if not self._segments:
                    return drained
                segment = self._segments[0]
                if self._open is not None and Path(self._open.name) == segment:
                    self._close_segment()
            waiting: list[Delivery] = []
            for delivery in _records(segment):
                waiting.append(delivery)
                if len(waiting) == group:
                    into(waiting)
                    drained += len(waiting)
                    waiting = []
            if waiting:
                into(waiting)
                drained += len(waiting)
            with self._lock:
                self.bytes -= segment.stat().st_size
                segment.unlink()
                self._segments.remove(segment)

    def close(self) -> None:
        """Let go of the folder; what waits in it stays for the next process."""
        self._close_segment()
        for lock in self._held:
            lock.close()
        self._held.clear()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """A file whose name is not on disk is lost with all that was fsynced into it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _record(delivery: Delivery) -> bytes:
    """A line that tells the sizes and a checksum, then the body."""
    head = {
        "webhook_id": delivery.webhook_id,
        "received_at": delivery.received_at,
        "timestamp": delivery.timestamp,
        "signature": delivery.signature,
        "bytes": len(delivery.body),
        "crc32": zlib.crc32(delivery.body),
    }
    return json.dumps(head).encode() + b"\n" + delivery.body


def _records(segment: Path) -> Iterator[Delivery]:
    """Whole records; a torn one at the end was never answered."""
    with segment.open("rb") as file:
        while line := file.readline():
            try:
                head = json.loads(line)
                size, crc32 = head.pop("bytes"), head.pop("crc32")
            except (ValueError, KeyError):
                return
            body = file.read(size)
            if len(body) != size or zlib.crc32(body) != crc32:
                return
            yield Delivery(body=body, **head)
