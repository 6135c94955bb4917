"""Who is kept out: names of forgotten and of ignored humans, as keyed hashes.

A name is a LinkedIn URL, an address (except role addresses), a visitor or a session. The table
holds an HMAC-SHA256 of each: without the key, which is in a file outside the database, nobody can
tell or guess whose they are. Those of forgotten humans are in that file, too, so that a restored
backup does not bring them back (`forgetting.forget_again`).
"""

import fcntl
import hmac
import os
import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, text

from models.facts.facts import Facts
from models.facts.ignored import Ignoring
from models.facts.keys import LINKEDIN_PREFIX, is_role
from models.storage.database import Database
from models.storage.rows import among, execute_many, fetch, many, placeholder

FORGOTTEN = "forgotten"

_KEY_BYTES = 32
_ENTRY = re.compile(rb"([0-9a-f]{64}) ([01])(?=[0-9a-f]{64} [01]|[^0-9a-f]|$)")
"""A name's hash and whether it is certain, anywhere in a line: a power cut or a full disk may have
left part of an earlier line in front of them. What looks like the answer to the second may be the
first figure of the next hash.
"""
_PROOF = "key"
"""Hashed into the table with the first name, to tell whether a key is the one used then."""


class KeyFileError(RuntimeError):
    """Names are barred, but the file with their key is missing or a different one; says what
    to do.
    """


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a name is kept out.

    `sure`: it bars everybody who has it. Otherwise it is an address or browser of somebody known by
    a LinkedIn profile, and bars nobody who has another profile, because such things are shared.
    """

    reason: str
    sure: bool


def url_name(url: str) -> str:
    """The name for a LinkedIn key (`identity.linkedin_key`)."""
    return f"url:{url}"


def address_name(address: str) -> str:
    """The name for an email address (`identity.address_key`)."""
    return f"address:{address}"


def visitor_name(vid: str) -> str:
    """The name for a browser."""
    return f"vid:{vid}"


def session_name(sid: str) -> str:
    """The name for a visit."""
    return f"sid:{sid}"


def names_of(fact: Facts) -> set[str]:
    """All names in an event."""
    names = {session_name(fact.sid), visitor_name(fact.vid)}
    names |= {address_name(address) for address in fact.addresses if not is_role(address)}
    return names | {url_name(fact.url)} if fact.url else names


def former_names(fact: Facts) -> set[tuple[str, str]]:
    """Names in an event that earlier releases wrote differently: the former and the present one."""
    names = set[tuple[str, str]]()
    for was, now in fact.former:
        if now.startswith(LINKEDIN_PREFIX):
            names.add((url_name(was), url_name(now)))
        elif not is_role(was):
            names.add((address_name(was), address_name(now)))
    return names


def lead_name(key: str) -> str | None:
    """The name for a lead's key, if that is a LinkedIn key."""
    return url_name(key) if key.startswith(LINKEDIN_PREFIX) else None


