"""Requests in which anything may be wrong, as bytes: no client library mends them.

What Hypothesis draws takes longer than to send it. So it draws faults, and each makes a request of
its own that is right but for it, which gets further than one in which all is wrong at once; that
one is sent, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.receiver.midbound import PATH, Posting, headers

SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")

Values = Mapping[str, list[bytes]]
"""Header lines by name: none, one or several."""

_WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
_VALUE = st.one_of(
    st.binary(max_size=60),
    _WORD.map(str.encode),
    st.integers(-(10**20), 10**20).map(lambda number: str(number).encode()),
    st.from_regex(rb"v1a?,[A-Za-z0-9+/=]{0,48}( v1,[A-Za-z0-9+/=]{0,48})?", fullmatch=True),
    st.integers(1_000, 20_000).map(lambda length: b"x" * length),
).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
_BODY = st.one_of(
    st.binary(max_size=300),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    ).map(lambda tree: repr(tree).encode(errors="replace")),
    st.integers(1_000, 100_000).map(lambda depth: b"[" * depth),
)
_METHOD = st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
_TARGET = st.one_of(
    st.sampled_from(["/", "/healthz", "/metrics", "/docs", "/openapi.json", PATH + "/", "*"]),
    st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), max_size=60).map(
        lambda text: f"/{text}"
    ),
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong: instead of which method, target, signature's headers; beside them; the body,
    which is signed as it is.
    """

    webhook_id: str
    method: str
    target: str
    signed: Values
    others: Values
    body: bytes

    def requests(self) -> Iterator[bytes]:
        """One for each fault, and one with all of them; `PER_DRAW` in all."""
        right = {
            name: [value.encode()]
            for name, value in headers(Posting(self.webhook_id, self.body)).items()
        }
        yield self._request("POST", PATH, {**right, **self.others})
        yield self._request(self.method, PATH, right)
        yield self._request("POST", self.target, right)
        for name in SIGNED:
            yield self._request("POST", PATH, {**right, name: self.signed[name]})
        yield self._request(self.method, self.target, {**right, **self.signed, **self.others})
        # In odd forms, but right.
        offer = {"Connection": [b"Upgrade, HTTP2-Settings"], "Upgrade": [b"h2c"]}
        yield self._request("POST", PATH, {**right, **offer})
        blanks = {name: [b"  " + value + b" \t" for value in its] for name, its in right.items()}
        listed = [b"hello  " + value for value in right["webhook-signature"]]
        yield self._request("POST", f"{PATH}/", {**blanks, "webhook-signature": listed})

    def halves(self) -> Iterator[bytes]:
        """Cut off in the head, and in the body; whoever sends these hangs up."""
        right = {
            name: [value.encode()]
            for name, value in headers(Posting(self.webhook_id, self.body)).items()
        }
        whole = self._request("POST", PATH, right)
        yield whole[: len(whole) // 3]
        yield whole[: len(whole) - len(self.body) // 2 - 1]

    def _request(self, method: str, target: str, fields: Values) -> bytes:
        """Complete, so that nobody waits for more."""
        lines = [f"{method} {target} HTTP/1.1".encode(), b"Host: 127.0.0.1"]
        lines += [name.encode() + b": " + value for name, its in fields.items() for value in its]
        lines += [b"Connection: close", b"Content-Length: %d" % len(self.body)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


PER_DRAW = 6 + len(SIGNED)

FAULTS = st.builds(
    Faults,
    webhook_id=_WORD,
    method=_METHOD,
    target=_TARGET,
    signed=st.fixed_dictionaries(dict.fromkeys(SIGNED, st.lists(_VALUE, max_size=2))),
    others=st.dictionaries(
        st.just("content-type") | _WORD.map(lambda word: f"X-{word}"),
        st.lists(_VALUE, min_size=1, max_size=2),
        max_size=3,
    ),
    body=_BODY,
)
