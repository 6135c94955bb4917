"""How a delivery is stored in the spool: a line with sizes and checksums, then the body."""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

from models.ledger.deliveries import Delivery

_BEGIN = b'{"webhook_id": '
"""What each record begins with."""


def record(delivery: Delivery) -> bytes:
    """A line with sizes and checksums, then the body."""
    head = {
        "webhook_id": delivery.webhook_id,
        "received_at": delivery.received_at,
        "timestamp": delivery.timestamp,
        "signature": delivery.signature,
    }
    sums = {
        "bytes": len(delivery.body),
        "crc32": zlib.crc32(delivery.body),
        "head_crc32": _sum(head),
    }
    return json.dumps(head | sums).encode() + b"\n" + delivery.body


def _sum(head: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(head).encode())


def records(file: BinaryIO, set_aside: Callable[[bytes], None]) -> Iterator[Delivery]:
    """The intact records. Damage between them is reported; reading continues after it."""
    while True:
        start = file.tell()
        line = file.readline()
        if not line:
            return
        delivery = _read(line, file)
        if delivery is not None:
            yield delivery
            continue
        file.seek(start)
        rest = file.read()
        skipped = _next_whole(rest)
        set_aside(rest[:skipped])
        file.seek(start + skipped)


def _read(line: bytes, file: BinaryIO) -> Delivery | None:
    """The record whose head is this line, and whose body comes next in the file; None if it is
    damaged. Older records have no checksum of the head.
    """
    try:
        head = json.loads(line)
        size, crc32, head_crc32 = head.pop("bytes"), head.pop("crc32"), head.pop("head_crc32", None)
        if head_crc32 not in {None, _sum(head)} or not 0 <= size <= _left(file):
            return None
        body = file.read(size)
        delivery = Delivery(body=body, **head)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return delivery if len(body) == size and zlib.crc32(body) == crc32 else None


def _left(file: BinaryIO) -> int:
    place = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(place)
    return end - place


def _next_whole(rest: bytes) -> int:
    """Where the next intact record after a damaged one begins; the total length if none does."""
    reader = BytesIO(rest)
    place = rest.find(_BEGIN, 1)
    while place >= 0:
        reader.seek(place)
        if _read(reader.readline(), reader) is not None:
            return place
        place = rest.find(_BEGIN, place + 1)
    return len(rest)
