"""How many examples a property is tried with: a quarter each time, all of them now and then."""

import os

IS_FULL = os.environ.get("EFFORT") == "full"
"""Set by `make test-all`."""


def examples(many: int) -> int:
    """So many, or a quarter of them where time is short; each run draws others."""
    return many if IS_FULL else max(many // 4, 5)
