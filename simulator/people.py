"""People: who they are, where they work, how they can be reached."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from faker import Faker

from simulator import places
from simulator.browsers import Browser
from simulator.companies import Company, Register, slug
from simulator.dice import Dice
from simulator.places import Place
from simulator.purposes import Purpose, purpose


@dataclass(frozen=True, slots=True)
class Craft:
    """A profession: its job titles from junior to senior, and its skills."""

    titles: tuple[str, ...]
    skills: tuple[str, ...]


_CRAFTS = (
    Craft(
        ("Marketing Manager", "Senior Marketing Manager", "Head of Marketing", "CMO"),
        ("Demand Generation", "Copywriting", "SEO", "HubSpot", "Events", "Positioning"),
    ),
    Craft(
        ("Account Executive", "Senior Account Executive", "Sales Director", "VP Sales"),
        ("Negotiation", "Forecasting", "Salesforce", "Prospecting", "Key Accounts"),
    ),
    Craft(
        ("Software Engineer", "Senior Software Engineer", "Engineering Manager", "CTO"),
        ("Python", "TypeScript", "PostgreSQL", "Kafka", "AWS", "Observability"),
    ),
    Craft(
        ("Operations Analyst", "Operations Manager", "Head of Operations", "COO"),
        ("Process Design", "Lean", "Procurement", "SQL", "Change Management"),
    ),
    Craft(
        ("Controller", "Senior Controller", "Head of Finance", "CFO"),
        ("Budgeting", "Consolidation", "SAP", "Audit", "Cash Flow"),
    ),
    Craft(
        ("Product Manager", "Senior Product Manager", "Director of Product", "CPO"),
        ("Roadmaps", "User Research", "Pricing", "A/B Testing", "Figma"),
    ),
    Craft(
        ("HR Generalist", "HR Business Partner", "Head of People & Culture", "CHRO"),
        ("Recruiting", "Onboarding", "Labour Law", "Coaching", "Payroll"),
    ),
)
_BUYING = (_CRAFTS[0], _CRAFTS[1], _CRAFTS[3])
"""Those that the site's product is for: marketing, sales, operations."""
_STUDIES = Craft(
    ("Working Student", "Student", "Research Assistant", "PhD Student"),
    ("Statistics", "Academic Writing", "R", "Presentations", "Survey Design"),
)
_SAME_TRADE = "Software Development"
_RIGHT_SIZES = range(50, 2001)
_SAY_FROM = 2  # the level from which somebody decides what is bought

