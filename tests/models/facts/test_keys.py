"""Normal forms: one thing has one name, the one that the reference finds."""

import unicodedata
from collections.abc import Callable
from functools import partial
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.facts.former_names import address_key_of_0_1, linkedin_key_of_0_1
from models.facts.keys import address_key, country_of, domain_key, linkedin_key, linkedin_page
from models.facts.phones import e164
from models.facts.public_domains import is_public
from tests.effort import examples
from tests.quickest import quickest
from tests.reference import fields
from tests.reference.pools import ADDRESSES, COMPANIES, PEOPLE, PHONES

MOST_S = 0.2
_PIECES = (
    "https://", "//", "www.", "linkedin.com", "/in/", "/", "/pub/", "sales/lead/", "%C3%A9", "%E9",
    "%00", "e\u0301", "\u00e9", "?a=b", "#x", "me", "acme", ".com", "gmail", ".", ":80", "@", "<",
    ">", '"', "'", ",", "mailto:", "MAILTO:", "\u200b", "\ufeff", "\u00ad", "\uff20", "\u3164",
    "xn--mnchen-3ya", "xn--", "\u0130", "\u1e9e", "A", "b", "1", " ", "\t", "[", "]", "\ufdfa",
)  # fmt: skip
nasty = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=12).map("".join)
written = st.one_of(nasty, st.sampled_from((*ADDRESSES, *PEOPLE)))


def _can_be_derived(text: str) -> str:
    """As `reading` hands it on."""
    return fields.clean(text)


@settings(max_examples=examples(200), deadline=None)
@given(written)
def test_an_address_is_what_the_reference_says_and_its_own_normal_form(raw: str) -> None:
    key = address_key(_can_be_derived(raw))
    assert key == fields.address_of(_can_be_derived(raw))
    assert key is None or address_key(key) == key


@settings(max_examples=examples(200), deadline=None)
@given(st.one_of(nasty, st.sampled_from(tuple(str(c.get("domain")) for c in COMPANIES))))
def test_a_domain_is_never_anybodys_and_its_own_normal_form(raw: str) -> None:
    key = domain_key(_can_be_derived(raw))
    assert key == fields.company_domain({"domain": _can_be_derived(raw)})
    if key is not None:
        assert domain_key(key) == key
        assert not is_public(key)
        assert not set(key) & set(" /?#:@")


@settings(max_examples=examples(200), deadline=None)
@given(written)
def test_a_linkedin_key_names_a_profile_and_holds_nothing_that_no_database_takes(raw: str) -> None:
    key = linkedin_key(_can_be_derived(raw))
    assert key == fields.linkedin_key(_can_be_derived(raw))
    if key is not None:
        assert linkedin_key(key) == linkedin_key(f"https://{key}") == key
        assert key.startswith(("linkedin.com/in/", "linkedin.com/pub/", "linkedin.com/sales/"))
        assert "\0" not in key
        assert key == unicodedata.normalize("NFC", key)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=6))
def test_a_linkedin_key_read_once_more_means_the_same_human(pieces: list[str]) -> None:
    encoded = _can_be_derived("".join(pieces).replace("/", "%2f").replace("?", "%3F"))
    for raw in (f"linkedin.com/in/{encoded}", f"linkedin.com/pub/{encoded}/{encoded}"):
        key = linkedin_key(raw)
        assert key == fields.linkedin_key(raw)
        assert key is None or linkedin_key(key) == linkedin_key(f"https://{key}") == key


@pytest.mark.parametrize(
    "segment", ["a%3Fb", "a%2Fb", "a%23b", "a%2541", "a%00b", "a%0Ab", "a%C2%85b", "a%20", "%20a"]
)
def test_a_segment_that_would_mean_more_in_an_address_names_nobody(segment: str) -> None:
    assert linkedin_key(f"https://linkedin.com/in/{segment}") is None
    assert linkedin_key(f"https://linkedin.com/in/ann/{segment}") == "linkedin.com/in/ann"


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        (address_key, "mailto:" * 1160 + "\u00e9@x.de"),
        (address_key, "a@" + "xn--mnchen-3ya." * 540 + "de"),
        (address_key, "<." * 4000 + "a@x.de" + " ." * 4000),
        (address_key, "a\u0301\u0316" * 4000 + "@x.de"),
        (domain_key, "xn--mnchen-3ya." * 540 + "de"),
        (domain_key, "a." + "a" * 8000 + "!"),
        (domain_key, "a" + "\u0301\u0316" * 4000 + ".de"),
        (domain_key, "www." * 2000 + "acme.com"),
        (linkedin_key, "a" + "\u0301\u0316" * 4000 + ".linkedin.com.x/in/x"),
        (linkedin_key, "linkedin.com/in/" + "\u0301\u0316" * 4000),
        (linkedin_page, "a" + "\u0301\u0316" * 4000 + ".linkedin.com.x/company/x"),
    ],
)
def test_what_is_too_long_to_be_a_name_is_not_taken_apart(
    key: Callable[[str], str | None], raw: str
) -> None:
    assert quickest(lambda: _seconds(key, raw, None), MOST_S) < MOST_S


def test_what_stands_around_a_name_is_taken_off_at_once() -> None:
    for raw in ("mailto:" * 85 + "\u00e9@x.de", "<. " * 90 + "\u00e9@x.de" + " .>" * 90):
        took = partial(_seconds, address_key, raw, "\u00e9@x.de")
        assert quickest(took, MOST_S) < MOST_S


