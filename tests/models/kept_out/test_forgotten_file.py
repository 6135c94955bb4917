"""The file of forgotten people after a power cut or on a full disk: whole names stay whole."""

from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from models.kept_out.names import FORGOTTEN, Bar, Names
from models.storage.database import Database

SURE, UNSURE = Bar(FORGOTTEN, sure=True), Bar(FORGOTTEN, sure=False)


@pytest.mark.parametrize("left", [*range(0, 68, 3), 63, 64, 65, 66])
def test_a_name_behind_a_torn_line_is_kept_out_again(
    sqlite_url: str, tmp_path: Path, left: int
) -> None:
    """Of the second line `left` bytes are there; its end was never on disk."""
    file = tmp_path / "forgotten"
    database, names = Database(sqlite_url), Names(file)
    with database.write() as db:
        names.add(db, ["address:ann@x.io"], SURE)
        whole = file.read_bytes()
        names.add(db, ["address:bob@x.io"], SURE)
        file.write_bytes(file.read_bytes()[: len(whole) + left])
        names.add(db, ["address:cat@x.io"], UNSURE)
        db.exec_driver_sql("DELETE FROM barred")
        names.restore(db)
        bars = names.bars(db, ["address:ann@x.io", "address:cat@x.io"])
    assert bars == {"address:ann@x.io": SURE, "address:cat@x.io": UNSURE}
    database.close()


def test_a_name_that_an_older_version_glued_to_a_torn_line_is_read(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "forgotten"
    database, names = Database(sqlite_url), Names(file)
    with database.write() as db:
        name = _hashed_to("0", names, db)
        names.add(db, [name], SURE)
        key, line = file.read_text().splitlines()
        for torn in ("0", line[:13], line, f"{line[:64]} ", "\0\0\0", "\ufffd"):
            file.write_text(f"{key}\n{torn}{line}\n")
            db.exec_driver_sql("DELETE FROM barred")
            assert names.restore(db) == 1
            assert names.bars(db, [name]) == {name: SURE}
    database.close()


def _hashed_to(figure: str, names: Names, db: Connection) -> str:
    """A name whose hash begins so: behind a torn line it looks like that one's end."""
    every = (f"address:ann{number}@x.io" for number in count())
    return next(name for name in every if names.hashed(db, name).startswith(figure))


def test_what_is_there_already_is_not_written_again(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "forgotten"
    database, names = Database(sqlite_url), Names(file)
    with database.write() as db:
        names.add(db, ["address:ann@x.io"], SURE)
        before = file.read_bytes()
        names.add(db, ["address:ann@x.io"], SURE)
    assert file.read_bytes() == before
    database.close()
