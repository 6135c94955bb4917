"""Cities, with everything that has to match: country, time zone, position, network, names."""

from dataclasses import dataclass
from typing import Any

from simulator.dice import Dice


@dataclass(frozen=True, slots=True)
class Place:
    """A city. `locale` is the Faker locale for the names of its people; latitude and longitude are
    degrees as text, as Midbound sends them; `colo` is a data centre's airport code.
    """

    locale: str
    code: str
    country: str
    city: str
    region: str
    region_code: str
    postal_code: str
    latitude: str
    longitude: str
    timezone: str
    continent: str
    is_eu: bool
    colo: str
    metro_code: str | None = None


# Postal and metro codes are those of the city centre; `colo` is the nearest large airport.
PLACES: tuple[Place, ...] = tuple(
    Place(*row)
    for row in (
        ("en_US", "US", "United States", "New York", "New York", "NY", "10001", "40.7128",
         "-74.0060", "America/New_York", "NA", False, "EWR", "501"),
        ("en_US", "US", "United States", "Austin", "Texas", "TX", "78701", "30.2672",
         "-97.7431", "America/Chicago", "NA", False, "DFW", "635"),
        ("en_US", "US", "United States", "Chicago", "Illinois", "IL", "60601", "41.8781",
         "-87.6298", "America/Chicago", "NA", False, "ORD", "602"),
        ("en_US", "US", "United States", "Denver", "Colorado", "CO", "80202", "39.7392",
         "-104.9903", "America/Denver", "NA", False, "DEN", "751"),
        ("en_US", "US", "United States", "Seattle", "Washington", "WA", "98101", "47.6062",
         "-122.3321", "America/Los_Angeles", "NA", False, "SEA", "819"),
        ("en_US", "CA", "Canada", "Toronto", "Ontario", "ON", "M5H 2N2", "43.6532",
         "-79.3832", "America/Toronto", "NA", False, "YYZ", None),
        ("en_GB", "GB", "United Kingdom", "London", "England", "ENG", "EC1A 1BB", "51.5074",
         "-0.1278", "Europe/London", "EU", False, "LHR", None),
        ("en_GB", "GB", "United Kingdom", "Manchester", "England", "ENG", "M1 1AE", "53.4808",
         "-2.2426", "Europe/London", "EU", False, "MAN", None),
        ("en_GB", "IE", "Ireland", "Dublin", "Leinster", "L", "D02 AF30", "53.3498",
         "-6.2603", "Europe/Dublin", "EU", True, "DUB", None),
        ("de_DE", "DE", "Germany", "Berlin", "Berlin", "BE", "10115", "52.5200",
         "13.4050", "Europe/Berlin", "EU", True, "TXL", None),
        ("de_DE", "DE", "Germany", "München", "Bayern", "BY", "80331", "48.1351",
         "11.5820", "Europe/Berlin", "EU", True, "MUC", None),
        ("de_DE", "DE", "Germany", "Hamburg", "Hamburg", "HH", "20095", "53.5511",
         "9.9937", "Europe/Berlin", "EU", True, "HAM", None),
        ("de_DE", "AT", "Austria", "Wien", "Wien", "9", "1010", "48.2082",
         "16.3738", "Europe/Vienna", "EU", True, "VIE", None),
        ("fr_FR", "FR", "France", "Paris", "Île-de-France", "IDF", "75001", "48.8566",
         "2.3522", "Europe/Paris", "EU", True, "CDG", None),
        ("fr_FR", "FR", "France", "Lyon", "Auvergne-Rhône-Alpes", "ARA", "69001", "45.7640",
         "4.8357", "Europe/Paris", "EU", True, "LYS", None),
        ("fr_FR", "BE", "Belgium", "Bruxelles", "Bruxelles-Capitale", "BRU", "1000", "50.8503",
         "4.3517", "Europe/Brussels", "EU", True, "BRU", None),
        ("pt_PT", "PT", "Portugal", "Lisboa", "Lisboa", "11", "1100", "38.7223",
         "-9.1393", "Europe/Lisbon", "EU", True, "LIS", None),
        ("pt_PT", "PT", "Portugal", "Porto", "Porto", "13", "4000", "41.1579",
         "-8.6291", "Europe/Lisbon", "EU", True, "OPO", None),
        ("pl_PL", "PL", "Poland", "Warszawa", "Mazowieckie", "14", "00-001", "52.2297",
         "21.0122", "Europe/Warsaw", "EU", True, "WAW", None),
        ("pl_PL", "PL", "Poland", "Kraków", "Małopolskie", "12", "30-001", "50.0647",
         "19.9450", "Europe/Warsaw", "EU", True, "WAW", None),
        ("ja_JP", "JP", "Japan", "東京", "東京都", "13", "100-0001", "35.6762",
         "139.6503", "Asia/Tokyo", "AS", False, "NRT", None),
        ("ja_JP", "JP", "Japan", "大阪", "大阪府", "27", "530-0001", "34.6937",
         "135.5023", "Asia/Tokyo", "AS", False, "KIX", None),
        ("he_IL", "IL", "Israel", "תל אביב", "תל אביב", "TA", "6100000", "32.0853",
         "34.7818", "Asia/Jerusalem", "AS", False, "TLV", None),
    )
)  # fmt: skip