def _seconds(key: Callable[[str], str | None], raw: str, right: str | None) -> float:
    """CPU seconds that a key takes, which has to be right."""
    began = process_time()
    assert key(raw) == right
    return process_time() - began


@pytest.mark.parametrize(
    "raw",
    [
        "https://linkedin.com/profile/view?id=1", "https://linkedin.com/in/",
        "https://linkedin.com/authwall", "https://linkedin.com/feed/", "linkedin.com/company/acme",
        "linkedin.com/in/me", "linkedin.com/in/UNAVAILABLE/", "linkedin.com/in/null",
        "linkedin.com/in/undefined/en", "linkedin.com/in/%20", "linkedin.com/sales/lead/",
        "linkedin.com/pub/dir/ann/lee", "linkedin.com/sales/company/1", "linkedin.com",
    ],
)  # fmt: skip
def test_a_page_that_is_no_profile_names_nobody(raw: str) -> None:
    assert linkedin_key(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "https://www.linkedin.com/in/r%C3%A9da", "linkedin.com/in/R\u00c9DA/",
        "hu.linkedin.com/in/re\u0301da/en", "//linkedin.com//in//r%c3%a9da/details/skills/",
        "http://m.linkedin.com:80/%69n/re%CC%81da?trk=x#y",
    ],
)  # fmt: skip
def test_a_profile_has_one_key_however_it_is_written(raw: str) -> None:
    assert linkedin_key(raw) == "linkedin.com/in/r\u00e9da"


def test_two_names_that_are_not_utf_8_do_not_become_one() -> None:
    assert linkedin_key("linkedin.com/in/r%E9da") != linkedin_key("linkedin.com/in/r%E8da")


def test_a_companys_page_can_still_be_linked_to() -> None:
    assert linkedin_page("www.linkedin.com/company/Acme/") == "https://linkedin.com/company/acme"
    assert linkedin_page("https://evil.example/linkedin.com/company/acme") is None


@pytest.mark.parametrize(
    "raw",
    [
        "gmail.com", "http://www.GMAIL.com/", "hey.com", "tuta.io", "linkedin.com",
        "pt.linkedin.com/company/x", "m.facebook.com", "n/a", "N/A", "none", "-", "null",
        "example.com", "localhost", "127.0.0.1", "[::1]", "", ".", "www.", "two words.com",
    ],
)  # fmt: skip
def test_a_domain_that_is_nobodys_is_no_companys_key(raw: str) -> None:
    assert domain_key(raw) is None


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("https://acme.com", "acme.com"), ("acme.com/", "acme.com"), ("acme.com.", "acme.com"),
        ("WWW.Acme.com:443/x?y#z", "acme.com"), ("xn--mnchen-3ya.de", "m\u00fcnchen.de"),
        ("www.www.acme.com", "acme.com"), ("acme.com,", "acme.com"), ("acme.com;", "acme.com"),
        ("xn--mnchen\u200b-3ya.de", "m\u00fcnchen.de"), ("acme.com\u200b:80", "acme.com"),
        ("MU\u0308NCHEN.de", "m\u00fcnchen.de"), ("mail.acme.com", "mail.acme.com"),
        ("notlinkedin.com", "notlinkedin.com"), ("acme.example", "acme.example"),
    ],
)  # fmt: skip
def test_a_domain_has_one_form_however_it_is_written(raw: str, domain: str) -> None:
    assert domain_key(raw) == domain


@pytest.mark.parametrize(
    ("code", "name", "country"),
    [
        ("XX", "Portugal", "PT"), ("T1", "Portugal", "PT"), ("eu", "Portugal", "PT"),
        ("AP", None, None), ("ZZ", "EU", None), ("QQ", "Portugal", "PT"), ("QQ", None, "QQ"),
        ("pt", "Spain", "PT"), (None, "Atlantis", "Atlantis"),
    ],
)  # fmt: skip
def test_a_code_of_no_country_leaves_it_to_the_name(
    code: str | None, name: str | None, country: str | None
) -> None:
    assert country_of(code, name) == country


@pytest.mark.parametrize(
    ("number", "country", "found"),
    [
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("\u202a+351 913 168 884\u202c", None, "+351913168884"),
        ("020\u20137946\u20130958", "GB", "+442079460958"),
        ("913 168 884", "PT", "+351913168884"),
        ("913 168 884", None, None),
        ("+0000000", "PT", None),
        ("=1+1", "US", None),
        ("9" * 1000, "US", None),
    ],
)
def test_a_phone_is_e164_where_a_number_is_possible(
    number: str, country: str | None, found: str | None
) -> None:
    assert e164(number, country) == found


@given(
    st.one_of(st.sampled_from(PHONES), st.text(max_size=20)), st.sampled_from(("PT", "US", "XX"))
)
def test_any_phone_is_e164_or_none(number: str, country: str) -> None:
    found = e164(number, country)
    assert found == fields.e164(number, country)
    assert found is None or (found[0] == "+" and found[1:].isdigit() and found.isascii())


def test_former_keys_are_what_the_first_release_made_of_them() -> None:
    assert linkedin_key_of_0_1("https://PT.linkedin.com/In/R%C3%A9da/en/?x") == (
        "linkedin.com/in/r%c3%a9da/en"
    )
    assert linkedin_key_of_0_1("https://example.com/in/x") is None
    assert address_key_of_0_1(" <Ann@X.io> ") == "<ann@x.io>"
    assert address_key_of_0_1("a@b@c") is None
