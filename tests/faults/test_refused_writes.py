"""A database that is there, is read and takes commits, but no events."""

import time
from collections.abc import Callable

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from receiver.inbox import PROBE_S
from tests.desk import eventually
from tests.processes import Running
from tests.receiver.midbound import fresh, post

HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"


def _said(running: Running) -> str:
    return str(post(running.receiver, fresh()).json()["status"])


def _ready(running: Running) -> dict[str, str]:
    return dict(httpx.get(f"{running.receiver}/readyz").json())


@pytest.mark.parametrize(
    ("refuse", "mend", "reason"),
    [
        (
            ["REVOKE INSERT ON delivery FROM {role}"],
            ["GRANT INSERT ON delivery TO {role}"],
            "(42501: permission denied for table delivery)",
        ),
        (
            ["ALTER TABLE pending RENAME TO put_aside"],
            ["ALTER TABLE put_aside RENAME TO pending"],
            '42P01: relation "pending" does not exist',
        ),
        (
            ["ALTER ROLE {role} SET default_transaction_read_only = on", HANG_UP],
            ["ALTER ROLE {role} RESET default_transaction_read_only", HANG_UP],
            "(25006: cannot execute ",
        ),
    ],
    ids=["no right", "no table", "read only"],
)
def test_readyz_says_why_a_database_that_is_there_takes_no_events(
    postgres_url: str,
    run: Callable[..., Running],
    refuse: list[str],
    mend: list[str],
    reason: str,
) -> None:
    url = make_url(postgres_url)
    role = f"app_{url.database}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:

        def tell(*statements: str) -> None:
            for statement in statements:
                admin.execute(statement.format(role=role).encode())

        tell(
            "CREATE ROLE {role} LOGIN",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}",
        )
        running = run(
            "receiver", database_url=url.set(username=role).render_as_string(hide_password=False)
        )
        assert _said(running) == "stored"
        tell(*refuse)
        eventually(lambda: _said(running) == "spooled")

        began = time.monotonic()
        while time.monotonic() - began < 3 * PROBE_S:  # commits that hold nothing are taken
            ready = _ready(running)
            assert ready["database"] == "away"
            assert reason in ready["reason"]
            assert _said(running) == "spooled"
        tell(*mend)
        eventually(lambda: _ready(running) == {"status": "ready", "database": "ok"})
        assert _said(running) == "stored"
        running.stop()
        tell("DROP OWNED BY {role}", "DROP ROLE {role}")
