"""The small pools from which streams of deliveries are drawn; the first of each is the plainest."""

Json = dict[str, object]

START = 1_739_571_900_000  # 2025-02-14T22:25:00Z, ms

TYPES = (
    "identity.resolved",
    "identity.qualified",
    "identity.enriched",
    "identity.validated",
    "identity.session.finalized",
)
# One neighbourhood's names: `{n}` is its number. Code points beyond the BMP sort after U+FFEE,
# which UTF-16 has the other way round.
VIDS = ("v{n}a", "v{n}b", "v{n}c", "v{n}d", "V{n}a", "v{n}\U0001f600", "v{n}\uffee")
SIDS = (
    "s{n}1",
    "s{n}2",
    "s{n}3",
    "s{n}4",
    "s{n}5",
    "S{n}1",
    "s{n}\U0001f600",
    "s{n}\uffee",
    "=s{n}",
)
ADDRESSES = (
    "ann{n}@acme.com",
    "bob{n}@acme.com",
    "cy{n}@gmail.com",
    "info@acme{n}.com",
    "dee{n}@gmail.com",
    "\u00e9va{n}@posta.hu",
    "zo\U0001f600{n}@x.io",
    " Ann{n}@ACME.com\t",
    "CY{n}@Gmail.com",
    "=ed{n}@x.io",
    "Sales@everyone.com",
    "info+{n}@acme.com",
    "not an address{n}@x.io",
    "two@at{n}@x.io",
    "@x{n}.io",
    "plain{n}",
    "long{n}" + "x" * 320 + "@x.io",
)
PEOPLE = (
    "https://linkedin.com/in/p{n}",
    "linkedin.com/in/q{n}",
    "https://www.linkedin.com/in/P{n}/",
    "HTTP://pt.LinkedIn.com:443/in/q{n}//?utm=1#top",
    " //m.linkedin.com/in/p{n}#x ",
    "https://user@linkedin.com/in/\u00e9{n}",
    "https://www.linkedin.com/in/\U0001f600{n}?a=b",
    "https://evil.example/linkedin.com/in/p{n}",
    "https://notlinkedin.com/in/p{n}",
    "https://linkedin.com/",
    "javascript:alert({n})",
    "https://linkedin.com/in/{n}" + "x" * 500,
)
COMPANIES: tuple[Json, ...] = (
    {"name": "Acme {n}", "domain": "acme{n}.com"},
    {"name": "Acme {n} Inc", "domain": " WWW.Acme{n}.COM "},
    {"name": "Beta {n}", "linkedinId": "9{n}"},
    {"name": "Beta {n}", "linkedinId": " 9{n} ", "domain": ""},
    {"name": "  Gamma \t {n}  Co ", "domain": None},
    {"name": "GAMMA {n} CO", "domain": "x" * 254},
    {"name": "@Delta {n}", "linkedinId": 7},
    {"name": "\U0001f600 {n}", "linkedinId": "9" * 256},
    {"name": "Long {n} " + "x" * 255},
    {"domain": "www.www.acme{n}.com"},
    {"domain": "www."},
    {"name": " "},
)
TEXTS = (
    "plain",
    "",
    '=HYPERLINK("http://evil","x")',
    "+1 (555) 01",
    "-1+1",
    "@SUM(A1)",
    "\ttab",
    "\rreturn",
    'a "quoted", text',
    "two\nlines",
    "two\rlines",
    " padded ",
    "nul\0nul",
    "lone \ud83d surrogate",
    "\U0001f600\u202e beyond",
    "<script>alert(1)</script>",
    "x" * 501,
)
COUNTRIES = ("PT", "pt", "Portugal", "United States", "US", "Atlantis", "", "=1")
PHONES = ("+351913168884", "+12", "0351 913", "=1+1", "", "+1234567890123456", "+" + "\u0663" * 8)
ENRICHED = (
    "2025-02-14T22:05:08Z",  # older than all that is created
    "2025-02-14T22:25:01Z",  # within
    "2025-02-14T22:25:02.000999",
    "2025-02-14T23:25:01.500+01:00",
    "2025-02-14",
    "2026-01-01T00:00:00Z",  # later than all
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "yesterday",
    "",
)
VALIDITIES = (None, "valid", "invalid", "catch_all", "valid_catch_all", "unheard_of", "", "Valid")
NUMBERS = (8, 12.5, -3, 0, 8.0, 1e21, 5e-324, 2**53 + 1, 2**63 - 1, 2**63, "8", True, None)
# What a broken field may hold instead.
BROKEN: tuple[object, ...] = (
    None, "", 0, -1, 1.5, 1e3, True, "x", [], {}, [1], ["x", None], [[]], "NaN", float("nan"),
    float("inf"), 253_402_300_799_999, 253_402_300_800_000, 2**63, 10**400, 1e300, "\0", "\ud800",
    '=cmd|" /C calc"!A0', "x" * 255, "x" * 256, "x" * 600,
)  # fmt: skip
NO_EVENTS = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"id": "evt", "type": "identity.resolved"}',
    b'{"id": "evt", "type": "=new.type", "created": "1739571900000", "data": {}}',
    b'{"id": "evt", "type": "nul\\u0000\\ud800", "created": NaN}',
    b'{"id": "evt", "type": "identity.resolved", "created": 1739571900000, "data": []}',
    b'{"id": "evt", "type": "identity.resolved", "created": 1739571900000, "data": {}, "deep": '
    + b"[" * 50_000
    + b"]" * 50_000
    + b"}",
)
