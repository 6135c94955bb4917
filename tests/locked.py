"""The packages that the product runs on, by its lock, as they are installed here."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from tests.processes import ROOT


def installed() -> Iterator[tuple[str, Distribution]]:
    """Each package's name and files; those for other systems and those missing are left out."""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        needed = Requirement(line.rstrip(" \\"))
        if needed.marker and not needed.marker.evaluate():
            continue
        try:
            yield needed.name, distribution(needed.name)
        except PackageNotFoundError:
            continue
