"""Alembic's entry: migrations run on the connection that `upgrade` hands over."""

from alembic import context
from sqlmodel import SQLModel

from models import tables

assert tables.DERIVED, "the models must be known before they are compared"  # noqa: S101 - import

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
