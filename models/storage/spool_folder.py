"""Where a database's spool is: how its folder is named and found again.

The database's id names it (`models.storage.desk_id`), because its address and password may change.
If the database is away, the id is found where it was noted under the address.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

_NOTE = "database-id"


def by_id(root: Path, database_id: str) -> Path:
    """The folder for the database with this id."""
    return root / _hashed(f"id {database_id}")


def by_address(root: Path, database_url: str) -> Path:
    """The folder for what comes before the id is known; user and password may change meanwhile."""
    kind, _, rest = database_url.partition("://")
    if kind == "sqlite":
        where = str(Path(rest.removeprefix("/")).absolute())
    else:
        where = rest.rpartition("@")[2].partition("?")[0]
    return root / _hashed(f"{kind.partition('+')[0]} {where}")


def by_url(root: Path, database_url: str) -> Path:
    """The folder that releases before 0.3 named after the whole URL."""
    return root / _hashed(database_url)


def note_id(root: Path, database_url: str, database_id: str) -> None:
    """Note the id under the address. Raises `OSError` if it can't be written."""
    note = by_address(root, database_url) / _NOTE
    if noted_id(root, database_url) != database_id:
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = note.with_suffix(".new")
        fresh.write_text(database_id)
        fresh.replace(note)


def noted_id(root: Path, database_url: str) -> str | None:
    """The last known id of the database at this address; None: never known."""
    try:
        return (by_address(root, database_url) / _NOTE).read_text() or None
    except (OSError, ValueError):
        return None


def all_of(root: Path, database_url: str) -> list[Path]:
    """All folders in which deliveries for this database may wait, each once."""
    database_id = noted_id(root, database_url)
    named = [by_id(root, database_id)] if database_id else []
    return [*named, by_address(root, database_url), by_url(root, database_url)]


def waiting_bytes(root: Path, database_url: str) -> int:
    """Bytes that wait in them."""
    waiting = 0
    for base in all_of(root, database_url):
        for segment in base.glob("*/*.spool"):
            with suppress(FileNotFoundError):  # drained just now
                waiting += segment.stat().st_size
    return waiting


def _hashed(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:16]