_MAILBOXES = ("postbox.example", "webmail.example", "freemail.example", "mail.example")
ROLES = ("info", "sales", "office", "contact", "hello", "marketing", "team")
_VERDICTS: tuple[tuple[float, str], ...] = (
    (64, "valid"),
    (15, "catch_all"),
    (9, "valid_catch_all"),
    (12, "invalid"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """An email address. `kind` is Midbound's `type`, `verdict` what a successful check finds."""

    value: str
    kind: str
    verdict: str


@dataclass(slots=True)
class Person:
    """A human. `handle` is the end of their LinkedIn URL (`jane-doe-1f2e3d4c`), None if unknown;
    `level` is the place of their title in their craft, 0 for the most junior.
    """

    seed: int
    first: str | None
    last: str | None
    handle: str | None
    place: Place
    company: Company
    craft: Craft
    level: int
    addresses: tuple[Address, ...]
    phones: tuple[str, ...]
    past: tuple[Company, ...]
    purpose: Purpose = Purpose.LOOKER
    """Why they come. Only the story knows; nothing that is sent says so."""
    visits: int = 0
    last_seen_ms: int = 0
    """Story time (ms) at which their newest visit began."""
    asked_for_demo_ms: int | None = None
    """Story time (ms) at which they first asked; None if they have not."""
    browsers: list[Browser] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Their job title now."""
        return self.craft.titles[self.level]


class Population:
    """Makes people, some of whom are colleagues of those who came before."""

    _RECENT = 300  # companies whose other people may still come
    _BEFORE = 40  # companies that exist when the story begins, as past employers

    def __init__(self, dice: Dice, year: int) -> None:
        """`year` is when the story begins: every company is older."""
        self._dice = dice
        self._register = Register(dice, year)
        self._recent: deque[Company] = deque(maxlen=self._RECENT)
        self._fakers: dict[str, Faker] = {}
        for locale in places.LOCALES:
            # With weights, the few most common names come up too often for a list of leads.
            self._fakers[locale] = Faker(locale, use_weighting=False)
            self._fakers[locale].seed_instance(dice.getrandbits(48))
        for _ in range(self._BEFORE):
            self._company(places.place(dice))

    def newcomer(self, buying: Company | None = None) -> Person:
        """Make somebody who has not been here before.

        With `buying`, a company that is about to buy, they work there, in a team that the product
        is for.
        """
        dice = self._dice
        company = buying or self._employer()
        # Some do not work at the head office.
        home = company.place if dice.chance(0.85) else places.place(dice)
        first, last, latin = self._name(home.locale)
        known = dice.chance(0.82)
        person = Person(
            seed=dice.getrandbits(48),
            first=first,
            last=last,
            handle=f"{slug(latin)}-{dice.hex(8)}" if known else None,
            place=home,
            company=company,
            craft=dice.choice(_BUYING if buying else _CRAFTS),
            level=min(int(dice.expovariate(0.5 if buying else 0.9)), 3),
            addresses=(),
            phones=self._phones(home),
            past=tuple(dice.sample(self._recent, dice.randint(1, 2))),
        )
        person.purpose = Purpose.BUYER if buying else self._purpose(person)
        if person.purpose is Purpose.STUDENT:
            person.craft = _STUDIES
        if not known and dice.chance(0.3):
            # A shared mailbox: nobody's name is known.
            person.first = person.last = None
            role = f"{dice.choice(ROLES)}@{company.domain}"
            person.addresses = (Address(role, "professional", dice.weighted(_VERDICTS)),)
        else:
            person.addresses = self._addresses(latin, company, known=known)
        return person

    def _purpose(self, person: Person) -> Purpose:
        """Draw why somebody comes: people of the right kind often come to buy, others seldom."""
        return purpose(
            self._dice,
            fits=sum(
                (
                    person.level >= _SAY_FROM,
                    person.craft in _BUYING,
                    person.company.size in _RIGHT_SIZES,
                )
            ),
            is_junior=person.level == 0,
            makes_the_same=person.company.trade.industry == _SAME_TRADE,
        )

    def reveal(self, person: Person) -> None:
        """Give a LinkedIn profile to somebody who was known only by an address."""
        person.handle = f"{slug(f'{person.first} {person.last}') or 'member'}-{self._dice.hex(8)}"

    def _employer(self) -> Company:
        """Pick where a newcomer works: with somebody who came before, or at a new company."""
        if self._dice.chance(0.42):
            return self._dice.choice(self._recent)
        return self._company(places.place(self._dice))

    def _company(self, at: Place) -> Company:
        """Found a company and remember it for a while."""
        company = self._register.found(self._fakers[at.locale], at)
        self._recent.append(company)
        return company

    def _name(self, locale: str) -> tuple[str, str, str]:
        """Draw a first name, a last name, and both in Latin letters."""
        faker, dice = self._fakers[locale], self._dice
        if locale == "ja_JP":
            # Each is a triple: in kanji, in kana, in Latin letters.
            given = faker.first_name_pair()
            family = faker.last_name_pair()
            return str(given[0]), str(family[0]), f"{given[2]} {family[2]}"
        woman = dice.chance(0.5)
        first = str(faker.first_name_female() if woman else faker.first_name_male())
        last = str(faker.last_name_female() if woman else faker.last_name_male())
        if not slug(last):
            # Faker has no Latin spelling of the name; people choose their handle themselves.
            english = self._fakers["en_GB"]
            return first, last, f"{english.first_name()} {english.last_name()}"
        return first, last, f"{first} {last}"

    def _addresses(self, latin: str, company: Company, *, known: bool) -> tuple[Address, ...]:
        dice = self._dice
        name = slug(latin).replace("-", ".")
        found = []
        if dice.chance(0.85):
            value = f"{name}@{company.domain}"
            # Some providers keep addresses in the case in which they were typed.
            value = value if dice.chance(0.97) else value.title()
            found.append(Address(value, "professional", dice.weighted(_VERDICTS)))
        # Somebody with neither profile nor address would not be identified at all.
        if dice.chance(0.4) or not (found or known):
            value = f"{name}{dice.randint(1000, 9999)}@{dice.choice(_MAILBOXES)}"
            found.append(Address(value, "personal", dice.weighted(_VERDICTS)))
        if dice.chance(0.03):
            role = f"{dice.choice(ROLES)}@{company.domain}"
            found.append(Address(role, "professional", dice.weighted(_VERDICTS)))
        return tuple(found)

    def _phones(self, at: Place) -> tuple[str, ...]:
        count = self._dice.weighted(((55, 0), (38, 1), (7, 2)))
        numbers: Iterable[str | None] = (places.phone(at, self._dice) for _ in range(count))
        return tuple(number for number in numbers if number)
