"""How a process that lives long treats its memory."""

import ctypes
import gc


def calm_collector() -> None:
    """What is loaded lives as long as the process: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def give_back() -> None:
    """Give memory that is free back to the system, where the C library can: glibc keeps it."""
    if _TRIM is not None:
        _TRIM(0)


_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
