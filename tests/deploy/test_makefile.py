"""The Makefile, with an interpreter that only writes down what it is asked."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ROOT

TARGETS = [
    "help",
    "install",
    "demo",
    "run",
    "test",
    "test-all",
    "lint",
    "bench",
    "bench-full",
    "soak",
    "havoc",
    "fuzz",
    "screenshots",
    "lock",
    "clean",
]
# As `-m venv` it puts itself into the new environment, so pip's calls come to it, too.
RECORDING_PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip") echo "$*" >> calls ;;
esac
"""
OLD_PYTHON = """#!/bin/sh
[ "$1" = --version ] && echo "Python 3.9.18" && exit
exit 1
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it looks at."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(clone: Path, target: str, interpreter: str) -> subprocess.CompletedProcess[str]:
    python = clone / "interpreter"
    python.write_text(interpreter)
    python.chmod(0o755)
    # Variables of the make that runs these tests are not meant for this one.
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    environment.pop("MFLAGS", None)
    return subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def installed(clone: Path) -> list[str]:
    """What pip was asked to install since the last look."""
    calls = clone / "calls"
    asked = re.findall(r"install (.+)", calls.read_text()) if calls.exists() else []
    calls.unlink(missing_ok=True)
    return asked


PROJECT = "--no-deps --no-build-isolation --editable ."


def test_help_has_a_line_for_every_target(clone: Path) -> None:
    lines = make(clone, "help", RECORDING_PYTHON).stdout.splitlines()
    assert [line.split()[1] for line in lines] == TARGETS


def test_the_locks_are_installed_with_their_hashes_and_once(clone: Path) -> None:
    assert make(clone, "install", RECORDING_PYTHON).returncode == 0
    assert installed(clone) == ["--no-compile --require-hashes -r requirements.txt", PROJECT]
    assert make(clone, "install", RECORDING_PYTHON).returncode == 0
    assert installed(clone) == []


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_a_change_is_installed(clone: Path, changed: str) -> None:
    make(clone, "install", RECORDING_PYTHON)
    installed(clone)
    later = (clone / ".venv" / ".runtime").stat().st_mtime + 10
    os.utime(clone / changed, (later, later))
    make(clone, "install", RECORDING_PYTHON)
    assert installed(clone) == ["--no-compile --require-hashes -r requirements.txt", PROJECT]


def test_what_tests_need_includes_what_the_product_needs(clone: Path) -> None:
    make(clone, ".venv/.dev", RECORDING_PYTHON)
    assert installed(clone) == ["--no-compile --require-hashes -r requirements-dev.txt", PROJECT]
    make(clone, "install", RECORDING_PYTHON)
    assert installed(clone) == []


def test_an_interpreter_that_is_too_old_is_named_in_a_sentence(clone: Path) -> None:
    made = make(clone, "install", OLD_PYTHON)
    assert made.returncode != 0
    assert "needs Python 3.11 or newer" in made.stderr
    assert "Python 3.9.18" in made.stderr
    assert not (clone / ".venv").exists()