class Names:
    """The list of barred names of one database, seen through its key.

    Every check reads the database, so that other processes need not be told anything; while the
    list is empty, it costs one probe.
    """

    def __init__(
        self, file: Path, reasons: Collection[str] = (), *, rehearsing: bool = False
    ) -> None:
        """Take the key's file, and the reasons that count besides being forgotten.

        `rehearsing`: what is added will be rolled back, so it is not written to the file.
        """
        self._file = file
        self._rehearsing = rehearsing
        self._reasons = {FORGOTTEN, *reasons}

    def any(self, db: Connection) -> bool:
        """Whether anybody at all is kept out.

        Raises `KeyFileError` if somebody is and the key is not this list's.
        """
        if db.execute(text("SELECT 1 FROM barred LIMIT 1")).scalar() is None:
            return False
        key = _key(self._file)
        if key is None or not _rows(db, [_hash(key, _PROOF)]):
            raise KeyFileError(
                f"{self._file} does not hold the key that kept-out names were hashed with: put "
                "the right file there, or set FORGOTTEN_FILE to where it is"
            )
        return True

    def bars(self, db: Connection, names: Collection[str]) -> dict[str, Bar]:
        """Which of these names are barred, and why, the most certain reason first.

        A name that is ignored by a setting which is no longer set does not count.
        """
        key = _key(self._file)
        if key is None or not names:
            return {}
        hashes = {_hash(key, name): name for name in names}
        bars: dict[str, Bar] = {}
        for its_hash, reason, sure in _rows(db, hashes):
            if reason in self._reasons:
                name, bar = hashes[its_hash], Bar(reason, bool(sure))
                bars[name] = max(bar, bars.get(name, bar), key=_strength)
        return bars

    def add(self, db: Connection, names: Iterable[str], bar: Bar) -> None:
        """Bar names. Those of forgotten humans go into the file, too; doing it twice does no harm.

        Raises `KeyFileError` as `any` does, `OSError` when the file can't be written.
        """
        key = self._own_key(db)
        hashes = [_hash(key, name) for name in sorted(names)]
        if bar.reason == FORGOTTEN and not self._rehearsing:
            _append(self._file, [(its_hash, bar.sure) for its_hash in hashes])
        rows = [(its_hash, bar.reason, bar.sure) for its_hash in hashes]
        _insert(db, [(_hash(key, _PROOF), _PROOF, True), *rows])

    def translate(self, db: Connection, facts: Iterable[Facts]) -> None:
        """Bar names in their present spelling if they are barred in a former one.

        The list holds only hashes, so it can't be rewritten: each name is updated when it comes
        again.
        """
        former = {pair for fact in facts if fact.former for pair in former_names(fact)}
        bars = self.bars(db, {was for was, _ in former})
        for was, now in sorted(former):
            if was in bars:
                self.add(db, [now], bars[was])

    def hashed(self, db: Connection, name: str) -> str:
        """The keyed hash of a name, in hexadecimal. Raises what `add` does."""
        return _hash(self._own_key(db), name)

    def _own_key(self, db: Connection) -> bytes:
        """The list's key; a fresh one while nobody is barred and there is none."""
        key = _key(self._file) if self.any(db) else _key(self._file) or _new_key(self._file)
        assert key is not None  # noqa: S101 - `any` has seen it
        return key

    def restore(self, db: Connection) -> int:
        """Bring the file's names into the database; returns how many it holds.

        Raises `KeyFileError` if the file is missing or the list's key is a different one.
        """
        key = _key(self._file)
        if key is None:
            raise KeyFileError(
                f"{self._file} is missing: nobody was forgotten yet, or the file was lost"
            )
        self.any(db)
        entries = _ENTRY.findall(self._file.read_bytes())
        kept = {(its_hash.decode(), FORGOTTEN, sure == b"1") for its_hash, sure in entries}
        _insert(db, [(_hash(key, _PROOF), _PROOF, True), *sorted(kept)])
        return len({its_hash for its_hash, _, _ in kept})


def _strength(bar: Bar) -> tuple[bool, bool, str]:
    return bar.sure, bar.reason == FORGOTTEN, bar.reason


def _rows(db: Connection, hashes: Collection[str]) -> list[tuple[str, str, bool]]:
    sql = f"SELECT hash, reason, sure FROM barred WHERE {among(db, 'hash')}"
    return [(row[0], row[1], row[2]) for row in fetch(db, sql, many(db, hashes))]


def _insert(db: Connection, rows: Sequence[tuple[str, str, bool]]) -> None:
    markers = ", ".join([placeholder(db)] * 3)
    sql = f"INSERT INTO barred (hash, reason, sure) VALUES ({markers}) ON CONFLICT DO NOTHING"
    execute_many(db, sql, rows)


@lru_cache(maxsize=4)
def _read_key(path: Path, _changed: int) -> bytes:
    with path.open() as file:
        return bytes.fromhex(file.readline().strip())


def _key(path: Path) -> bytes | None:
    try:
        return _read_key(path, path.stat().st_ctime_ns)
    except (OSError, ValueError):
        return None


def _new_key(path: Path) -> bytes:
    """Make the file with a fresh key; if two processes do so, the second one uses the first
    one's.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    # If a power cut lost the file's name, nobody barred with this key could ever be recognised
    # again.
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    key = _key(path)
    if key is None:
        raise KeyFileError(f"{path} holds no key: it is not a file of Visitor Desk")
    return key


def _append(path: Path, entries: Sequence[tuple[str, bool]]) -> None:
    """Write what is not in the file yet; it is on disk when this returns."""
    with path.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held = file.read()
        known = set(_ENTRY.findall(held))
        lines = [
            b"%s %d\n" % (its_hash.encode(), sure)
            for its_hash, sure in entries
            if (its_hash.encode(), b"%d" % sure) not in known
        ]
        # The next line must not be glued to a torn one.
        if lines and not held.endswith(b"\n"):
            lines.insert(0, b"\n")
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def _hash(key: bytes, name: str) -> str:
    return hmac.digest(key, name.encode("utf-8", "surrogatepass"), sha256).hex()


def barred_names(database: Database, lists: Ignoring, *, rehearsing: bool = False) -> Names:
    """The barred names of a database: of forgotten people, and of people the lists ignore."""
    return Names(database.forgotten_file, lists.reasons(), rehearsing=rehearsing)
