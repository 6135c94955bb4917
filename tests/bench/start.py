"""How long `visitor-desk up` takes until it is ready, and how much disk it takes installed."""

import tempfile
import time
from pathlib import Path

from tests.conftest import SECRET
from tests.locked import installed
from tests.processes import free_port, start


def up_seconds(rounds: int) -> list[float]:
    """Seconds from the command to both processes answering; the first time it also migrates."""
    took = []
    with tempfile.TemporaryDirectory(prefix="visitor-desk-start-") as name:
        folder = Path(name)
        for _ in range(rounds):
            environment = {
                "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}",
                "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
                "RECEIVER_PORT": str(free_port()),
                "DASHBOARD_PORT": str(free_port()),
                "LOG_LEVEL": "WARNING",
            }
            began = time.perf_counter()
            with start(["up"], folder, environment, fresh=True):
                took.append(time.perf_counter() - began)
    return took


def installed_mb() -> dict[str, float]:
    """Size in MB of each package that the product runs on, from its lock; the largest first."""
    sizes = {
        name: sum(file.size or 0 for file in found.files or ()) / 1e6 for name, found in installed()
    }
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))
