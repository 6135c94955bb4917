"""Alembic's entry: migrations run on the connection that `upgrade` hands over."""

from alembic import context
from sqlmodel import SQLModel

from models import sign_outs, tables
from models.tables.access import AUDIT, TOKEN
from models.tables.rules import OUTBOX

KNOWN = (*tables.DERIVED, TOKEN, AUDIT, OUTBOX, sign_outs.SIGNED_OUT)
"""Importing the models is what makes them known to `SQLModel.metadata`."""

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations with: visitor-desk db upgrade")
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    compare_type=True,
    render_as_batch=True,
)
context.run_migrations()
