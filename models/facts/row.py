"""A row of a table, and JSON text that is the same for the same value."""

import json
from typing import Any

Row = dict[str, Any]


def canonical(value: Any) -> str:
    """JSON text that is the same for the same value."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
