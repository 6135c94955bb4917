"""Requests that schemathesis makes of the receiver's own description, and holds the answers to it.

It runs as people run it, by its command: that stays as it is, its modules do not.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from models.settings import Settings
from receiver.app import create_app
from tests.conftest import SECRET
from tests.processes import ROOT

IMPOSSIBLE = "negative_data_rejection"
"""The check that what is signed by us (`signing`) can't pass: we mend what it made wrong."""


@dataclass(frozen=True, slots=True)
class Findings:
    """How many requests were made, what was wrong with answers, and what was answered 2xx."""

    requests: int
    wrong: list[str]
    accepted: int
    said: str
    """For whoever looks for the cause."""


def ask(receiver: str, folder: Path, requests: int, seed: int = 1) -> Findings:
    """Ask a running receiver (its URL) about so many times, and some fixed requests besides."""
    description, report = folder / "openapi.json", folder / "schemathesis.json"
    app = create_app(
        Settings(midbound_cloud_webhook_secret=SECRET, database_url=f"sqlite:///{folder}/unused.db")
    )
    description.write_text(json.dumps(app.openapi()))
    options = {
        "--url": receiver,
        "--phases": "coverage,fuzzing",
        "--exclude-checks": IMPOSSIBLE,
        "--max-examples": requests,
        "--seed": seed,
        "--generation-database": "none",
        "--report": "json",
        "--report-json-path": report,
    }
    result = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(description)),
            *("--continue-on-failure", "--no-color"),
            *(str(word) for option in options.items() for word in option),
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.faults.long.signing",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise RuntimeError(f"schemathesis did not run:\n{result.stdout}{result.stderr}")
    summary = json.loads(report.read_text())
    wrong = [
        f"{', '.join(failure['operations'])}: {failure['title']}" for failure in summary["failures"]
    ]
    rates = [rate for phases in summary["valid_rates"].values() for rate in phases.values()]
    return Findings(
        summary["test_cases"]["generated"],
        wrong + [str(error) for error in summary["errors"]],
        sum(rate["accepted"] for rate in rates),
        result.stdout,
    )
