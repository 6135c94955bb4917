"""Words that Midbound uses: stages of a visit, verdicts on an address."""

from models.payloads.events import EVENTS

STAGES = {"resolved": 1, "qualified": 2, "enriched": 3, "validated": 4, "finalized": 5}
"""Number of each stage, in the order of the pipeline."""

STAGE_NAMES = {number: name for name, number in STAGES.items()}

STAGE_OF = {kind: number for number, kind in enumerate(EVENTS, start=1)}
"""The stage that an event type takes its session to."""

SENDABLE = ("valid", "valid_catch_all")
"""Verdicts on an address that mail can be sent to."""

VALIDITY_ORDER = {"valid": 0, "valid_catch_all": 1, "catch_all": 2, None: 3, "invalid": 4}
"""Which email of a lead is shown, best verdict first; None is unchecked."""

UNCHECKED, ERROR = "unchecked", "error"
"""What an address counts as without a verdict, and when its newest check failed."""
