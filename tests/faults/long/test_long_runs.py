"""Short forms of `make soak` and `make fuzz`, and of the kills at random that run beside them."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.long.fuzz import Result, fuzz
from tests.faults.long.havoc import Books, havoc
from tests.faults.long.ringing import Books as Rung
from tests.faults.long.ringing import ringing
from tests.faults.long.soak import Soak, is_flat, soak
from tests.faults.sender import Account

pytestmark = pytest.mark.xdist_group("long_runs")

MB = 1_000_000


# Kills at random


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return havoc(tmp_path_factory.mktemp("havoc"), seconds=5)


def test_receivers_dashboard_and_database_are_killed(books: Books) -> None:
    receivers = {f"receiver {number}" for number in (1, 2, 3)}
    assert books.kills.keys() == {*receivers, "dashboard", "Postgres"}


def test_of_the_spool_a_segment_and_a_whole_folder_vanish(books: Books) -> None:
    assert books.vanished.keys() == {"segment", "folder"}
    assert all(books.vanished.values())


def test_what_kills_the_projector_is_set_aside_and_nothing_else(books: Books) -> None:
    assert books.poison
    assert books.set_aside == books.poison
    assert books.underived == 0


def test_afterwards_nothing_acknowledged_is_missing(books: Books) -> None:
    assert books.missing == set()


def test_afterwards_nothing_is_left_in_the_spool(books: Books) -> None:
    assert books.spooled == 0


def test_afterwards_exports_are_what_the_reference_says(books: Books) -> None:
    assert books.is_balanced


def test_afterwards_the_dashboard_shows_that(books: Books) -> None:
    assert books.is_shown


# Rules that ring meanwhile


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> Rung:
    return ringing(tmp_path_factory.mktemp("ringing"), seconds=6)


def test_senders_receiver_and_database_are_killed(rung: Rung) -> None:
    assert rung.kills.keys() == {"Postgres", "receiver", "sender 1", "sender 2"}


def test_each_visit_is_told_of_once_and_under_one_id(rung: Rung) -> None:
    assert rung.are_right, rung.table()


# Bad requests


@pytest.fixture(scope="module")
def bad_requests(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return fuzz(tmp_path_factory.mktemp("fuzz"), count=600, described=0.1, turns=8)


def test_every_answer_is_as_the_receiver_describes_itself(bad_requests: Result) -> None:
    assert not bad_requests.described.wrong, bad_requests.described.said


def test_requests_by_description_are_many_and_some_are_taken(bad_requests: Result) -> None:
    assert bad_requests.described.requests > 100
    assert bad_requests.described.accepted > 20


def test_no_bad_request_is_answered_5xx(bad_requests: Result) -> None:
    assert max(bad_requests.statuses) < 500


def test_bad_requests_are_bad_in_many_ways(bad_requests: Result) -> None:
    assert bad_requests.statuses.keys() >= {200, 400, 401, 404, 405}


def test_bad_requests_write_no_lines_into_the_log(bad_requests: Result) -> None:
    assert bad_requests.log_bytes < 1_000


def test_of_bad_requests_nothing_is_kept_but_what_was_answered_200(bad_requests: Result) -> None:
    assert bad_requests.in_ledger <= bad_requests.statuses[200]


def test_odd_keys_are_answered_by_every_route_and_page(bad_requests: Result) -> None:
    assert not bad_requests.asked.wrong, "\n".join(bad_requests.asked.wrong)
    assert bad_requests.asked.answers["pages"] == 8
    assert bad_requests.asked.answers["routes 200"] > 8
    assert bad_requests.asked.answers["routes 404"] > 8


def test_strangers_are_shut_out_when_they_send_what_no_page_sends(bad_requests: Result) -> None:
    closed = {kind for kind in bad_requests.asked.answers if kind.startswith("strangers 10")}
    assert closed >= {"strangers 1002", "strangers 1003"}


def test_odd_keys_and_strangers_write_few_lines_into_the_log(bad_requests: Result) -> None:
    assert bad_requests.asked.log_bytes < 10_000


# A steady load


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Soak:
    folder = tmp_path_factory.mktemp("soak")
    return soak(folder, f"sqlite:///{folder}/desk.db", seconds=8, rate=50, viewers=5)


def test_a_steady_load_is_answered_kept_derived_and_shown(steady: Soak) -> None:
    assert steady.is_served, steady.table()


def test_memory_of_every_process_is_told(steady: Soak) -> None:
    lines = [line.split()[0] for line in steady.table().splitlines()[:4]]
    assert lines == ["receiver", "projector", "dashboard", "sender"]


def test_memory_that_fills_first_is_flat() -> None:
    assert is_flat([50 * MB, 120 * MB] + [200 * MB] * 58)


def test_memory_that_grows_for_ever_is_not_flat() -> None:
    assert not is_flat([100 * MB + 3 * MB * sample for sample in range(60)])


def test_a_soak_with_an_event_or_a_message_missing_is_not_served() -> None:
    account = Account(statuses=Counter({200: 1}), acknowledged={"evt"}, took_s=[0.1])
    rung = Rung(Counter(), {"a"}, {"msg": "a"}, 0, Counter(["msg"]), {"msg": "a"})
    kept = Soak(account, {"receiver": [MB] * 60}, [1], set(), 0, rung)
    assert kept.is_served
    assert not replace(kept, missing={"evt"}).is_served
    assert not replace(kept, rung=replace(rung, arrived=Counter())).is_served
