"""Files of the spool that vanish from under whoever writes them, by a hand that tidies up."""

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from tests.desk import eventually
from tests.processes import Running

VANISH_S = 60
"""How long to wait for something to take away, and then for what takes its place."""


def vanish(folder: Path, receivers: Mapping[int, Running], what: str) -> bool:
    """Take a segment, or its whole folder, from under a receiver that writes into it, and wait
    until it has a new one; whether there was any.

    What nobody has open for writing is left alone: that would be gone for good.
    """
    time.sleep(1)  # for a drain that had just begun
    deadline = time.monotonic() + VANISH_S
    while time.monotonic() < deadline:
        # Anew each time: some come up only now.
        for running in list(receivers.values()):
            its = written(running)
            for segment in its:
                if what == "segment":
                    segment.unlink()
                elif set(segment.parent.glob("*.spool")) <= its:
                    away = folder / f"away-{time.monotonic_ns()}"
                    segment.parent.rename(away)
                    shutil.rmtree(away)
                else:
                    continue
                eventually(lambda running=running: bool(written(running)), VANISH_S)  # type: ignore[misc] # its default binds it
                return True
        time.sleep(0.1)
    return False


def written(running: Running) -> set[Path]:
    """Segments, still in place, that a receiver has open for writing, with something in them."""
    with suppress(psutil.NoSuchProcess, FileNotFoundError):  # killed, or drained, meanwhile
        files = psutil.Process(running.process.pid).open_files()
        paths = {Path(file.path) for file in files if file.mode != "r"}
        return {path for path in paths if path.suffix == ".spool" and path.stat().st_size}
    return set()
