"""Hot visits: sessions that saw a page of `HOT_PAGES`.

A session's `hot` follows from the deliveries and the setting. The database says which setting is in
force, so that all processes mark alike. A receiver that starts with a different setting puts it in
force, and its projector marks existing sessions again, some at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select, text, update

from models.facts.paths import HOT_PATHS, lies_below, page_of
from models.projection.summaries import reopen, times
from models.storage.database import Database
from models.storage.rows import among, load, many
from models.tables import PAGE_EVENT, PROJECTION, SESSION

MARKED = 200
"""Sessions marked in one transaction: intake waits only a few milliseconds."""

_ALL_MARKED = ""
"""`mark_below` when no session waits: no id lies below it."""


def is_hot(url: str, paths: Sequence[str]) -> bool:
    """Whether a URL's path is one of these paths (`Settings.hot_paths`) or lies below one."""
    page = page_of(url)
    return page is not None and lies_below(page.path, paths)


def saw_hot_page(urls: Iterable[str | None], paths: Sequence[str]) -> bool:
    """Whether one of these addresses, of a session's landing page and page events, is hot."""
    return any(url is not None and is_hot(url, paths) for url in urls)


def hot_paths(db: Connection) -> tuple[str, ...]:
    """The paths in force: those that a receiver last gave the database, and before that
    `HOT_PATHS`."""
    stored = _projection(db)["hot_pages"]
    return HOT_PATHS if stored is None else _paths(stored)


def put_in_force(database: Database, paths: Sequence[str]) -> bool:
    """Put these paths in force and, if others were, let all sessions wait to be marked again.

    Returns False if another process holds the projection's lock: try again. Raises SQLAlchemy's
    errors when the database is away.
    """
    with database.lease() as lease:
        if lease is None:
            return False
        # A comma within a path is written encoded in the setting, and stays so here.
        stored = ",".join(path.replace(",", "%2C") for path in paths)
        with lease.read() as db:
            is_other = _projection(db)["hot_pages"] != stored
        if is_other:
            with lease.write() as db:
                db.execute(update(PROJECTION).values(hot_pages=stored, mark_below=None))
    return True


def mark_all_anew(db: Connection, table: str) -> None:
    """Make all sessions wait to be marked; `table` is the projection's."""
    db.execute(text(f"UPDATE {table} SET mark_below = NULL"))


@dataclass(frozen=True, slots=True)
class Marks:
    """Sessions that were looked at: how many, the ids whose mark is wrong, and where to
    continue.
    """

    sessions: int
    wrong: list[str]
    below: str


def next_marks(db: Connection, limit: int = MARKED) -> Marks | None:
    """Look at the next sessions waiting to be marked; None if there are none.

    From the greatest id down: Midbound's ids begin with their time, so the newest visits are right
    first. A session derived meanwhile uses the paths in force anyway.
    """
    below = _projection(db)["mark_below"]
    if below == _ALL_MARKED:
        return None
    query = select(*SESSION.c["sid", "hot", "landing_page"])
    if below is not None:
        query = query.where(SESSION.c.sid < below)
    rows = db.execute(query.order_by(SESSION.c.sid.desc()).limit(limit)).all()
    urls = {row.sid: [row.landing_page] for row in rows}
    for page in load(db, PAGE_EVENT, "sid", urls.keys(), ("sid", "url")):
        urls[page["sid"]].append(page["url"])
    paths = hot_paths(db)
    wrong = [row.sid for row in rows if saw_hot_page(urls[row.sid], paths) != row.hot]
    return Marks(len(rows), wrong, rows[-1].sid if len(rows) == limit else _ALL_MARKED)


def mark(db: Connection, marks: Marks) -> None:
    """Correct wrong marks, and note how far that got."""
    if marks.wrong:
        sql = f"UPDATE session SET hot = NOT hot WHERE {among(db, 'sid')}"
        db.exec_driver_sql(sql, (many(db, marks.wrong),))
        reopen(db, SESSION, load(db, SESSION, "sid", marks.wrong, times(SESSION)))
    db.execute(update(PROJECTION).values(mark_below=marks.below))


def _paths(stored: str) -> tuple[str, ...]:
    return tuple(path.replace("%2C", ",") for path in stored.split(",") if path)


def _projection(db: Connection) -> RowMapping:
    return db.execute(select(PROJECTION)).mappings().one()
