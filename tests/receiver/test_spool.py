"""What waits on disk: damage, files that vanish, and a folder that is found again."""

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ledger.deliveries import Delivery
from models.storage.spool_folder import by_url, waiting_bytes
from receiver.spool import Spool
from tests.effort import examples

URL = "postgresql://desk:secret@db.example:5432/desk"
ID = "0123456789abcdef"


def delivery(name: str, size: int = 10) -> Delivery:
    return Delivery(name, 1, "1", "v1,x", b"\n{}" + b"x" * size)


def drained(spool: Spool) -> list[str]:
    """Ids of what a drain gives."""
    found: list[str] = []

    def into(deliveries: Sequence[Delivery]) -> None:
        found.extend(delivery.webhook_id for delivery in deliveries)

    spool.drain(into, 2)
    return found


class Troubles(list[str]):
    """What a spool told of troubles."""


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def spool(tmp_path: Path, troubles: Troubles) -> Iterator[Spool]:
    opened = Spool(tmp_path, URL, 1_000_000, troubles.append)
    opened.open(ID)
    yield opened
    opened.close()


def segments(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.spool"))


# Damage


@pytest.mark.parametrize("where", ["head", "sizes", "body"])
def test_a_damaged_record_costs_only_itself(
    spool: Spool, troubles: Troubles, tmp_path: Path, where: str
) -> None:
    spool.append([delivery(name) for name in "abc"])
    (segment,) = segments(tmp_path)
    data = segment.read_bytes()
    begin = data.index(b'{"webhook_id": "b"')
    place = begin + {"head": 16, "sizes": data[begin:].index(b"bytes"), "body": 0}[where]
    if where == "body":
        place = data.index(b'{"webhook_id": "c"') - 1
    segment.write_bytes(data[:place] + b"?" + data[place + 1 :])
    assert drained(spool) == ["a", "c"]
    assert troubles == ["damaged"]


def test_what_is_damaged_is_set_aside(spool: Spool, tmp_path: Path) -> None:
    spool.append([delivery(name) for name in "abc"])
    (segment,) = segments(tmp_path)
    data = segment.read_bytes()
    begin, end = data.index(b'{"webhook_id": "b"'), data.index(b'{"webhook_id": "c"')
    torn = data[begin : end - 1] + b"?"
    segment.write_bytes(data[:begin] + torn + data[end:])
    drained(spool)
    assert [path.read_bytes() for path in tmp_path.rglob("*.bad")] == [torn]
    assert (segments(tmp_path), spool.waiting) == ([], 0)


def test_what_is_set_aside_is_never_written_over(tmp_path: Path) -> None:
    for name in "ab":
        spool = Spool(tmp_path, URL, 10_000)
        spool.open(ID)
        spool.append([delivery(name)])
        (segment,) = segments(tmp_path)
        segment.write_bytes(segment.read_bytes()[:-1])
        assert drained(spool) == []
        spool.close()
    assert len(list(tmp_path.rglob("*.bad"))) == 2


@settings(max_examples=examples(150), deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 2000), min_size=2, max_size=2).map(sorted),
    junk=st.binary(max_size=30),
)
def test_wherever_a_segment_is_damaged_all_records_outside_are_given(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], cuts: list[int], junk: bytes
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, URL, 1_000_000)
    spool.open(ID)
    names = [f"d{place}" for place in range(len(sizes))]
    spool.append([delivery(name, size) for name, size in zip(names, sizes, strict=True)])
    (segment,) = segments(folder)
    data = segment.read_bytes()
    begin, end = (min(cut, len(data)) for cut in cuts)
    segment.write_bytes(data[:begin] + junk + data[end:])
    bounds = [data.index(b'{"webhook_id": "%s"' % name.encode()) for name in names] + [len(data)]
    whole = [
        name
        for name, (first, last) in zip(names, pairwise(bounds), strict=True)
        if last <= begin or first >= end
    ]
    found = drained(spool)
    spool.close()
    assert [name for name in found if name in whole] == whole


# Files that are cut or vanish


def begins(segment: Path, name: str) -> int:
    return segment.read_bytes().index(b'{"webhook_id": "%s"' % name.encode())


@pytest.mark.parametrize(("cut_before", "left"), [("a", ""), ("b", "a"), ("c", "ab")])
def test_a_segment_that_was_cut_where_a_record_ends_is_told(
    spool: Spool, troubles: Troubles, tmp_path: Path, cut_before: str, left: str
) -> None:
    spool.append([delivery(name) for name in "abc"])
    (segment,) = segments(tmp_path)
    os.truncate(segment, begins(segment, cut_before))
    assert (drained(spool), troubles) == (list(left), ["shortened"])
    assert (segments(tmp_path), spool.waiting) == ([], 0)


def test_a_segment_that_was_cut_is_told_once_and_written_on(
    spool: Spool, troubles: Troubles, tmp_path: Path
) -> None:
    spool.append([delivery(name) for name in "abc"])
    (segment,) = segments(tmp_path)
    os.truncate(segment, 0)
    spool.append([delivery("d")])
    assert troubles == ["shortened"]
    assert (drained(spool), troubles) == (["d"], ["shortened"])


