"""What a preset is, and how its columns read a row of an export."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from dashboard.exports.presets.person_name import last_alone, taken_apart, without_suffixes
from models.exports import cells
from models.exports.columns import EXPORTS
from models.tables import LEAD, PERSON

Row = Mapping[str, Any]
Read = Callable[[Row], str]
Values = Mapping[str, ColumnElement[Any]]


class Cell(NamedTuple):
    """A column of a preset: its header, and what it makes of a row."""

    header: str
    write: Read


class Rule(NamedTuple):
    """A requirement on a row; `unmet` says what is wrong with those that don't meet it."""

    unmet: str
    holds: Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Preset:
    """A file for one tool: rows of an export that meet all rules, written its way."""

    label: str
    table: str
    about: str
    values: Values
    cells: tuple[Cell, ...]
    rules: tuple[Rule, ...]
    advice: tuple[Rule, ...] = ()
    """Requirements on good rows; those that don't meet them are still in the file, and counted."""
    fewest: int = 1
    most: int | None = None
    has_template: bool = False
    """The tool offers a template of its own, whose headers may differ from these."""


def of(table: str, **more: ColumnElement[Any]) -> Values:
    """An export's own values by column name, and more."""
    return {column.name: column.value for column in EXPORTS[table].columns} | more


def column(name: str) -> Read:
    """A column's text as it is, empty if it is null. Not safe to write: see `safe`."""
    return lambda row: row[name] or ""


def nested(name: str, *path: str) -> Read:
    """The same from a profile in a JSON column."""

    def read(row: Row) -> str:
        found: Any = json.loads(row[name] or "{}")
        for part in path:
            found = found.get(part) or {}
        return found or ""

    return read


def safe(read: Read, limit: int | None = None) -> Read:
    """Text that no spreadsheet takes for a formula, of at most this many characters."""
    return lambda row: cells.safe_text(read(row)[:limit])[:limit]


def bare(read: Read, limit: int | None = None) -> Read:
    """The same without a quote in front, for text that programs match."""
    return lambda row: cells.bare_text(read(row))[:limit]


def number(name: str) -> Read:
    """A column's number."""
    return lambda row: cells.number(row[name])


def time(name: str) -> Read:
    """A column's time, ISO 8601 UTC."""
    return lambda row: cells.time(row[name])


def email(row: Row) -> str:
    """A lead's email address, for use as a key."""
    return cells.address(row["email"])


def phone(row: Row) -> str:
    """A lead's number in E.164, or nothing."""
    return cells.e164(row["phone"])


def country(row: Row) -> str:
    """Two letters, or nothing."""
    return cells.iso2(row["country"])


def names(row: Row) -> tuple[str, str]:
    """First and last name, missing ones taken from the full name; a single name is the last
    name.
    """
    first_name = without_suffixes(row["first_name"] or "")
    last_name = last_alone(row["last_name"] or "")
    if first_name and last_name:
        return first_name, last_name
    before, last_word = taken_apart(row["full_name"] or "")
    if last_name:
        return (before if last_word == last_name else ""), last_name
    return (before, last_word) if last_word else ("", first_name)


def first(row: Row) -> str:
    """A lead's first name."""
    return names(row)[0]


def last(row: Row) -> str:
    """A lead's last name."""
    return names(row)[1]


def employer(row: Row) -> str:
    """A lead's company by name, else by domain."""
    return row["company"] or row["company_domain"] or ""


def postcode(row: Row) -> str:
    """The postal code of a lead's profile, or nothing."""
    return cells.postcode(nested("profile", "location", "postalCode")(row))


LEADS = of("leads")
"""What presets of people read."""

PROFILE = select(PERSON.c.profile).where(PERSON.c.url == LEAD.c.key).scalar_subquery()
"""A lead's LinkedIn profile as JSON."""

BOUNCES = Rule(
    "with an address that bounces; filter by email status to leave them out",
    lambda row: row["email_validity"] != "invalid",
)
"""Advice: mail to a dead address costs a sender's good name."""
