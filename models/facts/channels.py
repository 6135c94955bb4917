"""Through which channel a visit came: GA4's default channel groups, as far as our fields go.

The rules are tried in GA4's order, except for AI assistants, whose hosts and names count as nothing
else. If a visit has neither source nor medium, both follow from its referrer. `referrers.json`
lists search engines, social networks and AI assistants.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from models.facts.public_domains import site_of
from models.facts.search import fold

CHANNELS = (
    "Paid Shopping", "Paid Search", "Paid Social", "Paid Video", "Display", "Paid Other",
    "Organic Shopping", "Organic Social", "Organic Video", "Organic Search", "AI Assistants",
    "Email", "Affiliates", "Referral", "Audio", "SMS", "Mobile Push", "Direct", "Unassigned",
)  # fmt: skip
"""All of them, in the order in which they are tried."""

Kind = Literal["search", "social", "video", "ai"]

_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset(
    {"social", "social-network", "social-media", "sm", "social network", "social media"}
)
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_PUSHED = re.compile("mobile|notification")
_REFERRAL = frozenset({"referral", "app", "link"})
_DIRECT = ("(direct)", frozenset({"", "(none)", "(not set)"}))
"""Source and mediums with which GA4 itself marks visits that came from nowhere."""

_SHORT: dict[str, Kind] = {"fb": "social", "ig": "social", "x": "social", "yt": "video"}
"""Short names of networks, as people write them into `utm_source`."""

_VIDEO_HOSTS = ("youtube.com", "youtu.be")
_COUNTRY = r"(?:(?:com?|org|net)\.)?[a-z]{2}"
"""What `{}` stands for in `referrers.json`: a country code, or `co.uk` and the like."""


@lru_cache(maxsize=8192)
def channel_of(
    source: str | None,
    medium: str | None,
    referrer: str | None,
    landing_page: str | None,
    *,
    has_gclid: bool = False,
) -> str:
    """The channel, one of `CHANNELS`, of a visit with this `utm_source` and `utm_medium`.

    `has_gclid`: Google's click id came along. Bounded cache: visits of a campaign come together.
    """
    by, through = fold((source or "").strip()), fold((medium or "").strip())
    if not by and not through:
        return _untagged(referrer, landing_page, has_gclid=has_gclid)
    kind = kind_of_source(by)
    if kind == "ai":
        return "AI Assistants"
    return _paid(kind, through) or _unpaid(by, kind, through)


def _untagged(referrer: str | None, landing_page: str | None, *, has_gclid: bool) -> str:
    host = referrer_host(referrer, landing_page)
    if host is None:
        return "Paid Search" if has_gclid else "Direct"
    kind = _listing().kind(host, urlsplit(_with_scheme(referrer or "")).path)
    return "Paid Search" if has_gclid and kind != "ai" else _UNTAGGED[kind]


_UNTAGGED: dict[Kind | None, str] = {
    "search": "Organic Search",
    "social": "Organic Social",
    "video": "Organic Video",
    "ai": "AI Assistants",
    None: "Referral",
}


def _paid(kind: Kind | None, medium: str) -> str | None:
    is_paid = _PAID.fullmatch(medium) is not None
    if is_paid and "shopping" in medium:
        return "Paid Shopping"
    if is_paid and kind == "search":
        return "Paid Search"
    if is_paid and kind == "social":
        return "Paid Social"
    if is_paid and (kind == "video" or "video" in medium):
        return "Paid Video"
    if medium in _DISPLAY:
        return "Display"
    return "Paid Other" if is_paid else None


def _unpaid(source: str, kind: Kind | None, medium: str) -> str:
    if "shopping" in medium:
        return "Organic Shopping"
    if kind == "social" or medium in _SOCIAL:
        return "Organic Social"
    if kind == "video" or "video" in medium:
        return "Organic Video"
    if kind == "search" or medium == "organic":
        return "Organic Search"
    if source in _EMAIL or medium in _EMAIL:
        return "Email"
    if medium == "affiliate":
        return "Affiliates"
    if medium in _REFERRAL:
        return "Referral"
    if medium == "audio":
        return "Audio"
    if "sms" in (source, medium):
        return "SMS"
    if source == "firebase" or medium.endswith("push") or _PUSHED.search(medium):
        return "Mobile Push"
    return "Direct" if source == _DIRECT[0] and medium in _DIRECT[1] else "Unassigned"


def referrer_host(referrer: str | None, landing_page: str | None) -> str | None:
    """The host of the page that linked here, lower case, without `www.`.

    None if there is none, or if it is the landing page's own site, including subdomains. Only
    sites and Android's apps link: `about:blank`, a file or a browser's extension is no referrer.
    """
    is_link = _NO_LINK.match((referrer or "").strip()) is None
    host, own = host_of(referrer) if is_link else None, host_of(landing_page)
    if host is None or (own is not None and _is_same_site(host, own)):
        return None
    return host


_NO_LINK = re.compile(
    r"(?!(?:https?|android-app)://)[a-z][a-z\d+.-]*:(?!\d+(?:[/?#]|$))", re.IGNORECASE
)
"""How an address begins that is no site's and no app's; without a scheme it is a site's, and its
host may have a port.
"""


def _is_same_site(one: str, other: str) -> bool:
    """Whether two hosts are of one site: one below the other, or both below a company's domain."""
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    site = site_of(one)
    return site is not None and site == site_of(other)


