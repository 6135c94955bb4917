"""Blank databases of a Postgres server: taken by a test, emptied and taken again by the next.

To make one takes a quarter of a second, to empty one a tenth of that, and there are thousands of
tests.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg import sql

from models import migrations
from models.storage.database import Database

_TEMPLATE = "blank"

_SHAPE: LiteralString = """
    SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
        SELECT concat_ws(' ', relname, relkind, relacl, reloptions, relpersistence) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', attrelid::regclass, attname, attnum, atttypid, attnotnull)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, contype) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', proname, md5(prosrc)) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
    ) AS parts (part)
"""
"""What a test may have changed beside rows: one number for all of it."""


def named(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@dataclass(slots=True)
class Blanks:
    """The blank databases of one server, whose maintenance database `url` leads to."""

    url: str
    _free: list[str] = field(default_factory=list)
    _names: int = 0
    _shape: str = ""
    _seeds: dict[str, bytes] = field(default_factory=dict)
    """The rows that migrations put in, by table, in COPY's own form."""
    _tables: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the one that all are copies of; once a server, before anything else."""
        with psycopg.connect(self.url, autocommit=True) as db:
            # Where the machine has one, a locale that sorts unlike code points, so that a
            # forgotten collation shows.
            found = db.execute(
                "SELECT collname FROM pg_collation WHERE collprovider = 'c'"
                " AND collname ~ '^[a-z]{2}_[A-Z]{2}' ORDER BY collname LIMIT 1"
            ).fetchone()
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE))
            if found:
                create += sql.SQL(" TEMPLATE template0 LOCALE {}").format(found[0])
            db.execute(create)
        blank = Database(named(self.url, _TEMPLATE))
        migrations.upgrade(blank)
        blank.close()
        with psycopg.connect(named(self.url, _TEMPLATE)) as db:
            self._shape = _shape(db)
            self._tables = [
                name
                for (name,) in db.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'r'"
                    " AND relnamespace = 'public'::regnamespace ORDER BY relname"
                )
            ]
            for table in self._filled(db):
                copying = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
                with db.cursor().copy(copying) as rows:
                    self._seeds[table] = b"".join(bytes(part) for part in rows)

    @contextmanager
    def one(self) -> Iterator[str]:
        """URL of a database that is migrated and holds nothing, as long as the block runs."""
        name = self._taken()
        try:
            yield named(self.url, name)
        finally:
            if self._emptied(name):
                self._free.append(name)
            else:
                with psycopg.connect(self.url, autocommit=True) as db:
                    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                    db.execute(drop.format(sql.Identifier(name)))

    def _taken(self) -> str:
        """One under a name that nobody has used: what a process keeps by its URL is not another's.

        Gives the name.
        """
        self._names += 1
        name = f"test_{os.getpid()}_{self._names}"
        if self._free:
            old = self._free.pop()
            change = "ALTER DATABASE {} RENAME TO {}", old, name
        else:
            change = "CREATE DATABASE {} TEMPLATE {}", name, _TEMPLATE
        with psycopg.connect(self.url, autocommit=True) as db:
            statement, *names = change
            db.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        return name

    def _emptied(self, name: str) -> bool:
        """Empty it; false when a test has changed more than rows, or dropped it."""
        try:
            with psycopg.connect(named(self.url, name)) as db:
                db.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid()",
                    (name,),
                )
                if _shape(db) != self._shape:
                    return False
                db.execute("SET session_replication_role = replica")  # the audit log's triggers
                filled = self._filled(db)
                if filled:
                    tables = sql.SQL(", ").join(map(sql.Identifier, filled))
                    db.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
                for table, rows in self._seeds.items():
                    copying = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
                    with db.cursor().copy(copying) as seeds:
                        seeds.write(rows)
                db.execute(
                    "SELECT setval(format('%I', sequencename)::regclass, start_value, false)"
                    " FROM pg_sequences WHERE last_value IS NOT NULL"
                )
                # What the planner learned of rows that are gone would choose the next one's plans.
                db.execute("DELETE FROM pg_statistic WHERE starelid >= 16384")
        except psycopg.OperationalError:
            return False
        return True

    def _filled(self, db: psycopg.Connection) -> list[str]:
        """The tables that hold a row."""
        asked = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
            for name in self._tables
        )
        return [name for (name,) in db.execute(asked)]


def _shape(db: psycopg.Connection) -> str:
    found = db.execute(_SHAPE).fetchone()
    assert found is not None
    return str(found[0])
