"""Presets for Google Ads: Customer Match with hashes, and offline conversions without people."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from dashboard.exports.presets.preset import (
    PROFILE,
    Cell,
    Preset,
    Rule,
    country,
    first,
    last,
    names,
    of,
    phone,
    postcode,
)
from models.exports import cells
from models.payloads.events import EVENTS
from models.payloads.vocabulary import STAGES
from models.tables import EVENT, SESSION

CUSTOMER_MATCH = Preset(
    label="Google Customer Match",
    table="leads",
    about="Email, phone and names are exported as SHA-256 hashes only. Where the law asks for "
    "consent, upload only people who gave it.",
    values=of("leads", profile=PROFILE),
    cells=(
        Cell("Email", lambda row: cells.hashed(row["email"])),
        Cell("Phone", lambda row: cells.hashed(phone(row))),
        Cell("First Name", lambda row: cells.hashed(first(row))),
        Cell("Last Name", lambda row: cells.hashed(last(row))),
        Cell("Country", country),
        Cell("Zip", postcode),
    ),
    rules=(
        Rule(
            "no email, phone or full postal identity (names, country and postal code)",
            lambda row: bool(
                row["email"] or phone(row) or (all(names(row)) and country(row) and postcode(row))
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What counts as a conversion, and what Google Ads is told about it.

    Without `value`, Google uses the one set for the conversion action.
    """

    stage: str = "qualified"
    name: str = "Qualified visit"
    value: str = ""
    currency: str = "USD"


def _reached(stage: int) -> ColumnElement[Any]:
    """When a session reached a stage (ms): its earliest event that says so; null if it did not.

    A visit may be finalized without ever being qualified, so the furthest stage does not tell; but
    a visit with an enrichment in its finalized event did reach enriched.
    """
    *pipeline, finalized = EVENTS
    says: ColumnElement[bool] = EVENT.c.type.in_(pipeline[stage - 1 :])
    if stage in {STAGES["resolved"], STAGES["finalized"]}:
        says = or_(says, EVENT.c.type == finalized)
    elif stage <= STAGES["enriched"]:
        says = or_(says, (EVENT.c.type == finalized) & SESSION.c.company_key.is_not(None))
    return (
        select(func.min(EVENT.c.created))
        .where(EVENT.c.sid == SESSION.c.sid, says)
        .correlate(SESSION)
        .scalar_subquery()
    )


def conversions(conversion: Conversion) -> Preset:
    """Google offline conversions: click ids and times, nothing personal."""
    return Preset(
        label="Google offline conversions",
        table="sessions",
        about="Tells Google Ads which of its clicks became visits that count. Holds no personal "
        "data.",
        values={
            "gclid": SESSION.c.gclid,
            "started_at": SESSION.c.started_at,
            "reached_at": _reached(STAGES[conversion.stage]),
        },
        cells=(
            Cell("Google Click ID", lambda row: row["gclid"]),
            Cell("Conversion Name", lambda _row: cells.safe_text(conversion.name)),
            # A conversion before its click would be refused.
            Cell(
                "Conversion Time",
                lambda row: cells.zoned_time(max(row["reached_at"], row["started_at"])),
            ),
            Cell("Conversion Value", lambda _row: conversion.value),
            Cell(
                "Conversion Currency", lambda _row: conversion.currency if conversion.value else ""
            ),
        ),
        rules=(
            Rule("no click from Google Ads (gclid)", lambda row: bool(row["gclid"])),
            Rule("no usable click id (gclid)", lambda row: cells.is_click_id(row["gclid"])),
            Rule(f"not {conversion.stage}", lambda row: row["reached_at"] is not None),
        ),
    )
