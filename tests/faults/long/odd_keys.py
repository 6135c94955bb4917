"""Keys as no desk gives them, and frames as no page sends them."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.access.connection import FRAGMENTS
from dashboard.access.sockets import STRANGERS_FRAME_BYTES
from simulator.delivery import encode
from tests.receiver.midbound import Posting, payload

KEPT = ("ann__smith", "__", "constructor", "__proto__", "toString", "名前", "Ünï-çode", "x" * 200)
"""Keys that a visitor's browser may choose: leads and visits that have them are there."""

_ODD = (
    *(key.encode() for key in KEPT),
    *(f"{key}@example.com".encode() for key in KEPT),
    *(b"", b"\0", b"a\0b", b"\n", b"a\r\nb", b"/", b"../..", b"a/__/b", b"%00", b"\xff\xfe", b"'"),
    *("\u202e\u2066".encode(), "\U0001f600".encode(), b"x" * 15_000, b"\0" * 10_000),
)
KEYS = st.one_of(
    st.sampled_from(_ODD),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=40),
    st.integers(1_000, 20_000).map(lambda length: "é".encode() * (length // 2)),
)
"""As bytes: not all of them are UTF-8."""

PAGES = (
    *("leads?lead", "sessions?sid", "companies?company", "leads?q", "sessions?country"),
    *("emails?country", "campaigns?utm_campaign", "dictionary?event", "leads?at", "live?q"),
    *("operations?at", "leads?company"),
)
"""Pages with a name in their address that takes a key."""

_LOOKUPS = ("/api/leads/{}", "/api/visitors/{}")
_OTHERS = (
    *("/api/export/leads.csv?q={}", "/api/export/sessions.csv?{}={}", "/api/export/{}.csv"),
    *(
        "/api/event.json?id={}",
        "/api/subject.json?lead={}",
        "/api/feed?{}={}",
        "/api/feed?after={}",
    ),
)


def visitors() -> Iterator[Posting]:
    """One with each key that is kept: as address, LinkedIn profile, visit and browser."""
    for number, key in enumerate(KEPT):
        event: dict[str, Any] = deepcopy(payload("identity.resolved"))
        data = event["data"]
        event["id"] = f"evt_odd_{number}"
        data["session"] |= {"sid": key, "vid": key}
        data["attribution"] |= {"sessionId": key, "vid": key}
        data["identity"]["emails"] = [{"value": f"{key}@example.com", "type": "professional"}]
        yield Posting(event["id"], encode(event))


def routes(key: bytes) -> Iterator[tuple[str, bool]]:
    """Addresses of all routes with a key in them, and whether they are for machines."""
    said = quote(key, safe="")
    for form in _LOOKUPS:
        yield form.replace("{}", said), True
    for form in _OTHERS:
        yield form.replace("{}", said), False


def rerun(page: str, query: str, *, states: int = 0, size: int = 10) -> bytes:
    """What a page sends to be drawn, with so many invented states of widgets."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    for number in range(states):
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = f"$$ID-{number}-__proto__", "x" * size
    frame: bytes = message.SerializeToString()
    return frame


def _of_other_kinds(key: bytes) -> bytes:
    """Requests of Streamlit's that no page of ours makes."""
    message = BackMsg()
    message.file_urls_request.request_id = quote(key)
    frame: bytes = message.SerializeToString()
    return frame


def _raw(opcode: int, content: bytes) -> bytes:
    """A frame by the letter of RFC 6455, masked by zeros; the opcode may be none."""
    return bytes([0x80 | opcode, 0x80 | min(len(content), 125)]) + bytes(4) + content[:125]


Frame = tuple[str, str | bytes | list[bytes]]


def frames(key: bytes) -> Iterator[Frame]:
    """What a stranger sends, each on a socket of its own: how (`whole`, in `pieces`, as `raw`
    bytes), and what.
    """
    said = quote(key, safe="")[:5_000]
    yield "whole", key.decode("utf-8", "replace")
    yield "whole", key
    yield "whole", _of_other_kinds(key)[:STRANGERS_FRAME_BYTES]
    yield "whole", rerun("leads", f"lead={said}")
    yield "whole", rerun(said, f"{said}={said}", states=100)
    yield "whole", rerun("live", "", states=10, size=2 * STRANGERS_FRAME_BYTES)
    yield "pieces", [b""] * (FRAGMENTS + 10)
    yield "pieces", [key[:1_000]] * (FRAGMENTS + 10)
    yield "raw", _raw(0x0B, key)
    yield "raw", _raw(0x09, key) * 100
    yield "raw", key or b"\0"
