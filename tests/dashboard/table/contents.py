"""What a table of ours is told by a page, without a browser; and its rows, with one."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest


def told(app: AppTest, name: str) -> dict[str, Any]:
    """What the table of this name is told."""
    for mounted in app.get("bidi_component"):
        data: dict[str, Any] = json.loads(mounted.proto.json)
        if data.get("name") == name and "columns" in data:
            return data
    raise AssertionError(f"no table {name} is shown")


def every(app: AppTest) -> list[dict[str, list[Any]]]:
    """Each table on the page: the values of its columns, by their names."""
    found = []
    for mounted in app.get("bidi_component"):
        data: dict[str, Any] = json.loads(mounted.proto.json)
        if "columns" in data and "page" in data:
            rows = data["page"]["rows"]
            found.append(
                {column["name"]: [row[column["at"]] for row in rows] for column in data["columns"]}
            )
    return found


def rows_of(app: AppTest, name: str) -> list[dict[str, Any]]:
    """The rows of the page that the table is told, by the names of the columns shown."""
    data = told(app, name)
    return [
        {column["name"]: row[column["at"]] for column in data["columns"]}
        for row in data["page"]["rows"]
    ]


def lines(page: Page) -> Locator:
    """The rows of the first table in a browser; only those seen are there."""
    return page.locator(".table .body .line")


def shown(page: Page) -> Locator:
    """Its first row, once it is there."""
    first = lines(page).first
    expect(first).to_be_visible(timeout=30_000)
    return first
