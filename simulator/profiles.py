"""What Midbound sends about a person: the identity block, the profile, the spellings of URLs."""

from typing import Any

from simulator import companies
from simulator.dice import Dice
from simulator.people import Person

_DEGREES = ("B.Sc.", "M.Sc.", "B.A.", "M.A.", "MBA", "Diploma", None)
_FIELDS = ("Business Administration", "Computer Science", "Economics", "Engineering", "History")
_LANGUAGES = {
    "de_DE": "German", "fr_FR": "French", "pt_PT": "Portuguese", "pl_PL": "Polish",
    "ja_JP": "Japanese", "he_IL": "Hebrew",
}  # fmt: skip


def spelled(handle: str, dice: Dice) -> str:
    """Write a LinkedIn profile's URL in one of the spellings that occur."""
    shape = dice.weighted(
        (
            (46, "https://linkedin.com/in/{}"),
            (20, "https://www.linkedin.com/in/{}"),
            (12, "https://www.linkedin.com/in/{}/"),
            (10, "linkedin.com/in/{}"),
            (5, "http://uk.linkedin.com/in/{}"),
            (4, "https://pt.linkedin.com/in/{}/"),
            (3, "https://m.linkedin.com/in/{}?trk=public_profile"),
        )
    )
    return shape.format(handle)


def identity(person: Person, linkedin_url: str | None, *, qualified: bool) -> dict[str, Any]:
    """Return the identity block. `linkedin_url` is as spelled in this visit, None if unknown.

    Name and employer may be missing until `qualified`; whatever else is unknown about somebody
    stays unknown in every visit.
    """
    dice = Dice(person.seed + 1)
    named = dice.chance(0.9) or qualified
    employed = dice.chance(0.85) or qualified
    return {
        "emails": [{"value": known.value, "type": known.kind} for known in person.addresses],
        "linkedinUrl": linkedin_url,
        "phones": list(person.phones),
        "demographics": {
            "firstName": person.first if named else None,
            "lastName": person.last if named else None,
            "isHomeowner": dice.maybe(0.6, dice.chance(0.5)),
            "hasChildren": dice.maybe(0.5, dice.chance(0.4)),
            "isMarried": dice.maybe(0.4, dice.chance(0.5)),
        },
        "location": {
            "city": dice.maybe(0.9, person.place.city),
            "state": dice.maybe(0.6, person.place.region),
            "country": dice.maybe(0.98, person.place.code),
        },
        "professional": {
            "jobTitle": person.title if employed and person.first else None,
            "companyName": person.company.name if employed else None,
        },
    }


def profile(
    person: Person, employer: dict[str, Any] | None, linkedin_url: str, enriched_at: str
) -> dict[str, Any]:
    """Return the person block.

    `employer` is the full block of the company where they work; with None, the block names no
    employment. `enriched_at` is ISO 8601, UTC. What is not a field of `Person` is drawn from their
    seed.
    """
    dice = Dice(person.seed)
    at, company = person.place, person.company
    raw = f"{at.city}, {at.country}"
    year = int(enriched_at[:4]) - dice.randint(1, 4)
    month = dice.randint(1, 12)
    started, jobs = f"{year}-{month:02}", []
    now = {
        "title": person.title,
        "description": f"Responsible for {dice.choice(person.craft.skills)} and "
        f"{dice.choice(person.craft.skills)} at a firm that {company.trade.offer}.",
        "location": raw,
        "startDate": started,
        "endDate": None,
        "company": employer,
    }
    for past in person.past:
        ended, year = f"{year}-{month:02}", year - dice.randint(1, 5)
        jobs.append(
            {
                "title": person.craft.titles[0],
                "description": f"Worked on {dice.choice(person.craft.skills)} with a small team.",
                "location": dice.maybe(0.8, f"{past.place.city}, {past.place.country}"),
                "startDate": f"{year}-{month:02}",
                "endDate": ended,
                "company": companies.basic(past),
            }
        )
    studied = year - dice.randint(3, 6)
    full_name = " ".join(part for part in (person.first, person.last) if part)
    professional = [known.value for known in person.addresses if known.kind == "professional"]
    return {
        "firstName": person.first,
        "lastName": person.last,
        "fullName": full_name or None,
        "linkedinUrl": linkedin_url,
        "linkedinId": f"ACoAA{dice.hex(16)}",
        "headline": f"{person.title} @ {company.name} | {company.trade.specialties[0]}",
        "summary": dice.maybe(
            0.8,
            f"{person.title} with a liking for {dice.choice(person.craft.skills)} and clear "
            f"numbers. Based in {at.city}. Before that some years in {company.trade.industry}"
            ", on both the customer's and the supplier's side. Always glad to compare notes.",
        ),
        "profilePictureUrl": dice.maybe(0.85, f"https://media.example.net/in/{person.handle}?s=20"),
        "email": professional[0] if professional else None,
        "location": {
            "locality": at.city,
            "region": at.region,
            "postalCode": dice.maybe(0.7, at.postal_code),
            "country": at.country,
            "countryCode": at.code,
            "raw": raw,
        },
        "connections": dice.maybe(0.9, dice.randint(40, 500)),
        "skills": dice.sample(person.craft.skills, dice.randint(3, 5)),
        "languages": ["English", *filter(None, (_LANGUAGES.get(at.locale),))],
        "employments": [now] if employer else None,
        "experience": jobs,
        "education": [
            {
                "instituteName": f"University of {at.city}",
                "instituteLinkedinId": str(dice.randrange(1000, 10_000)),
                "instituteLogoUrl": None,
                "degree": dice.choice(_DEGREES),
                "fieldOfStudy": dice.choice(_FIELDS),
                "startDate": f"{studied}-09",
                "endDate": f"{studied + 3}-06",
            }
        ],
        "enrichedAt": enriched_at,
        "provider": dice.choice(("xK9mP", "qR7nL")),
    }
