"""A file on its way to a reader: written as fast as the database delivers it, read at the reader's
pace.

What has not been taken yet is on disk, in parts without a name, which nobody else can open and
which disappear with the process; a part that was taken disappears, too. So a slow reader holds no
connection, snapshot or memory, and the disk holds a bounded amount.
"""

import threading
from collections import deque
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

PART_BYTES = 8_000_000
"""Size of a part, in bytes."""

AHEAD_BYTES = 256_000_000
"""What may be unread on disk, in bytes: beyond it the writer waits, and with it whatever it reads
from."""


class BufferClosedError(Exception):
    """The reader has gone."""


class DiskBuffer:
    """Bytes written by one thread and read by another, in order."""

    def __init__(self, folder: Path | None = None, ahead_bytes: int = AHEAD_BYTES) -> None:
        """Take the folder for the parts; None: the system's folder for temporary files."""
        self._folder = folder
        self._ahead_bytes = ahead_bytes
        self._changed = threading.Condition()
        self._parts: deque[IO[bytes]] = deque()
        self._sizes: deque[int] = deque()
        self._read_of_first = 0
        self._unread = 0
        self._is_over = self._is_closed = False
        self._error: Exception | None = None

    def write(self, data: bytes) -> None:
        """Append; waits while too much is unread. Raises `BufferClosedError`, and `OSError` when
        the disk takes no more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._unread < self._ahead_bytes)
            if self._is_closed:
                raise BufferClosedError
            if not self._parts or self._sizes[-1] >= PART_BYTES:
                # Closed as soon as its last byte has been taken, or with the buffer.
                self._parts.append(TemporaryFile(dir=self._folder, buffering=0))  # noqa: SIM115
                self._sizes.append(0)
            part = self._parts[-1]
            part.seek(self._sizes[-1])
            rest = memoryview(data)
            while rest:
                rest = rest[part.write(rest) :]
            self._sizes[-1] += len(data)
            self._unread += len(data)
            self._changed.notify_all()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more will come; with an error, which the reader gets after what is there."""
        with self._changed:
            self._is_over, self._error = True, error
            self._changed.notify_all()

    def read(self, most: int) -> bytes:
        """The next bytes, at least one; none at the end. Waits for them; raises the writer's error,
        or `BufferClosedError`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._unread or self._is_over)
            if self._is_closed:
                raise BufferClosedError
            if not self._unread:
                if self._error:
                    raise self._error
                return b""
            if self._read_of_first == self._sizes[0]:
                self._drop_first()
            part = self._parts[0]
            part.seek(self._read_of_first)
            data = part.read(min(most, self._sizes[0] - self._read_of_first))
            self._read_of_first += len(data)
            self._unread -= len(data)
            self._changed.notify_all()
            return data

    def close(self) -> None:
        """Discard everything; whoever is waiting is told. Harmless if it is already closed."""
        with self._changed:
            self._is_closed = True
            while self._parts:
                self._drop_first()
            self._changed.notify_all()

    def _drop_first(self) -> None:
        self._parts.popleft().close()
        self._sizes.popleft()
        self._read_of_first = 0
