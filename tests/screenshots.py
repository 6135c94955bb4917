"""Every page as a picture, light and dark, wide and narrow: `python -m tests.screenshots [FOLDER]`.

People and firms are the simulator's: a history of some days first, then a minute of live traffic.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import product
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser

from models import migrations
from models.ledger.deliveries import Delivery, keep
from models.storage.database import Database
from simulator.delivery import encode, sign
from simulator.visits import ScheduledEvent, events
from tests.browser import PHONE, WIDE, browsing, watching
from tests.conftest import SECRET
from tests.desk import catch_up
from tests.processes import ROOT, Running, free_port, start
from tests.screens import addresses, faults, settle

HOUR_MS = 3_600_000
STORIES = ((3, 9 * 24 * HOUR_MS, 0.06), (14, 3 * HOUR_MS, 2.0))
"""Seed, beginning (ms ago) and newcomers a minute: days with little, then a busy morning."""

LIVE_S = 60

_SIZES = {"wide": WIDE, "narrow": PHONE}
_COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_SETTLE_MS = 1_500  # charts and tables draw themselves after the page has come


def main() -> None:
    """Take them all; the README's own, `live.png`, lands beside the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "screenshots")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, browsing() as browser:
        url = f"sqlite:///{work}/desk.db"
        database = Database(url)
        migrations.upgrade(database)
        story = _story()
        _keep_history(database, story)
        pages = addresses(database)
        database.close()
        with _playing(Path(work), url, story) as desk:
            time.sleep(LIVE_S)
            for name, path in pages.items():
                _take(browser, f"{desk.dashboard}{path}", folder, name)
    shutil.copy(folder / "live-wide-light.png", folder.parent / "live.png")


def _story() -> Iterator[ScheduledEvent]:
    now = int(time.time() * 1000)
    stories = (
        events(visitors=None, seed=seed, start_ms=now - before_ms, arrivals_per_minute=arrivals)
        for seed, before_ms, arrivals in STORIES
    )
    return merge(*stories, key=lambda scheduled: scheduled.at_ms)


def _keep_history(database: Database, story: Iterator[ScheduledEvent]) -> None:
    """Keep and derive what was to be sent up to now."""
    now = time.time() * 1000
    deliveries = []
    for scheduled in story:
        body = encode(scheduled.event)
        deliveries.append(
            Delivery(str(scheduled.event["id"]), scheduled.at_ms + 400, "1", "v1,made-up", body)
        )
        if scheduled.at_ms >= now:
            break
    keep(database, deliveries)
    catch_up(database)


@contextmanager
def _playing(work: Path, url: str, story: Iterator[ScheduledEvent]) -> Iterator[Running]:
    """The product on a database, as `visitor-desk up`, while the story goes on."""
    environment = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SPOOL_DIR": str(work / "spool"),
    }
    over = threading.Event()
    with start(("up",), work, environment, fresh=True) as desk:
        sender = threading.Thread(target=_send, args=(desk.receiver, story, over))
        sender.start()
        try:
            yield desk
        finally:
            over.set()
            sender.join()


def _send(receiver: str, story: Iterator[ScheduledEvent], over: threading.Event) -> None:
    for scheduled in story:
        if over.wait(max(0.0, scheduled.at_ms / 1000 - time.time())):
            return
        body = encode(scheduled.event)
        headers = sign(SECRET, str(scheduled.event["id"]), body)
        httpx.post(f"{receiver}/webhooks/midbound", content=body, headers=headers)


def _take(browser: Browser, address: str, folder: Path, name: str) -> None:
    for colours, (width, size) in product(_COLOURS, _SIZES.items()):
        with watching(browser, size=size, colours=colours, motion="reduce") as seen:
            seen.page.goto(address)
            settle(seen.page)
            seen.page.wait_for_timeout(_SETTLE_MS)
            seen.page.screenshot(path=folder / f"{name}-{width}-{colours}.png")
            for fault in {*faults(seen.page), *seen.errors}:
                print(f"{name} {width} {colours}: {fault}")


if __name__ == "__main__":
    main()
