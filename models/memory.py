"""How a process that lives long treats its memory."""

import gc


def calm_collector() -> None:
    """What is loaded lives as long as the process: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