_LOCALES: tuple[tuple[float, str], ...] = (
    (32, "en_US"),
    (16, "en_GB"),
    (15, "de_DE"),
    (12, "fr_FR"),
    (9, "pt_PT"),
    (9, "pl_PL"),
    (4, "ja_JP"),
    (3, "he_IL"),
)
_BY_LOCALE = {
    locale: tuple(place for place in PLACES if place.locale == locale) for _, locale in _LOCALES
}
LOCALES: tuple[str, ...] = tuple(_BY_LOCALE)


def place(dice: Dice) -> Place:
    """Pick where somebody lives: mostly America and Europe, now and then Japan or Israel."""
    return dice.choice(_BY_LOCALE[dice.weighted(_LOCALES)])


def phone(at: Place, dice: Dice) -> str | None:
    """Make an E.164 number that nobody has; None for countries without such a range.

    Numbers come from a range reserved for fiction where a country has one (555-01xx in North
    America, those of Ofcom, ARCEP and the Bundesnetzagentur), else from an unassigned prefix.
    """
    match at.code:
        case "US" | "CA":
            return (
                f"+1{dice.choice(('212', '312', '416', '512', '206'))}55501{dice.randrange(100):02}"
            )
        case "GB":
            return f"+447700900{dice.randrange(1000):03}"
        case "FR":
            return f"+3363998{dice.randrange(10_000):04}"
        case "DE":
            return f"+493023125{dice.randrange(1000):03}"
        case "PT":
            return f"+3514{dice.randrange(10**8):08}"
        case "PL":
            return f"+4810{dice.randrange(10**7):07}"
        case _:
            return None


def network(at: Place, dice: Dice) -> dict[str, Any]:
    """Make a session's `network` block, without `botManagement`, for somebody in this place.

    IP addresses and AS numbers are reserved for documentation (RFC 5737, RFC 3849, RFC 5398).
    """
    if dice.chance(0.6):
        ip = f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.{dice.randrange(1, 255)}"
    else:
        ip = f"2001:db8:{dice.hex(4)}:{dice.hex(4)}::{dice.hex(4)}"
    known = dice.chance(0.94)  # of some IP addresses only the country is known
    return {
        "ip": ip,
        "country": at.code,
        "city": at.city if known else None,
        "region": at.region if known else None,
        "regionCode": at.region_code if known else None,
        "postalCode": at.postal_code if known else None,
        "latitude": at.latitude if known else None,
        "longitude": at.longitude if known else None,
        "continent": at.continent,
        "asn": {
            "code": 64496 + dice.randrange(16),
            "name": f"Example {dice.choice(('Telecom', 'Broadband', 'Mobile', 'Fibre'))} {at.code}",
        },
        "colo": at.colo,
        "metroCode": at.metro_code if known else None,
        "isEU": at.is_eu,
    }
