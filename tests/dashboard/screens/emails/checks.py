"""Checks of addresses, as they arrive."""

from tests.dashboard.deliveries import Json, payload

DAY_MS = 86_400_000
MONDAY_MS = 1_739_145_600_000  # 2025-02-10, 00:00 UTC


def check(
    number: int, address: str, validity: str | None, *, day: int = 0, error: str | None = None
) -> Json:
    """A check on an address of visitor `number`, some days after a certain Monday."""
    event = payload("validated")
    event["id"] = f"evt_check_{number:04d}_{day:02d}_{validity}_{error}"
    event["created"] = MONDAY_MS + day * DAY_MS
    event["data"]["attribution"] |= {
        "sessionId": f"01SID{number:04d}",
        "vid": f"01VIS{number:04d}",
    }
    event["data"]["session"] = None
    event["data"]["validations"] = [
        {
            "email": address,
            "validity": validity,
            "provider": "millionverifier",
            "error": {"code": error, "message": None} if error else None,
        }
    ]
    return event
