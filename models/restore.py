"""Replacing a SQLite database with a backup, so that nothing of either is lost."""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from models import audit, migrations
from models.facts.ignored import Ignoring
from models.facts.paths import HOT_PATHS
from models.kept_out.names import KeyFileError
from models.personal_data.forgetting import forget_again
from models.storage.database import Database
from models.storage.sqlite_file import alone_on

_SIDE_FILES = ("-wal", "-shm")


class RestoreError(RuntimeError):
    """Nothing was restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is the file that was there before, if there was one; `names` is how many names are
    kept out."""

    aside: Path | None
    names: int


def restore(
    database: Database, backup: Path, lists: Ignoring, hot_paths: Sequence[str] = HOT_PATHS
) -> Restored:
    """Replace a SQLite database with a backup, while nothing is running on it.

    The backup is copied, checked and migrated, and everybody forgotten since it was made is erased
    from the copy; only then does it take the database's place. The previous file is kept next to
    it, with its log. Whom the lists ignore, and `hot_paths`: as in `catch_up` and
    `migrations.upgrade`. Raises `RestoreError` before anything is changed.
    """
    if database.path is None:
        raise RestoreError(
            "Postgres has its own tool for this: stop the receiver and the dashboard, run "
            "pg_restore --clean --if-exists with your database's URL, then visitor-desk forget "
            "--again"
        )
    path = database.path
    database.close()
    with alone_on(path) as alone:
        if not alone:
            raise RestoreError(
                "the receiver or the dashboard is running on this database. Stop them (nothing "
                "they received is lost) and run this again"
            )
        path = path.resolve()  # a link keeps leading to it
        copy = Path(f"{path}.restoring")
        _remove(copy)
        try:
            _copy(backup, copy)
            made = Database(f"sqlite:///{copy}", forgotten_file=database.forgotten_file)
            names = _make_current(made, backup.name, lists, hot_paths)
            return Restored(_swap(path, copy), names)
        except OSError as error:
            raise RestoreError(f"can't write next to {path}: {error.strerror}") from None
        finally:
            _remove(copy)


def _copy(backup: Path, copy: Path) -> None:
    """Copied by SQLite itself: a log next to the backup is part of it."""
    if not backup.is_file():
        raise RestoreError(f"{backup} is not a file")
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        source, target = sqlite3.connect(backup), sqlite3.connect(copy)
        try:
            source.backup(target)
            said = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise RestoreError(f"{backup} is damaged, SQLite says: {said}")
            target.execute("SELECT version_num FROM alembic_version JOIN delivery ON 1 LIMIT 1")
        finally:
            target.close()
            source.close()
    except sqlite3.Error as error:
        raise RestoreError(f"{backup} is not a backup of Visitor Desk: {error}") from None


def _make_current(made: Database, backup: str, lists: Ignoring, hot_paths: Sequence[str]) -> int:
    """Migrate the copy and erase the forgotten from it; returns how many names are kept out."""
    try:
        migrations.upgrade(made, hot_paths)
        said = {"file": backup}
        with audit.recorded(made, audit.system_user(), "restore", said=said) as entry:
            with made.read() as db:
                anybody = db.execute(text("SELECT 1 FROM barred LIMIT 1")).scalar() is not None
            try:
                names, erased = forget_again(made, lists)
            except KeyFileError as error:
                if anybody:
                    raise RestoreError(str(error)) from None
                return 0  # nobody was ever forgotten
            entry.rows = erased.deliveries.total()
        made.scrub()
    except migrations.SchemaTooNewError as error:
        raise RestoreError(str(error)) from None
    else:
        return names
    finally:
        made.close()


def _swap(path: Path, copy: Path) -> Path | None:
    aside = None
    if path.exists() and path.stat().st_size:
        aside = Path(f"{path}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        with suppress(sqlite3.Error):  # perhaps damaged: that may be why a backup is needed
            old = sqlite3.connect(path)
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            old.close()  # with its last connection goes its log
        # What log is left goes first: beside the new file it would be taken for the new one's.
        for side in _SIDE_FILES:
            with suppress(FileNotFoundError):
                Path(f"{path}{side}").rename(f"{aside}{side}")
        os.link(path, aside)  # never a moment without a database, which a start would create anew
    copy.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside


def _remove(copy: Path) -> None:
    for end in ("", *_SIDE_FILES, ".open", ".writing", ".migrating", ".projecting"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
