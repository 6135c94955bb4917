"""Bodies in the ledger: packed, and the exact bytes back, years later, too."""

import hashlib
import zlib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ledger.packing import pack, unpack
from tests.receiver.midbound import example


@given(st.binary())
def test_a_body_comes_back_byte_for_byte(body: bytes) -> None:
    assert unpack(pack(body)) == body


def test_a_body_packed_without_the_dictionary_comes_back_too() -> None:
    # As the ledger's first rows were.
    assert unpack(zlib.compress(b"a body", 1)) == b"a body"


def test_the_dictionary_is_the_one_that_bodies_were_packed_with() -> None:
    dictionary = (files("models.ledger") / "ledger.dictionary").read_bytes()
    assert hashlib.sha256(dictionary).hexdigest() == (
        "c7129f22565ea04a942b16fc85776ae9bbba5c5872097990c30906f120d56de0"
    )


def test_what_bodies_have_in_common_is_not_kept_with_each() -> None:
    body = example("identity.enriched").body.replace(b"e", b"3")
    assert len(pack(body)) < len(zlib.compress(body, 9))


@pytest.mark.parametrize("keep", [1, -1])
def test_a_packed_body_that_is_cut_off_is_an_error(keep: int) -> None:
    packed = pack(b"a body that is long enough to be cut")
    with pytest.raises(zlib.error):
        unpack(packed[:keep])


def test_an_erased_body_is_empty() -> None:
    assert unpack(b"") == b""