@lru_cache(maxsize=8192)
def host_of(url: str | None) -> str | None:
    """The host of an address, lower case, without `www.` and a final dot; None without one."""
    try:
        host = urlsplit(_with_scheme((url or "").strip())).hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
    return (host or "").strip().rstrip(".").removeprefix("www.") or None


def _with_scheme(url: str) -> str:
    return url if "://" in url or url.startswith("//") else f"//{url}"


@lru_cache(maxsize=8192)
def kind_of_source(source: str) -> Kind | None:
    """What kind of source a folded `utm_source` is: by name (`linkedin`, `fb`) or as a host
    (`m.facebook.com`); None for any other.
    """
    by_name = _listing().names.get(source) or _SHORT.get(source)
    return by_name or _listing().kind(host_of(source) or "", "")


@dataclass(frozen=True, slots=True)
class _Listing:
    """Who is listed, by folded name and by host."""

    names: dict[str, Kind] = field(default_factory=dict)
    hosts: dict[str, Kind] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], Kind]] = field(default_factory=list)
    paths: dict[str, list[tuple[str, Kind]]] = field(default_factory=dict)
    """For hosts that count only below some of their paths (`x.com/i/grok`)."""

    def kind(self, host: str, path: str) -> Kind | None:
        """What kind of source a host is. For networks and assistants, subdomains count too; for
        search engines they don't: mail and maps are not search.
        """
        for begin, kind in self.paths.get(host, ()):
            if path == begin or path.startswith(f"{begin}/"):
                return kind
        exact = self.hosts.get(host)
        if exact:
            return exact
        for pattern, kind in self.patterns:
            if pattern.fullmatch(host):
                return kind
        parent = host.partition(".")[2]
        while "." in parent:
            kind_above = self.hosts.get(parent)
            if kind_above and kind_above != "search":
                return kind_above
            parent = parent.partition(".")[2]
        return None

    def add(self, entry: str, kind: Kind) -> None:
        """List a host, or a host's path; the first listing counts."""
        host, slash, path = entry.removeprefix("www.").partition("/")
        if "{}" in host:
            pattern = re.escape(host).replace(re.escape("{}"), _COUNTRY)
            self.patterns.append((re.compile(pattern), kind))
        elif slash:
            self.paths.setdefault(host, []).append((f"/{path.rstrip('/')}", kind))
        else:
            self.hosts.setdefault(host, kind)


@cache
def _listing() -> _Listing:
    referrers = json.loads(
        files("models.facts").joinpath("referrers.json").read_text(encoding="utf-8")
    )
    listing = _Listing()
    for host in _VIDEO_HOSTS:
        listing.add(host, "video")
    listing.names["youtube"] = "video"
    # Assistants first: they count as nothing else. Then networks, whose rule comes before search.
    kinds: tuple[Kind, ...] = ("ai", "social", "search")
    for kind in kinds:
        for name, entries in referrers[kind].items():
            listing.names.setdefault(fold(name), kind)
            for entry in entries:
                listing.add(entry, kind)
    return listing
