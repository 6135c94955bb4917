"""The projector's process: what it knows, and that it lives exactly as long as its receiver."""

import signal
from collections.abc import Callable

import httpx
import psutil
import pytest

from tests.conftest import SECRET
from tests.desk import eventually
from tests.processes import Running
from tests.receiver.midbound import example, post


@pytest.fixture
def receiver(run: Callable[..., Running], sqlite_url: str) -> Running:
    """A receiver whose projector is at work; which database it is makes no difference to them."""
    return at_work(run("receiver", database_url=sqlite_url))


def at_work(receiver: Running) -> Running:
    """The receiver, once its projector has derived something."""
    post(receiver.receiver, example("identity.enriched"))
    eventually(lambda: derived(receiver) == 1)
    return receiver


def projector(receiver: Running) -> psutil.Process:
    """The one process that a receiver has started."""
    (found,) = psutil.Process(receiver.process.pid).children(recursive=True)
    return found


def derived(receiver: Running) -> float:
    """Deliveries that the receiver counts as derived."""
    metrics = httpx.get(f"{receiver.receiver}/metrics").text
    return float(metrics.split("\nvisitor_desk_derived_total ")[1].split()[0])


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_it_derives_is_counted_by_the_receiver(receiver: Running) -> None:
    post(receiver.receiver, example("identity.resolved"))
    eventually(lambda: derived(receiver) == 2)


def test_of_the_secrets_it_knows_only_the_database_and_no_command_line_tells_it(
    run: Callable[..., Running], postgres_url: str
) -> None:
    its = projector(at_work(run("receiver", database_url=postgres_url)))
    secrets = [name for name, value in its.environ().items() if value in {SECRET, postgres_url}]
    assert (secrets, postgres_url in " ".join(its.cmdline())) == (["DATABASE_URL"], False)


def test_one_that_is_killed_is_started_again(
    run: Callable[..., Running], database_url: str
) -> None:
    receiver = at_work(run("receiver", database_url=database_url))
    projector(receiver).kill()
    post(receiver.receiver, example("identity.resolved"))
    eventually(lambda: derived(receiver) == 2)


def test_that_one_died_is_told_in_the_log(receiver: Running) -> None:
    projector(receiver).kill()
    eventually(lambda: "projector_died" in receiver.log.read_text())


def test_signals_to_the_whole_group_leave_its_end_to_the_receiver(receiver: Running) -> None:
    its = projector(receiver)
    its.send_signal(signal.SIGINT)
    its.send_signal(signal.SIGTERM)
    post(receiver.receiver, example("identity.resolved"))
    eventually(lambda: derived(receiver) == 2)
    assert projector(receiver) == its


def test_it_ends_with_a_receiver_that_is_told_to_end(receiver: Running) -> None:
    its = projector(receiver)
    receiver.stop()
    assert is_gone(its)


def test_it_ends_by_itself_when_its_receiver_is_killed(receiver: Running) -> None:
    its = projector(receiver)
    receiver.process.kill()
    receiver.process.wait()
    eventually(lambda: is_gone(its))