def test_a_segment_that_was_cut_and_deleted_is_told(
    spool: Spool, troubles: Troubles, tmp_path: Path
) -> None:
    spool.append([delivery(name) for name in "abc"])
    (segment,) = segments(tmp_path)
    os.truncate(segment, begins(segment, "c"))
    segment.unlink()
    spool.append([delivery("d")])
    assert (drained(spool), troubles) == (["a", "b", "d"], ["shortened", "rescued"])


def test_what_is_written_into_a_segment_that_was_deleted_is_saved(
    spool: Spool, troubles: Troubles, tmp_path: Path
) -> None:
    spool.append([delivery("a")])
    segments(tmp_path)[0].unlink()
    spool.append([delivery("b")])
    assert (drained(spool), troubles) == (["a", "b"], ["rescued"])


def test_what_is_written_into_a_folder_that_was_deleted_is_saved(
    spool: Spool, troubles: Troubles, tmp_path: Path
) -> None:
    spool.append([delivery("a")])
    for folder in tmp_path.iterdir():
        shutil.rmtree(folder)
    spool.append([delivery("b")])
    assert len(segments(tmp_path)) == 1
    assert (drained(spool), troubles) == (["a", "b"], ["rescued"])


def test_what_is_written_into_a_folder_that_was_moved_away_is_saved(
    spool: Spool, tmp_path: Path
) -> None:
    spool.append([delivery("a")])
    segments(tmp_path)[0].parent.parent.rename(tmp_path / "elsewhere")
    spool.append([delivery("b")])
    assert drained(spool) == ["a", "b"]


def test_a_segment_that_vanishes_is_noticed_without_another_delivery(
    spool: Spool, tmp_path: Path
) -> None:
    spool.append([delivery("a")])
    segments(tmp_path)[0].unlink()
    spool.mend()
    assert len(segments(tmp_path)) == 1


def test_a_folder_that_vanished_is_made_again_before_anything_is_written(
    spool: Spool, tmp_path: Path
) -> None:
    for folder in tmp_path.iterdir():
        shutil.rmtree(folder)
    assert spool.has_room()
    spool.append([delivery("a")])
    assert drained(spool) == ["a"]


def test_what_vanished_for_good_holds_nothing_up(tmp_path: Path, troubles: Troubles) -> None:
    before = Spool(tmp_path, URL, 10_000)
    before.open(ID)
    before.append([delivery("gone")])
    before.close()
    spool = Spool(tmp_path, URL, 10_000, troubles.append)
    spool.open(ID)
    spool.append([delivery("here")])
    segments(tmp_path)[0].unlink()
    assert (drained(spool), troubles, spool.waiting) == (["here"], ["vanished"], 0)
    spool.close()


# Its folder


@pytest.mark.parametrize(
    "later",
    [
        "postgresql://desk:other@db.example:5432/desk",
        "postgresql+psycopg://admin@db.example:5432/desk?sslmode=require",
    ],
)
def test_a_password_that_changes_while_the_database_is_away_orphans_nothing(
    tmp_path: Path, later: str
) -> None:
    before = Spool(tmp_path, URL, 10_000)
    before.open()  # without the id: the database was never there
    before.append([delivery("a")])
    before.close()
    after = Spool(tmp_path, later, 10_000)
    after.open()
    assert drained(after) == ["a"]
    after.close()


def test_another_host_finds_by_the_id_what_waits(tmp_path: Path) -> None:
    before = Spool(tmp_path, URL, 10_000)
    before.open(ID)
    before.append([delivery("a")])
    before.close()
    after = Spool(tmp_path, "postgresql://desk@replica.example/desk", 10_000)
    after.open()  # the database is still away
    after.append([delivery("b")])
    after.belongs_to(ID)
    after.append([delivery("c")])
    assert sorted(drained(after)) == ["a", "b", "c"]
    after.close()


def test_what_an_older_release_left_is_taken_over(tmp_path: Path) -> None:
    before = Spool(tmp_path, URL, 10_000)
    before.open()
    before.append([delivery("a")])
    before.close()
    segments(tmp_path)[0].parent.parent.rename(by_url(tmp_path, URL))
    after = Spool(tmp_path, URL, 10_000)
    after.open(ID)
    assert drained(after) == ["a"]
    after.close()


def test_who_can_t_ask_the_database_finds_what_waits(spool: Spool, tmp_path: Path) -> None:
    spool.append([delivery("a")])
    assert waiting_bytes(tmp_path, URL) == spool.waiting > 0


def test_what_waits_under_no_name_of_ours_is_told(spool: Spool, tmp_path: Path) -> None:
    other = Spool(tmp_path, "postgresql://desk@moved.example/desk", 10_000)
    other.open()
    other.append([delivery("a")])
    assert spool.left_behind() == {}  # a living process holds it
    waiting = other.waiting
    other.close()
    assert list(spool.left_behind().values()) == [waiting]
