"""A thread that has to outlive whatever goes wrong in it."""

import threading
from collections.abc import Iterator

import pytest

from models.worker import TOO_MANY, Worker
from tests.desk import eventually


@pytest.fixture
def broken() -> Iterator[threading.Event]:
    """While it is set the work dies at once."""
    event = threading.Event()
    event.set()
    yield event
    event.clear()


def start(broken: threading.Event, error: type[BaseException] = OSError) -> Worker:
    def work(ending: threading.Event) -> None:
        while not ending.wait(0.01):
            if broken.is_set():
                raise error

    started = Worker("work", work, restart_s=0.01, steady_s=0.2)
    started.start()
    return started


@pytest.mark.parametrize("error", [OSError, ValueError, MemoryError, SystemExit])
def test_work_that_died_is_begun_again(broken: threading.Event, error: type[BaseException]) -> None:
    its = start(broken, error)
    eventually(lambda: its.deaths >= 2)
    broken.clear()
    its.tell_to_end()
    assert its.join(5)


def test_one_that_dies_again_and_again_is_failing_until_it_is_steady(
    broken: threading.Event,
) -> None:
    its = start(broken)
    assert not its.is_failing()
    eventually(its.is_failing)
    assert its.deaths >= TOO_MANY
    broken.clear()
    eventually(lambda: not its.is_failing())
    its.tell_to_end()
    assert its.join(5)


def test_each_death_is_counted() -> None:
    counted: list[int] = []

    def work(_ending: threading.Event) -> None:
        if len(counted) < 2:
            raise ValueError

    its = Worker("work", work, lambda: counted.append(1), restart_s=0.01)
    its.start()
    assert its.join(5)
    assert (its.deaths, len(counted)) == (2, 2)


def test_one_that_dies_while_it_ends_ends() -> None:
    def work(ending: threading.Event) -> None:
        ending.wait()
        raise OSError

    its = Worker("work", work)
    its.start()
    its.tell_to_end()
    assert its.join(5)


def test_one_that_pauses_when_all_ends_is_begun_once_more() -> None:
    orderly = threading.Event()

    def work(ending: threading.Event) -> None:
        if not ending.is_set():
            raise OSError
        orderly.set()

    its = Worker("work", work, restart_s=60, longest_restart_s=60)
    its.start()
    eventually(lambda: its.deaths == 1)
    its.tell_to_end()
    assert its.join(5)
    assert orderly.is_set()
