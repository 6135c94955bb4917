"""Channels by GA4's default groups: a case a line, and what must hold for any visit."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts.channels import CHANNELS, channel_of, referrer_host

OWN = "https://www.acme.com/pricing"

TAGGED = [
    # source, medium, channel
    ("google", "cpc", "Paid Search"),
    ("Google ", "CPC", "Paid Search"),
    ("bing", "ppc", "Paid Search"),
    ("duckduckgo.com", "paid", "Paid Search"),
    ("google", "cpm", "Paid Search"),
    ("google", "retargeting", "Paid Search"),
    ("facebook", "cpc", "Paid Social"),
    ("fb", "paid_social", "Paid Social"),
    ("ig", "paid", "Paid Social"),
    ("linkedin", "cpc", "Paid Social"),
    ("www.linkedin.com", "paidsocial", "Paid Social"),
    ("lnkd.in", "cpc", "Paid Social"),
    ("x", "cpc", "Paid Social"),
    ("t.co", "cpc", "Paid Social"),
    ("youtube", "cpv", "Paid Video"),
    ("youtube", "cpc", "Paid Video"),
    ("yt", "paid", "Paid Video"),
    ("youtu.be", "ppc", "Paid Video"),
    ("partner", "paid_video", "Paid Video"),
    ("partner", "paid-shopping", "Paid Shopping"),
    ("google", "shopping_cpc", "Paid Shopping"),
    ("partner", "display", "Display"),
    ("partner", "Banner", "Display"),
    ("partner", "cpm", "Display"),
    ("partner", "interstitial", "Display"),
    ("partner", "expandable", "Display"),
    ("partner", "cpa", "Paid Other"),
    ("partner", "cpc", "Paid Other"),
    ("partner", "paid", "Paid Other"),
    ("", "cpc", "Paid Other"),
    ("google", "shopping", "Organic Shopping"),
    ("linkedin", "", "Organic Social"),
    ("linkedin", "post", "Organic Social"),
    ("LinkedIn", "organic", "Organic Social"),
    ("m.facebook.com", "", "Organic Social"),
    ("l.instagram.com", "referral", "Organic Social"),
    ("reddit", "", "Organic Social"),
    ("partner", "social", "Organic Social"),
    ("partner", "social media", "Organic Social"),
    ("partner", "sm", "Organic Social"),
    ("youtube", "", "Organic Video"),
    ("youtube.com", "referral", "Organic Video"),
    ("partner", "video", "Organic Video"),
    ("google", "organic", "Organic Search"),
    ("google", "", "Organic Search"),
    ("www.google.pt", "", "Organic Search"),
    ("google.co.uk", "", "Organic Search"),
    ("ecosia.org", "", "Organic Search"),
    ("partner", "organic", "Organic Search"),
    ("chatgpt", "", "AI Assistants"),
    ("chatgpt.com", "", "AI Assistants"),
    ("chatgpt.com", "referral", "AI Assistants"),
    ("perplexity", "cpc", "AI Assistants"),
    ("claude.ai", "organic", "AI Assistants"),
    ("copilot.microsoft.com", "", "AI Assistants"),
    ("newsletter", "email", "Email"),
    ("email", "", "Email"),
    ("hubspot", "e-mail", "Email"),
    ("hubspot", "E_Mail", "Email"),
    ("partner", "affiliate", "Affiliates"),
    ("partner", "affiliates", "Unassigned"),
    ("partner", "referral", "Referral"),
    ("partner", "app", "Referral"),
    ("partner", "link", "Referral"),
    ("podcast", "audio", "Audio"),
    ("twilio", "sms", "SMS"),
    ("sms", "", "SMS"),
    ("firebase", "", "Mobile Push"),
    ("app", "web-push", "Mobile Push"),
    ("app", "notification", "Mobile Push"),
    ("app", "mobile_banner", "Mobile Push"),
    ("(direct)", "(none)", "Direct"),
    ("(direct)", "", "Direct"),
    ("partner", "", "Unassigned"),
    ("acme-partner.example", "", "Unassigned"),
    ("partner", "brochure", "Unassigned"),
]


@pytest.mark.parametrize(("source", "medium", "channel"), TAGGED)
def test_a_tagged_visit(source: str, medium: str, channel: str) -> None:

    assert channel_of(source or None, medium or None, "https://elsewhere.example/", OWN) == channel


NO_LINKS = [
    "about:blank", "about:srcdoc", "About:Client", "data:text/html,news.example",
    "javascript:void(0)",
    "javascript:open('https://news.example/')", "file:///C:/offer.html", "file://server/offer.html",
    "blob:https://news.example/1", "view-source:https://news.example/", "mailto:ann@news.example",
    "tel:+123", "chrome-extension://abcdef/page.html", "moz-extension://a-b/",
    "ios-app://544007664/", "content://com.reddit.frontpage/1", "ftp://news.example/", "http:",
    "https://", "https:news.example", "//",
]  # fmt: skip
"""What a browser may call its referrer, and no site or app that linked here."""

REFERRED = [
    ("https://www.google.com/", "Organic Search"),
    ("https://www.google.com.br/search?q=x", "Organic Search"),
    ("http://de.search.yahoo.com/", "Organic Search"),
    ("https://duckduckgo.com", "Organic Search"),
    ("android-app://com.google.android.googlequicksearchbox/", "Organic Search"),
    ("https://mail.google.com/mail/", "Referral"),
    ("https://www.linkedin.com/feed/", "Organic Social"),
    ("https://lnkd.in/abc", "Organic Social"),
    ("https://t.co/xyz", "Organic Social"),
    ("https://x.com/somebody", "Organic Social"),
    ("https://x.com/i/grok", "AI Assistants"),
    ("https://x.com/i/grok/share/1", "AI Assistants"),
    ("https://x.com/i/grokking", "Organic Social"),
    ("https://old.reddit.com/r/x", "Organic Social"),
    ("https://m.youtube.com/watch?v=1", "Organic Video"),
    ("https://youtu.be/1", "Organic Video"),
    ("https://chatgpt.com/", "AI Assistants"),
    ("https://gemini.google.com/app", "AI Assistants"),
    ("https://www.perplexity.ai/search", "AI Assistants"),
    ("https://news.example/article", "Referral"),
    ("news.example/article", "Referral"),
    ("https://notgoogle.com/", "Referral"),
    ("https://google.com.evil.example/", "Referral"),
    ("https://acme.com/blog", "Direct"),
    ("https://www.acme.com/", "Direct"),
    ("http://blog.acme.com", "Direct"),
    ("https://notacme.com/", "Referral"),
    ("https://[oops", "Direct"),
    ("", "Direct"),
    ("HTTP://News.example:8080/", "Referral"),
    ("https://intranet/start", "Referral"),
    ("//news.example/article", "Referral"),
    ("news.example:8080/article", "Referral"),
    ("android-app://com.google.android.gm/", "Referral"),
    ("android-app://com.reddit.frontpage/", "Organic Social"),
    *((said, "Direct") for said in NO_LINKS),
]


@pytest.mark.parametrize(("referrer", "channel"), REFERRED)
def test_an_untagged_visit(referrer: str, channel: str) -> None:
    assert channel_of(None, "", referrer or None, OWN) == channel


@pytest.mark.parametrize("referrer", NO_LINKS)
def test_what_is_no_site_or_app_has_no_referring_host(referrer: str) -> None:
    assert referrer_host(referrer, OWN) is None
    assert channel_of(None, None, referrer, OWN, has_gclid=True) == "Paid Search"


def test_a_click_id_alone_is_paid_search() -> None:
    assert channel_of(None, None, None, OWN, has_gclid=True) == "Paid Search"
    assert channel_of("newsletter", "email", None, OWN, has_gclid=True) == "Email"
    assert channel_of(None, None, "https://www.bing.com/", OWN, has_gclid=True) == "Paid Search"


def test_an_assistant_counts_as_nothing_else_with_a_click_id_either() -> None:
    assert channel_of(None, None, "https://chatgpt.com/", OWN, has_gclid=True) == "AI Assistants"


def test_landing_on_a_subdomain_a_visit_from_the_main_site_has_no_referrer() -> None:
    assert referrer_host("https://www.acme.com/", "https://app.acme.com/") is None
    assert referrer_host("https://WWW.News.example./a", OWN) == "news.example"


@pytest.mark.parametrize(
    ("referrer", "landing_page", "host"),
    [
        ("https://blog.acme.com/", "https://shop.acme.com/", None),
        ("https://blog.acme.co.uk/", "https://shop.acme.co.uk/", None),
        # Neighbours under what anybody can register below are strangers.
        ("https://bolt.co.uk/", "https://shop.acme.co.uk/", "bolt.co.uk"),
        ("https://bolt.github.io/", "https://acme.github.io/", "bolt.github.io"),
        ("http://10.0.0.2/", "http://10.1.0.2/", "10.0.0.2"),
        ("http://[::1]/", "http://[::2]/", "::1"),
        ("http://wiki/", "http://intranet/", "wiki"),
    ],
)
def test_subdomains_of_one_firm_are_one_site(
    referrer: str, landing_page: str, host: str | None
) -> None:
    assert referrer_host(referrer, landing_page) == host


def test_every_listed_assistant_is_one_by_name_and_by_host() -> None:
    referrers = json.loads(
        files("models.facts").joinpath("referrers.json").read_text(encoding="utf-8")
    )
    for name, entries in referrers["ai"].items():
        assert channel_of(name, "cpc", None, None) == "AI Assistants"
        for entry in entries:
            assert channel_of(None, None, f"https://{entry}", OWN) == "AI Assistants"


@given(*[st.none() | st.text(max_size=40)] * 4)
def test_any_visit_has_a_channel(
    source: str | None, medium: str | None, referrer: str | None, landing: str | None
) -> None:
    assert channel_of(source, medium, referrer, landing) in CHANNELS
