"""A delivery that kills whoever derives it: the fault is put into our processes from outside."""

from pathlib import Path

from tests.receiver.midbound import Posting, example

SITE = b"https://deadly.example"
FAULT = """
import os, signal, sys
from pathlib import Path

if {{"models.projector.process", "models.projector.refresh"}} & set(sys.orig_argv):
    from models.projection import interpreting

    def read(body, read=interpreting.read):
        left = int(Path({path!r}).read_text())
        if {site!r} in body and left:
            Path({path!r} + ".new").write_text(str(left - 1))
            os.replace({path!r} + ".new", {path!r})  # another process reads it meanwhile
            os.kill(os.getpid(), signal.SIGKILL)
        return read(body)

    interpreting.read = read
"""
"""It is killed as soon as it reads that address, as often as a file says."""


def fault(folder: Path, times: int) -> Path:
    """Put the fault into a folder, for a receiver that has it first in `PYTHONPATH`; gives the file
    that says how often it kills still.
    """
    kills = folder / "kills"
    kills.write_text(str(times))
    (folder / "sitecustomize.py").write_text(FAULT.format(path=str(kills), site=SITE))
    return kills


def deadly(number: int = 1) -> Posting:
    """One of such deliveries."""
    body = example("identity.resolved").body
    body = body.replace(b"https://www.example.com", SITE, 1) + b" "
    return Posting(f"msg_deadly_{number}", body)
