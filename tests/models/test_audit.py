"""The audit log: recorded before it is done, never changed, and no human readable in it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dashboard.exports.order import Order
from models import audit
from models.audit import AuditError, recorded
from models.facts.ignored import Ignoring
from models.facts.keys import visitor_key
from models.kept_out.names import address_name
from models.personal_data.forgetting import Who, forget
from models.storage.database import Database
from tests.desk import catch_up, take_in, this_moment
from tests.models.people import ann, bob

Entry = tuple[str, str, str, int | None]


def entries(database: Database) -> list[Entry]:
    """All of it, oldest first: who, what, filters, rows."""
    sql = (
        "SELECT who, what, filters, rows FROM audit LEFT JOIN audit_rows ON entry = id ORDER BY id"
    )
    with database.read() as db:
        return [(row[0], row[1], row[2], row[3]) for row in db.execute(text(sql))]


def _export(database: Database, **given: str) -> list[str]:
    order = Order.parse("leads", given, this_moment())
    with order.recorded(database, "ops@example.com") as entry, database.read() as db:
        return list(order.stream(db, on_rows=entry.count))


def test_an_export_stands_there_with_its_filters_and_rows(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    _export(database, stage="validated", columns="lead,email", country="")
    assert entries(database) == [
        ("ops@example.com", "export leads", "columns=lead,email&stage=validated", 2)
    ]


def test_rows_are_those_of_the_file(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    _export(database)
    _export(database, preset="hubspot")
    assert [rows for *_, rows in entries(database)] == [2, 2]


def test_what_breaks_off_stands_there_with_the_rows_so_far(database: Database) -> None:
    def break_off() -> None:
        with recorded(database, "ann", "export leads") as entry:
            entry.count(7)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()
    assert entries(database) == [("ann", "export leads", "", 7)]


def test_an_entry_is_there_before_it_is_done(database: Database) -> None:
    with recorded(database, "ann", "replay"):
        assert entries(database) == [("ann", "replay", "", None)]


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 1", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "column"), [("audit", "at"), ("audit_rows", "rows")])
def test_what_stands_there_stays(database: Database, change: str, table: str, column: str) -> None:
    with recorded(database, "ann", "replay"):
        pass
    with pytest.raises(DBAPIError, match="append-only"), database.write() as db:
        db.execute(text(change.format(table, column)))
    assert entries(database) == [("ann", "replay", "", 0)]


def test_postgres_does_not_empty_it_at_once_either(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as db:
        db.execute(text("TRUNCATE audit CASCADE"))
    database.close()


def test_what_cannot_be_recorded_is_not_done(database: Database) -> None:
    with database.write() as db:
        db.execute(text("DROP TABLE audit_rows"))
        db.execute(text("DROP TABLE audit"))
    done = []
    with pytest.raises(AuditError, match="Nothing was done"), recorded(database, "ann", "replay"):
        done.append("it")
    assert not done


FREE_TEXT = (
    "q", "company", "referrer", "landing_page", "utm_source", "utm_medium", "utm_campaign",
    "utm_term", "utm_content", "pid", "validity", "country",
)  # fmt: skip


@pytest.mark.parametrize("option", FREE_TEXT)
def test_free_text_stands_there_as_a_keyed_hash(sqlite_url: str, option: str) -> None:
    database = Database(sqlite_url)
    with Order.parse("sessions", {option: "Ann Archer"}, this_moment()).recorded(database, "bob"):
        pass
    [(_, _, filters, _)] = entries(database)
    assert filters.startswith(f"{option}=hash:")
    assert "nn" not in filters.partition("=")[2]
    database.close()


@pytest.mark.parametrize("again", ["ANN@acme.com ", "ann@acme.com"])
def test_alike_is_alike_however_it_is_written(sqlite_url: str, again: str) -> None:
    database = Database(sqlite_url)
    _export(database, q=again)
    names = {"q": address_name("ann@acme.com")}
    with recorded(database, "bob", "export leads", names=names):
        pass
    first, second = (filters for _, _, filters, _ in entries(database))
    assert first == second
    database.close()


def test_who_is_forgotten_is_not_readable_there(database: Database) -> None:
    take_in(database, [*ann(), *bob()])
    catch_up(database)
    for text_of_theirs in ("ann@acme.com", "Ann Archer", "linkedin.com/in/ann", "v-ann"):
        _export(database, q=text_of_theirs)
        _export(database, company=text_of_theirs, utm_content=text_of_theirs)
    who = Who.parse(email="ann@acme.com", linkedin="linkedin.com/in/ann", vid="v-ann")
    with recorded(database, "ops@example.com", "forget", names=who.named()):
        forget(database, who, Ignoring())
    log = repr(entries(database)).lower()
    assert log.count("hash:") == 4 + 8 + 3
    for part in ("ann", "archer", "acme", "linkedin.com"):
        assert part not in log


def test_a_lost_key_of_barred_names_is_said(database: Database) -> None:
    take_in(database, ann())
    forget(database, Who.parse(email="ann@acme.com"), Ignoring())
    database.forgotten_file.unlink()
    with pytest.raises(AuditError, match="put the right file there"):
        _export(database, q="ann")


@pytest.mark.parametrize(
    ("key", "who"),
    [
        ("linkedin.com/in/ann", Who(url="linkedin.com/in/ann")),
        ("ann@acme.com", Who(address="ann@acme.com")),
        ("01KH5FW03RX", Who(vid="01KH5FW03RX")),
        ("vid:01KH5FW03RX", Who(vid="vid:01KH5FW03RX")),
        (visitor_key("ann@acme.com"), Who(vid="ann@acme.com")),
        (visitor_key("linkedin.com/in/ann"), Who(vid="linkedin.com/in/ann")),
    ],
)
def test_a_lead_is_named_by_its_key(key: str, who: Who) -> None:
    assert Who.of_lead(key) == who


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)
    assert audit.system_user() == "shell:4000000"


def test_hostile_text_stays_one_filter(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with recorded(database, "ann", "raw view", said={"webhook_id": "a&b=c\r\n=1+1"}):
        pass
    [(_, _, filters, _)] = entries(database)
    assert filters == "webhook_id=a%26b%3Dc%0D%0A%3D1%2B1"
    database.close()
