"""How a long-running process treats its memory."""

import ctypes
import gc


def calm_collector() -> None:
    """What is loaded by now lives as long as the process, so the garbage collector need not look at
    it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def give_back() -> None:
    """Return free memory to the system, if the C library can: glibc keeps it otherwise."""
    if _TRIM is not None:
        _TRIM(0)


_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
