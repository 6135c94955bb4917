"""All that the product's commands load, for the process that they are forks of.

Of the dashboard only its routes, and the libraries that its pages need: components read settings
when they are loaded, pages run within Streamlit.
"""

import gc
import importlib
import pkgutil

LATER = ("models.migrations.env", "models.migrations.versions")
"""Alembic runs these itself, each time anew."""

for room in ("commands", "models", "receiver", "sender", "simulator"):
    for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        if not found.name.startswith(LATER):
            importlib.import_module(found.name)
for name in (
    "alembic.command",
    "dashboard.access.connection",
    "dashboard.access.gate",
    "dashboard.access.sign_in_route",
    "dashboard.exports.lookup_route",
    "dashboard.exports.route",
    "dashboard.filters.offers_route",
    "dashboard.annotations.route",
    "dashboard.screens.campaigns.take_away_route",
    "dashboard.screens.live.feed",
    "dashboard.screens.details.subject_route",
    "dashboard.table.route",
    "pandas",
    "plotly.express",
    "streamlit.web.server.starlette",
):
    importlib.import_module(name)
# Else a fork's first collection would touch, and so copy, all of it.
gc.freeze()
