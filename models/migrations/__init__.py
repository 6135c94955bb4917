"""Schema history, one for both databases, applied at start."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.facts.paths import HOT_PATHS
from models.storage.database import MIGRATION_LOCK, Database

_HERE = Path(__file__).parent


def _config(db: Connection | None = None, hot_paths: Sequence[str] = HOT_PATHS) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = db
    config.attributes["hot_paths"] = hot_paths
    return config


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection for migrating; several processes that start at once take turns."""
    if database.path is not None:
        with Path(f"{database.path}.migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with database.write() as db:
                yield db
        return
    with database.write() as db:
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        yield db


def upgrade(database: Database, hot_paths: Sequence[str] = HOT_PATHS) -> None:
    """Migrate the schema to this version, under a lock; nothing happens if it is up to date.

    `hot_paths` (`HOT_PAGES`): the first scoring definition is made from them. Raises
    `SchemaTooNewError` if a newer version of Visitor Desk has migrated it.
    """
    with _alone(database) as db:
        refuse_newer(db)
        command.upgrade(_config(db, hot_paths), "head")


class SchemaTooNewError(RuntimeError):
    """The database was migrated by a newer version than this one."""


def refuse_newer(db: Connection) -> None:
    """Raise `SchemaTooNewError` if a newer version has migrated it."""
    at = MigrationContext.configure(db).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if at is not None and at not in {revision.revision for revision in script.walk_revisions()}:
        raise SchemaTooNewError(
            "the database was made by a newer version of Visitor Desk. Install that version, or "
            "point DATABASE_URL to another database"
        )


def is_current(database: Database) -> bool:
    """Whether the schema is this version's."""
    with database.read() as db:
        at = MigrationContext.configure(db).get_current_revision()
    return at == ScriptDirectory.from_config(_config()).get_current_head()
