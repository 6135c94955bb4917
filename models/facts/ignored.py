"""Whose events match an operator's lists: own staff, partners, visitors from the EU.

Each event is checked by itself, so that any order gives the same result: a match in one event of a
human counts for all their visits, earlier and later ones (`kept_out.erasing`).
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from models.facts.facts import Facts
from models.facts.keys import domain_key, host_key
from models.facts.public_domains import is_public
from models.facts.search import fold

Network = IPv4Network | IPv6Network

EU = "IGNORE_EU"

_MAPPED_BITS = 96

_LEGAL_FORMS = frozenset(
    {
        "inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company",
        "gmbh", "mbh", "ag", "se", "sa", "spa", "sarl", "plc", "lp", "llp", "lllp", "pc", "pllc",
        "bv", "nv", "sl", "slu", "srl", "sro", "sas", "sasu", "ab", "oy", "oyj", "as", "asa", "aps",
        "ptyltd", "coltd", "pteltd", "pvtltd", "kg", "kgaa", "ohg", "ug", "ev", "eg", "kk", "lda",
        "ltda", "na", "sca", "scs", "snc", "sae", "sab", "sadecv", "sabdecv", "sapidecv",
        "zoo", "spzoo", "doo", "dd", "ad", "ood", "eood", "kft", "zrt", "nyrt", "bt", "oao", "ooo",
        "pao", "zao", "pjsc", "llcfz", "fzllc", "fze", "bhd", "sdnbhd", "tbk", "gmbhcokg",
        "agcokg", "agcokgaa", "secokg", "secokgaa",
    }
)  # fmt: skip
"""What is left alone when a company's name was split at its comma: letters only."""

_NO_NAME = re.compile(r"[*;]")
"""What ends up in an entry by mistake: a pattern, or another comma."""


@dataclass(frozen=True, slots=True)
class Ignoring:
    """The lists, as in the settings. Each entry is a reason, `SETTING=entry`."""

    email_domains: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    ips: tuple[Network, ...] = ()
    eu: bool = False

    def __bool__(self) -> bool:
        """Whether anybody is ignored at all."""
        return bool(self.reasons())

    def reasons(self) -> frozenset[str]:
        """All reasons in force now."""
        return frozenset(
            {
                *map(_by_domain, self.email_domains),
                *map(_by_company, self.companies),
                *map(_by_ip, self.ips),
                *([EU] if self.eu else []),
            }
        )

    def reason(self, fact: Facts) -> str | None:
        """Why an event's human is ignored; None when they are not.

        A company matches the current employer, the first company of an enrichment, or the name in
        the identity block; a domain also matches its subdomains.
        """
        domains = {address.rpartition("@")[2] for address in fact.addresses}
        for domain in self.email_domains:
            if any(given == domain or given.endswith(f".{domain}") for given in domains):
                return _by_domain(domain)
        employers = _employers(fact) if self.companies else set()
        for company in self.companies:
            if compared(company) in employers:
                return _by_company(company)
        session = fact.session or {}
        for network in self.ips:
            if _lies_in(session.get("ip"), network):
                return _by_ip(network)
        return EU if self.eu and session.get("is_eu") else None


def _by_domain(domain: str) -> str:
    return f"IGNORE_EMAIL_DOMAINS={domain}"


def _by_company(company: str) -> str:
    return f"IGNORE_COMPANIES={company}"


def _by_ip(network: Network) -> str:
    return f"IGNORE_IPS={network}"


def _employers(fact: Facts) -> set[str]:
    """The event's employers as lists may name them: by key, and by name."""
    keys = {fact.company_key, fact.person["company_key"] if fact.person else None}
    said = fact.identity.get("company_name")
    named = {fact.companies[key]["name"] for key in keys if key in fact.companies}
    return {compared(name) for name in (*keys, *named, said) if name}


def compared(company: str) -> str:
    """A company's name or domain in the form in which lists are compared: a domain as its key, a
    name without case, accents and kinds of apostrophes.
    """
    return domain_key(company) or fold(company)


def _lies_in(ip: str | None, network: Network) -> bool:
    try:
        address = ip_address(ip) if ip is not None else None
    except ValueError:
        return False
    # A server that listens on both writes 203.0.113.7 as ::ffff:203.0.113.7.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address is not None and (mapped or address) in network


def _network(entry: str) -> Network:
    network = ip_network(entry, strict=False)
    mapped = network.network_address
    if isinstance(mapped, IPv6Address) and mapped.ipv4_mapped and network.prefixlen >= _MAPPED_BITS:
        return ip_network((mapped.ipv4_mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _email_domain(entry: str) -> str:
    plain = entry.removeprefix("*.").lstrip("@")
    host = host_key(plain) if "@" not in plain and not _NO_NAME.search(plain) else None
    if host is None or len(host.split()) != 1:
        raise ValueError(f"{entry!r} is not a domain, so it would never match: write acme.com")
    return host


def _company(entry: str) -> str:
    if "".join(filter(str.isalnum, entry.lower())) in _LEGAL_FORMS:
        raise ValueError(
            f'{entry!r} is not a company: put a name with a comma in double quotes, "Firm, Inc."'
        )
    if _NO_NAME.search(entry) or entry.startswith("@"):
        raise ValueError(
            f"{entry!r} would never match: write domains or names such as acme.com, separated by "
            "commas, without patterns"
        )
    host = host_key(entry)
    if host and is_public(host):
        raise ValueError(
            f"{entry!r} is a domain that anybody can have an address at, not a company's, so it "
            "would never match. To ignore people by the domain of their address, use "
            "IGNORE_EMAIL_DOMAINS"
        )
    # Reasons are stored with the people they matched, so an entry keeps the spelling it had.
    text = " ".join(entry.lower().split())
    company = domain_key(text) or text
    if not any(map(str.isalnum, company)):
        raise ValueError(f"{entry!r} does not name a company")
    return company


@lru_cache(maxsize=4)
def lists(email_domains: str, companies: str, ips: str, *, eu: bool) -> Ignoring:
    """The lists from comma-separated texts; an IP address stands for itself, `10.0.0.0/8` for many,
    and a name in double quotes may have commas.

    Raises `ValueError` for an entry that could never match anybody, with what to write instead.
    """
    return Ignoring(
        tuple(map(_email_domain, _entries(email_domains))),
        tuple(map(_company, _entries(companies))),
        tuple(map(_network, _entries(ips))),
        eu,
    )


def _entries(text: str) -> list[str]:
    (parts,) = csv.reader([text], skipinitialspace=True) if text else ([],)
    return [part.strip() for part in parts if part.strip()]
