"""The locks: every requirement pinned and hashed, from wherever the installing machine looks."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.processes import ROOT

RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
locks = pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT], ids=["runtime", "development"])


def entries(lock: Path) -> list[str]:
    """The lock's requirements, each with its hashes on one line."""
    return lock.read_text().replace("\\\n", "").splitlines()


def pins(lock: Path) -> dict[str, str]:
    """Pinned version by name."""
    found: dict[str, str] = {}
    for entry in entries(lock):
        pinned = Requirement(entry.partition(" --hash=")[0])
        (specifier,) = pinned.specifier
        assert specifier.operator == "==", entry
        found[canonicalize_name(pinned.name)] = specifier.version
    return found


@locks
def test_every_requirement_has_hashes(lock: Path) -> None:
    for entry in entries(lock):
        assert re.search(r"(\s+--hash=sha256:[0-9a-f]{64})+$", entry), entry


@locks
def test_no_address_stands_in_a_lock(lock: Path) -> None:
    assert not re.search(r"://|@|-index|find-links|trusted-host", lock.read_text())


def test_both_locks_pin_the_same_versions() -> None:
    assert pins(RUNTIME).items() <= pins(DEVELOPMENT).items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built_with = project["dependency-groups"]["build"]
    assert built_with == project["build-system"]["requires"]
    runtime = project["project"]["dependencies"] + built_with
    for lock, asked in (
        (RUNTIME, runtime),
        (DEVELOPMENT, runtime + project["project"]["optional-dependencies"]["dev"]),
    ):
        pinned = pins(lock)
        for requirement in map(Requirement, asked):
            version = pinned[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement
