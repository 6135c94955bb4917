"""A few people's events, small enough to follow by hand."""

from tests.reference.events import Delivery
from tests.reference.test_reference import Json, sent

ANN, BOB = "linkedin.com/in/ann", "linkedin.com/in/bob"


def visit(
    at: int,
    vid: str,
    sid: str,
    *emails: str,
    url: str | None = None,
    network: Json | None = None,
    employer: str | None = None,
) -> Delivery:
    """Somebody is recognised `at` seconds after the start."""
    session: Json = {
        "vid": vid,
        "sid": sid,
        "network": network,
        "landingPage": f"https://x.io/{sid}",
    }
    identity: Json = {
        "emails": [{"value": email} for email in emails],
        "linkedinUrl": url,
        "professional": {"companyName": employer},
    }
    return sent("resolved", at, {"session": session, "identity": identity})


def profile(at: int, vid: str, sid: str, url: str, name: str, *companies: Json) -> Delivery:
    """Somebody's profile is gathered."""
    person: Json = {"linkedinUrl": url, "fullName": name}
    data: Json = {
        "attribution": {"vid": vid, "sessionId": sid},
        "enrichment": {"person": person, "companies": list(companies)},
    }
    return sent("enriched", at, data)


def check(at: int, vid: str, sid: str, email: str, validity: str) -> Delivery:
    """An address is checked."""
    data: Json = {
        "attribution": {"vid": vid, "sessionId": sid},
        "validations": [{"email": email, "validity": validity, "provider": "p"}],
    }
    return sent("validated", at, data)


def ann() -> list[Delivery]:
    """Ann: a profile, an address, a browser."""
    acme: Json = {"domain": "acme.com", "name": "Acme", "_type": "full", "employeeCount": 50}
    return [
        visit(1, "v-ann", "s-ann", "ann@acme.com", url=ANN),
        profile(2, "v-ann", "s-ann", ANN, "Ann Archer", acme),
        check(3, "v-ann", "s-ann", "ann@acme.com", "valid"),
    ]


def bob() -> list[Delivery]:
    """Bob, at the same company, where he was heard of before Ann."""
    acme: Json = {"domain": "acme.com", "name": "Acme Inc", "_type": "full", "employeeCount": 40}
    return [
        visit(-3, "v-bob", "s-bob", "bob@acme.com", url=BOB),
        profile(-2, "v-bob", "s-bob", BOB, "Bob Baker", acme),
        check(-1, "v-bob", "s-bob", "bob@acme.com", "invalid"),
    ]
