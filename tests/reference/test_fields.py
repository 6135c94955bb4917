"""The reference's own normal forms, on examples worked out by hand."""

import pytest

from tests.reference.fields import address_of, company_key, linkedin_key

Json = dict[str, object]


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("https://linkedin.com/in/ptrtht", "linkedin.com/in/ptrtht"),
        (" HTTP://pt.LinkedIn.com:443/In/X//?a=b#c ", "linkedin.com/in/x"),
        ("//m.linkedin.com/in/x", "linkedin.com/in/x"),
        ("u@linkedin.com/in/x", "linkedin.com/in/x"),
        ("https://linkedin.com/?in/x", None),
        ("https://notlinkedin.com/in/x", None),
        ("https://evil.example/linkedin.com/in/x", None),
        ("ftp://linkedin.com/in/x", None),
        ("linkedin.com/in/r%C3%A9da/en", "linkedin.com/in/r\u00e9da"),
        ("linkedin.com/in/RE\u0301DA", "linkedin.com/in/r\u00e9da"),
        ("linkedin.com//in//x/details/skills", "linkedin.com/in/x"),
        ("linkedin.com/sales/Lead/ACw1", "linkedin.com/sales/lead/acw1"),
        ("linkedin.com/sales/people/1", "linkedin.com/sales/people/1"),
        ("linkedin.com/pub/ann-lee/1/2/3", "linkedin.com/pub/ann-lee/1/2/3"),
        ("linkedin.com/in/", None),
        ("linkedin.com/in/me", None),
        ("linkedin.com/profile/view?id=1", None),
        ("linkedin.com/company/acme", None),
        ("linkedin.com/" + "x" * 500, None),
    ],
)
def test_linkedin_urls_are_normalised(raw: str, key: str | None) -> None:
    assert linkedin_key(raw) == key


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (" A@X.io\n", "a@x.io"),
        ("a@b@c", None),
        ("@x", None),
        ("a@", None),
        ("a b@x", None),
        ("'mailto:<A\u200b@x.io>.',", "a@x.io"),
        ("a\uff20xn--mnchen-3ya.de", "a@m\u00fcnchen.de"),
        ("mailto:", None),
    ],
)
def test_addresses_are_normalised(raw: str, address: str | None) -> None:
    assert address_of(raw) == address


@pytest.mark.parametrize(
    ("company", "key"),
    [
        ({"domain": " WWW.Acme.com ", "linkedinId": "1"}, "acme.com"),
        ({"domain": "www.", "linkedinId": " 98765 "}, "linkedin:98765"),
        ({"domain": "x" * 254, "linkedinId": 5, "name": " Acme \t INC "}, "name:acme inc"),
        ({"name": " "}, None),
        ({"domain": "https://WWW.acme.com:8080/x"}, "acme.com"),
        ({"domain": "xn--mnchen-3ya.de."}, "m\u00fcnchen.de"),
        ({"domain": "gmail.com", "linkedinId": "7"}, "linkedin:7"),
        ({"domain": "pt.linkedin.com/company/x", "name": "X"}, "name:x"),
        ({"domain": "n/a", "name": "X"}, "name:x"),
    ],
)
def test_companies_are_keyed_by_domain_else_linkedin_id_else_name(
    company: Json, key: str | None
) -> None:
    assert company_key(company) == key
