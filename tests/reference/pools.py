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
    # One address in many spellings.
    "mailto:ann{n}@acme.com",
    "<ann{n}@acme.com>",
    ' "MAILTO:<ann{n}@acme.com>", ',
    "ann{n}@acme.com.",
    "a\u200bnn{n}@ac\u00adme.com\ufeff",
    "\uff21nn{n}\uff20acme\uff0ecom",
    "\u2018ann{n}@acme.com\u2019;",
    "e\u0301va{n}@posta.hu",
    "ann{n}@xn--mnchen-3ya.de",
    "Ann{n}@M\u00dcNCHEN.de",
    "ann{n}@mu\u0308nchen.de",
    "ann{n}@xn--zzzzzzzz-.de",
    "<@>",
    "\u200b",
    ".,.",
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
    # One profile in many spellings, and pages that are none.
    "https://linkedin.com/in/p{n}/en",
    "https://www.linkedin.com//in//p{n}/details/skills/?a=b",
    "linkedin.com/%69n/%50{n}",
    "https://linkedin.com/in/r%C3%A9da{n}",
    "https://linkedin.com/in/R\u00c9DA{n}",
    "https://linkedin.com/in/re\u0301da{n}",
    "https://linkedin.com/in/r%E9da{n}",
    "https://linkedin.com/in/nul%00{n}",
    "https://linkedin.com/in/a%2Fb{n}",
    "https://www.linkedin.com/pub/p{n}/1/2/3",
    "https://linkedin.com/pub/dir/p{n}/q",
    "https://linkedin.com/sales/lead/ACw{n},NAME_SEARCH,x",
    "https://linkedin.com/sales/people/acw{n}/",
    "https://linkedin.com/sales/account/{n}",
    "https://linkedin.com/profile/view?id={n}",
    "https://linkedin.com/company/acme{n}",
    "https://linkedin.com/in/",
    "https://linkedin.com/in/me",
    "https://linkedin.com/in/Undefined/",
    "https://linkedin.com/in/%20",
    "https://linkedin.com/authwall?trk=p{n}",
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
    {"domain": "https://www.acme{n}.com:443/about?x#y", "linkedinId": "9{n}"},
    {"domain": "acme{n}.com/"},
    {"domain": "//ACME{n}.com."},
    {"domain": "ann@acme{n}.com", "name": "Acme {n}"},
    {"domain": "xn--mnchen{n}-3ya.de", "name": "M {n}"},
    {"domain": "xn--mnchen-3ya.de", "name": "M {n}"},
    {"domain": "M\u00dcnchen.de"},
    {"domain": "mu\u0308nchen.de."},
    {"domain": "gmail.com", "linkedinId": "9{n}"},
    {"domain": "http://www.Gmail.com/", "name": "Gamma {n} co"},
    {"domain": "pt.linkedin.com/company/beta", "name": "Beta {n}"},
    {"domain": "n/a", "name": "Beta {n}"},
    {"domain": "example.com", "name": "Beta {n}"},
    {"domain": "127.0.0.1:80", "name": "Beta {n}"},
    {"domain": "acme {n}.com", "name": "Beta {n}"},
    {"domain": "[::1]", "name": "Beta {n}"},
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
    "two\r\nlines",
    "x;=cmd|' /C calc'!A0",
    "x\t=1+1\n-2\r\n@SUM(A1);\t;+",
    "\uff1dfull;\uff0bwidth\n\uff0d1;\uff20x",
    "\nline",
    " padded ",
    "nul\0nul",
    "lone \ud83d surrogate",
    "\U0001f600\u202e beyond",
    "<script>alert(1)</script>",
    "x" * 501,
    "\u200b \u2800\u3164",
    "\u00ad",
    "y" * 8193,
)
COUNTRIES = (
    "PT", "pt", "Portugal", "United States", "US", "Atlantis", "", "=1", "XX", "t1", "EU", "AP",
    "ZZ", " gb ", "QQ",
)  # fmt: skip
PHONES = (
    "+351913168884", "+12", "0351 913", "=1+1", "", "+1234567890123456", "+" + "\u0663" * 8,
    "+44 (0)20 7946 0958", "\u202a+351 913 168 884\u202c", "913 168 884", "020\u20137946\u20130958",
    "(212) 555-1234", "+0000000", "7946 0958", "00351913168884", "+1 212 555 1234 ext. 9",
    "9" * 300,
)  # fmt: skip
# A clock that is wrong: how far after receipt, ms.
AHEAD = (86_400_000, 86_400_001, 31_536_000_000, 100 * 31_536_000_000)
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
