"""How a long-running process treats its memory."""

import ctypes
import gc


def keep_loaded() -> None:
    """What is loaded by now lives as long as the process, so the garbage collector need not look at
    it: in the dashboard that would stop everybody for 200 ms at a time.
    """
    gc.collect()
    gc.freeze()


def calm_collector() -> None:
    """The same, and seldom look at what comes, for a process that makes few cycles of objects."""
    keep_loaded()
    gc.set_threshold(20_000, 20, 50)


def give_back() -> None:
    """Return free memory to the system, if the C library can: glibc keeps it otherwise."""
    if _TRIM is not None:
        _TRIM(0)


def share_arenas() -> None:
    """Let all threads take memory from two places, if the C library can: glibc gives many threads
    many, and what is free in one is of no use to another (with 100 viewers of Live 328 MB against
    212). Call it before there are threads.
    """
    if _OPTION is not None:
        _OPTION(_M_ARENA_MAX, 2)


_M_ARENA_MAX = -8  # of glibc's malloc.h
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
_OPTION = getattr(ctypes.CDLL(None), "mallopt", None)
