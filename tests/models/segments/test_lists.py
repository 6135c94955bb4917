"""Lists: files as people have them, and whom their rows mean."""

import time
from pathlib import Path

import pytest

from models.filters.query import Filters
from models.segments import lists
from models.segments.asking import asked
from models.segments.list_files import read_list
from models.segments.members import count
from models.segments.naming import NotSavedError
from models.storage.database import Database
from tests.dashboard.deliveries import put, visitor
from tests.dashboard.screens.live.visitors import employee
from tests.desk import this_moment

TEN = "id;name;street;zip;city;Website;phone;note;owner;date\n" + "\n".join(
    f"{n};Firm {n};Road;1{n:04};Town;https://www.firm{n}.example.de/x;+49;a, b;"
    f"kim@us.com;2026-01-0{n}"
    for n in range(1, 6)
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("acme.com\nglobex.de\n", ["acme.com", "globex.de"]),
        ("\ufeffdomain\r\nacme.com\r\n\r\n  \r\nACME.com.\r\n", ["acme.com"]),
        ('name;domain\n"Acme; the one";acme.com\n"Glo\nbex";globex.de', ["acme.com", "globex.de"]),
        ("@acme.com\n*.globex.de\nhttp://shop.x.de/a?b", ["acme.com", "globex.de", "shop.x.de"]),
        ("e-mail\tdate\nAnn@Acme.com\t2026-01-01\n", ["ann@acme.com"]),
        ("who\nhttps://www.linkedin.com/in/Ann/\nlinkedin.com/in/ann", ["linkedin.com/in/ann"]),
        (TEN, [f"firm{n}.example.de" for n in range(1, 6)]),
        ("owner,email\nkim@us.com,a@x.de\nkim@us.com,b@x.de", ["a@x.de", "b@x.de"]),
        ("münchen.de\nxn--mnchen-3ya.de", ["münchen.de"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_is_read_however_it_is_written(text: str, values: list[str], encoding: str) -> None:
    assert sorted(read_list(text.encode(encoding), this_moment()).entries) == values


def test_notes_are_read_by_their_headings() -> None:
    entry = read_list(TEN.encode(), this_moment()).entries["firm2.example.de"]
    assert (entry.date, entry.owner, entry.label) == (1_767_312_000_000, "kim@us.com", None)
    found = read_list(b"domain,date,label\nacme.com,yesterday or so,Gold\n", this_moment())
    assert (found.undated, found.entries["acme.com"].label) == (1, "Gold")


def test_what_is_left_out_is_told_and_why() -> None:
    found = read_list(
        b"domain\nacme.com\ngmail.com\nyahoo.com\nwww.acme.com\nnobody\n", this_moment()
    )
    assert sorted(found.entries) == ["acme.com"]
    assert sorted(found.public) == ["gmail.com", "yahoo.com"]
    assert (found.repeated, found.unread) == (1, [(6, "nobody")])
    assert any("gmail.com, yahoo.com" in line for line in found.lines())


def test_what_domains_of_many_firms_end_with_is_left_out_and_named() -> None:
    text = "domain\nco.uk\nacme.co.uk\n*.github.io\nacme.github.io\n公司.cn\nhttps://com.au/\n"
    found = read_list(text.encode(), this_moment())
    assert sorted(found.entries) == ["acme.co.uk", "acme.github.io"]
    assert sorted(found.public) == ["co.uk", "com.au", "github.io", "公司.cn"]
    assert found.unread == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04rest", "Save it as CSV first"),
        (b"\x89PNG\x00\x00", "not text"),
        (b'"' + b"a" * 200_000, "not CSV"),
    ],
)
def test_a_wrong_file_is_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(NotSavedError, match=why):
        read_list(data, this_moment())


def test_a_european_spreadsheet_is_read_in_its_code_page() -> None:
    found = read_list("Firma;Domain\nMüller;mueller.de\n".encode("cp1252"), this_moment())
    assert list(found.entries) == ["mueller.de"]


def on(database: Database, name: str) -> int:
    with database.read() as db:
        return count(db, asked(db, Filters.parse({"list": name}), this_moment()))


def test_a_domain_means_the_employer_and_any_address_and_what_is_below(database: Database) -> None:
    put(
        database,
        employee(1, "acme.com"),
        employee(2, "uk.acme.com"),
        visitor(3, email="cid@shop.acme.com"),
        visitor(4, email="dan@notacme.com"),
        visitor(5, email="eve@gmail.com"),
    )
    with database.write() as db:
        lists.keep(db, "a", read_list(b"acme.com", this_moment()).entries)
        lists.keep(db, "b", read_list(b"uk.acme.com\nshop.acme.com", this_moment()).entries)
        lists.keep(
            db,
            "c",
            read_list(b"eve@gmail.com\nlinkedin.com/in/employee-1", this_moment()).entries,
        )
    assert [on(database, name) for name in "abc"] == [3, 2, 2]


def test_importing_again_replaces_and_keeps_quiet_until_told(database: Database) -> None:
    with database.write() as db:
        lists.keep(
            db,
            "Customers",
            read_list(b"acme.com\nother.com", this_moment()).entries,
            quiet=True,
        )
        lists.keep(db, "customers", read_list(b"acme.com", this_moment()).entries)
        (one,) = lists.lists(db)
        assert (one.name, one.entries, one.quiet) == ("Customers", 1, True)
        lists.keep(db, "customers", read_list(b"acme.com", this_moment()).entries, quiet=False)
        assert not lists.lists(db)[0].quiet
    with (
        database.write() as db,
        pytest.raises(NotSavedError, match="nothing in the file can be used"),
    ):
        lists.keep(db, "none", {})


@pytest.mark.long_on("postgres")
def test_a_hundred_thousand_domains_come_in_within_half_a_minute(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "many.csv"
    file.write_text("domain\n" + "\n".join(f"firm{n}.example.de" for n in range(100_000)))
    steps: list[int] = []
    began = time.monotonic()
    entries = read_list(file.read_bytes(), this_moment()).entries
    with database.write() as db:
        held = time.thread_time()
        lists.keep(db, "many", entries, on_progress=lambda done, _total: steps.append(done))
        held = time.thread_time() - held
    assert time.monotonic() - began < 30
    # SQLite has one writer, and who derives waits for it; on Postgres nobody does.
    assert held < 2
    assert (steps[-1], len(steps) > 10, on(database, "many")) == (100_000, True, 0)
